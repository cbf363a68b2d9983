"""Measuring a classifier, and finding out early that it is for other data."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from nn2gltf.errors import UsageError, safe

EVALUATION_BATCH = 1000


@torch.no_grad()
def evaluate_model(model: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean cross entropy and accuracy (0..1) in evaluation mode; every module's own flag is restored."""
    loss, right = 0.0, 0
    with _evaluating(model):
        for batch, truth in zip(
            *(torch.split(part, EVALUATION_BATCH) for part in (images, labels)), strict=True
        ):
            logits = model(batch)
            loss += float(functional.cross_entropy(logits, truth, reduction="sum"))
            right += int((logits.argmax(1) == truth).sum())
    return loss / len(labels), right / len(labels)


@contextlib.contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    flags = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, flag in flags:
            module.training = flag


@torch.no_grad()
def check_fit(model: nn.Module, images: Tensor, classes: int) -> None:
    """Find out on two images, not in the middle of a run, that a model is for other data."""
    try:
        with _evaluating(model):
            logits = model(images[:2])
    except (RuntimeError, ValueError, TypeError) as error:
        reason = safe(" ".join(str(error).split()))
        raise UsageError(
            f"the model does not take images of shape {tuple(images.shape[1:])}: {reason}",
            hint=f"It must read (n, {', '.join(map(str, images.shape[1:]))}) and give one logit per class.",
        ) from error
    if not isinstance(logits, Tensor) or logits.ndim != 2:
        shape = f"shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else type(logits).__name__
        raise UsageError(
            f"the model gives {safe(shape)}", hint="It must give one logit per class: (n, classes)."
        )
    if logits.shape[1] < classes:
        raise UsageError(
            f"the model gives {logits.shape[1]} logits, the data has {classes} classes",
            hint=f"Give the last layer {classes} outputs.",
        )
