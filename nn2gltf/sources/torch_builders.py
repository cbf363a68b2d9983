"""Source: models that torchvision builds, ``torchvision:resnet18``; never a download."""

from __future__ import annotations

import importlib
import inspect
from difflib import get_close_matches
from typing import Any

import torch

from nn2gltf.errors import InputDataError, UsageError, safe
from nn2gltf.ir.json import Json
from nn2gltf.sources.loaded import LoadedModel, ReadOptions
from nn2gltf.sources.torch_statements import state_inputs
from nn2gltf.torch_vision import require_torchvision


def read_torchvision(name: str, options: ReadOptions) -> LoadedModel:
    """Build one of torchvision's models with random weights.

    Args:
        name: As in ``torchvision.models.list_models()``: ``resnet18``, ``vit_b_16`` ...

    Raises:
        UsageError: No model of that name; the closest ones are listed.
        DependencyError: torchvision is not installed.
    """
    require_torchvision()
    models = importlib.import_module("torchvision.models")
    known: list[str] = models.list_models()
    if name not in known:
        close = get_close_matches(name, known, n=3) or ["resnet18", "vgg16", "vit_b_16"]
        raise UsageError(
            f"torchvision has no model {safe(name)!r}",
            code="E_UNKNOWN_NAME",
            hint=f"Did you mean {' or '.join(close)}?",
        )
    builder = models.get_model_builder(name)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(options.seed)
            module = builder(**_without_download(builder))
    except Exception as error:  # a builder may refuse for its own reasons, such as a missing quantised engine
        raise InputDataError(
            f"torchvision could not build {name}: {safe(error)}",
            code="E_MODEL_SPEC",
            where=f"torchvision:{name}",
        ) from error
    facts: dict[str, Json] = {}
    if type(module).__module__.count(".") == 2 and (size := _picture_size(module, models, name)):
        facts["input_size"] = size
        state_inputs(module, (torch.zeros(1, 3, size, size),))
    return LoadedModel(module=module, name=name, weights="random", kind="torchvision", facts=facts)


def _without_download(builder: Any) -> dict[str, Any]:
    """Arguments that keep a builder from fetching weights, also those of a backbone."""
    names = inspect.signature(builder).parameters
    return {name: None for name in ("weights", "weights_backbone") if name in names} | (
        {"init_weights": True} if "init_weights" in names else {}
    )


def _picture_size(module: Any, models: Any, name: str) -> int | None:
    """Side of the pictures that the model reads, in pixels: its own statement, else that of its weights."""
    if isinstance(own := getattr(module, "image_size", None), int):
        return own  # vit_h_14's first weights were trained on other pictures than it is built for
    try:
        weights = next(iter(models.get_model_weights(name)))
        crop = getattr(weights.transforms(), "crop_size", None)
    except Exception:  # builders without weights, and transforms of other kinds
        return None
    if isinstance(crop, int):
        return crop
    return int(crop[0]) if isinstance(crop, list | tuple) and crop else None
