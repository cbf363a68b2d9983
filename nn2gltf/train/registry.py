"""Building a model by its name."""

from __future__ import annotations

import importlib
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from nn2gltf.errors import UsageError, safe
from nn2gltf.train import MODELS

if TYPE_CHECKING:
    from torch import nn

GROUP = "nn2gltf.train"
"""Entry point group for models of other packages."""


def model_names() -> list[str]:
    """Names of the built-in models, then those of other packages; imports none of them."""
    return [*MODELS, *sorted({entry.name for entry in entry_points(group=GROUP)} - set(MODELS))]


def find_model(name: str) -> str:
    """``module:factory`` of a built-in or installed model; imports nothing.

    Raises:
        UsageError: E_UNKNOWN_NAME.
    """
    home = MODELS.get(name) or next((e.value for e in entry_points(group=GROUP) if e.name == name), None)
    if home is None:
        close = get_close_matches(name, model_names(), n=1)
        guess = f"Did you mean {close[0]!r}? " if close else ""
        hint = f"{guess}Known: {', '.join(model_names())}."
        raise UsageError(f"unknown model {safe(name)!r}", code="E_UNKNOWN_NAME", hint=hint)
    return home


def build_model(
    name: str, *, classes: int = 10, seed: int = 0, channels: int = 1, side: int = 28
) -> nn.Module:
    """Build a model with weights that depend on the seed alone.

    Args:
        name: One of :func:`model_names`.
        classes: Number of outputs.
        channels, side: Of the images; a factory of another package is told only when they are not 1 and 28.
        seed: For the initial weights; the caller's random state is left as it was.

    Raises:
        UsageError: E_UNKNOWN_NAME, or images that the model cannot read.
    """
    import torch

    shape = {
        key: value for key, value, usual in (("channels", channels, 1), ("side", side, 28)) if value != usual
    }
    module, _, factory = find_model(name).partition(":")
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model: nn.Module = getattr(importlib.import_module(module), factory)(classes=classes, **shape)
    return model
