"""The built-in training loop: a classifier of images, every epoch measured and, when asked, recorded."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler

from nn2gltf.errors import InterruptedRunError, UsageError, safe
from nn2gltf.ir.recording import Step
from nn2gltf.train.data import ImageData
from nn2gltf.train.interrupt import StopRequest, stop_on_interrupt
from nn2gltf.train.options import TrainOptions

EVALUATION_BATCH = 1000


class StepRecorder(Protocol):
    """What the loop needs of a recorder; one that was started already says so by a true ``started``."""

    def start(self, **metrics: float) -> object:
        """Record step 0, the untrained model."""

    def step(self, epoch: float | None = None, *, global_step: int | None = None, **metrics: float) -> object:
        """Record a finished epoch."""


class Progress(Protocol):
    """Who watches a run."""

    def batch_done(self, epoch: int, done: int, total: int) -> None:
        """``done`` of ``total`` optimiser steps of epoch ``epoch`` (from 1) are finished."""

    def epoch_done(self, step: Step) -> None:
        """An epoch is finished and measured; the first call is for the untrained model, epoch 0."""


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """A finished run.

    Attributes:
        steps: The untrained model, then every epoch, with ``train_loss``, ``train_accuracy``, ``test_loss``
            and ``test_accuracy``.
        seconds: Wall time, measuring and recording included.
    """

    steps: tuple[Step, ...]
    seconds: float

    @property
    def test_accuracy(self) -> float:
        """After the last epoch, 0..1."""
        return self.steps[-1].metrics["test_accuracy"]


def train_model(
    model: nn.Module,
    data: ImageData,
    options: TrainOptions | None = None,
    *,
    recorder: StepRecorder | None = None,
    progress: Progress | None = None,
) -> TrainResult:
    """Train a classifier in place, on the device where its parameters are.

    The same model, data and options give the same weights, recorded or not; the caller's random state is left
    as it was.

    Args:
        model: Takes (n, 1, 28, 28) float32 and gives (n, classes) logits.
        recorder: Started here unless it was; one step per epoch.

    Raises:
        InterruptedRunError: Ctrl+C; the optimiser step was finished and every finished epoch is recorded.
        UsageError: The model has nothing to train, or does not take these images.
    """
    options = options or TrainOptions()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not parameters:
        raise UsageError("the model has no parameters to train")
    began = time.perf_counter()
    run = _Run(model, data, options, parameters[0].device)
    _check_fit(model, run.images, len(data.classes))
    optimizer = make_optimizer(parameters, options)
    schedule = make_schedule(optimizer, options, options.epochs * run.batches)
    steps = [run.measure(0, 0)]
    if recorder is not None and not getattr(recorder, "started", False):
        recorder.start(**steps[0].metrics)
    if progress is not None:
        progress.epoch_done(steps[0])
    with stop_on_interrupt() as stop, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(options.seed)
        for epoch in range(1, options.epochs + 1):
            run.train_epoch(epoch, optimizer, schedule, stop, progress)
            steps.append(run.measure(epoch, epoch * run.batches))
            if recorder is not None:
                recorder.step(epoch, global_step=steps[-1].step, **steps[-1].metrics)
            if progress is not None:
                progress.epoch_done(steps[-1])
            if stop.made and epoch < options.epochs:
                raise InterruptedRunError(f"interrupted after epoch {epoch}", hint=_kept(epoch))
    return TrainResult(steps=tuple(steps), seconds=time.perf_counter() - began)


def make_optimizer(parameters: list[nn.Parameter], options: TrainOptions) -> torch.optim.Optimizer:
    """The optimiser that the options name."""
    makers: dict[str, Callable[[], torch.optim.Optimizer]] = {
        "adam": lambda: torch.optim.Adam(parameters, lr=options.lr, weight_decay=options.weight_decay),
        "sgd": lambda: torch.optim.SGD(
            parameters, lr=options.lr, momentum=0.9, weight_decay=options.weight_decay
        ),
    }
    return makers[options.optimizer]()


def make_schedule(optimizer: torch.optim.Optimizer, options: TrainOptions, total: int) -> LRScheduler:
    """The course of the learning rate over ``total`` optimiser steps."""
    if options.schedule == "cosine":
        return CosineAnnealingLR(optimizer, T_max=total)
    return ConstantLR(optimizer, factor=1.0)


class _Run:
    """Tensors of one run, and what is done with them."""

    def __init__(
        self, model: nn.Module, data: ImageData, options: TrainOptions, device: torch.device
    ) -> None:
        self.model = model
        self.images = torch.from_numpy(data.normalise(data.train_images)).to(device)
        self.labels = torch.from_numpy(data.train_labels).to(device)
        self.test_images = torch.from_numpy(data.normalise(data.test_images)).to(device)
        self.test_labels = torch.from_numpy(data.test_labels).to(device)
        self.batch_size = options.batch_size
        self.batches = -(-len(self.images) // options.batch_size)
        self.evaluated = options.evaluate
        self.order = torch.Generator().manual_seed(options.seed)

    def train_epoch(
        self,
        epoch: int,
        optimizer: torch.optim.Optimizer,
        schedule: LRScheduler,
        stop: StopRequest,
        progress: Progress | None,
    ) -> None:
        """One pass over the training images in a new order."""
        self.model.train()
        for done, chosen in enumerate(self._shuffled(), start=1):
            optimizer.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(self.model(self.images[chosen]), self.labels[chosen])
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            if progress is not None:
                progress.batch_done(epoch, done, self.batches)
            if stop.made:
                raise InterruptedRunError(
                    f"interrupted in epoch {epoch} after {done} of {self.batches} batches",
                    hint=_kept(epoch - 1),
                )

    def _shuffled(self) -> Iterator[Tensor]:
        order = torch.randperm(len(self.images), generator=self.order)
        yield from torch.split(order.to(self.images.device), self.batch_size)

    def measure(self, epoch: int, step: int) -> Step:
        """Loss and accuracy on both parts, in evaluation mode."""
        kept = slice(self.evaluated)
        train = evaluate_model(self.model, self.images[kept], self.labels[kept])
        test = evaluate_model(self.model, self.test_images, self.test_labels)
        metrics = {
            "train_loss": train[0],
            "train_accuracy": train[1],
            "test_loss": test[0],
            "test_accuracy": test[1],
        }
        return Step(epoch=epoch, step=step, metrics=metrics)


def _kept(epoch: int) -> str:
    return f"Recorded: epochs 0 to {epoch}."


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
def _check_fit(model: nn.Module, images: Tensor, classes: int) -> None:
    """Find out on two images, not in the middle of a run, that a model is for other data."""
    try:
        with _evaluating(model):
            logits = model(images[:2])
    except (RuntimeError, ValueError, TypeError) as error:
        reason = safe(" ".join(str(error).split()))
        raise UsageError(
            f"the model does not take images of shape {tuple(images.shape[1:])}: {reason}",
            hint="It must read (n, 1, 28, 28) and give one logit per class.",
        ) from error
    if not isinstance(logits, Tensor) or logits.ndim != 2:
        shape = f"shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else type(logits).__name__
        raise UsageError(
            f"the model gives {safe(shape)}", hint="It must give one logit per class: (n, classes)."
        )
    if logits.shape[1] < classes:
        raise UsageError(f"the model gives {logits.shape[1]} logits, the data has {classes} classes")
