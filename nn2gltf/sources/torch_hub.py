"""Sources: models of timm and transformers, built from a name or a configuration; never a download."""

from __future__ import annotations

import json
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nn2gltf.errors import InputDataError, InputMissingError, RefusedError, UsageError, safe
from nn2gltf.ir.json import Json
from nn2gltf.lazy import require
from nn2gltf.sources.loaded import LoadedModel, ReadOptions
from nn2gltf.sources.torch_light import EmptyOnMeta
from nn2gltf.torch_vision import require_torchvision

HEAVY = 200_000_000
"""Models with more parameters are built without numbers, on the meta device: their random weights say nothing."""

LARGEST_CONFIG = 2**20
"""Bytes of a config.json."""


def read_timm(name: str, options: ReadOptions) -> LoadedModel:
    """Build one of timm's models with random weights.

    Args:
        name: As in ``timm.list_models()``: ``resnet50``, ``vit_base_patch16_224`` ...

    Raises:
        UsageError: No model of that name; the closest ones are listed.
        DependencyError: timm is not installed.
    """
    require_torchvision()
    timm = require("timm", extra="timm")
    known: list[str] = timm.list_models()
    if name not in known:
        close = get_close_matches(name, known, n=3) or ["resnet50", "vit_base_patch16_224"]
        raise UsageError(
            f"timm has no model {safe(name)!r}",
            code="E_UNKNOWN_NAME",
            hint=f"Did you mean {' or '.join(close)}?",
        )
    module = _build(lambda: timm.create_model(name, pretrained=False), f"timm:{name}", options)
    return _loaded(module, name, "timm")


def read_hf(folder: str, options: ReadOptions) -> LoadedModel:
    """Build the model that a transformers configuration describes, with random weights.

    Args:
        folder: Holds a ``config.json``; nothing else in it is read.

    Raises:
        InputMissingError: No configuration there.
        InputDataError: It is damaged, or describes no model that transformers knows.
        RefusedError: It needs code that comes with the checkpoint.
        DependencyError: transformers is not installed.
    """
    path = Path(folder) / "config.json" if not folder.endswith(".json") else Path(folder)
    settings = _read_config(path)
    require_torchvision()
    transformers = require("transformers", extra="transformers")
    config = _make_config(transformers, settings, str(path))
    kind = _model_class(transformers, settings)
    build = kind if kind is not None else transformers.AutoModel.from_config
    module = _build(lambda: build(config), f"hf:{folder}", options)
    return _loaded(module, path.resolve().parent.name, "hf")


def _read_config(path: Path) -> dict[str, Any]:
    where = str(path)
    if not path.is_file():
        hint = "Give the folder of a config.json, for example hf:samples/configs/gpt2."
        raise InputMissingError("there is no configuration", where=where, hint=hint)
    if path.stat().st_size > LARGEST_CONFIG:
        raise InputDataError("the configuration is larger than 1 MiB", code="E_MODEL_FILE", where=where)
    try:
        settings = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputDataError(
            f"the configuration is not JSON: {safe(error)}", code="E_MODEL_FILE", where=where
        ) from error
    if not isinstance(settings, dict) or not isinstance(settings.get("model_type"), str):
        raise InputDataError("the configuration names no model_type", code="E_MODEL_FILE", where=where)
    if settings.get("auto_map"):
        raise RefusedError(
            "the configuration needs code that comes with the checkpoint",
            where=where,
            hint="Name that code yourself: net.py:Net.",
        )
    return settings


def _make_config(transformers: Any, settings: dict[str, Any], where: str) -> Any:
    kind = settings["model_type"]
    known = list(transformers.CONFIG_MAPPING.keys())
    if kind not in known:
        close = get_close_matches(kind, known, n=3)
        raise InputDataError(
            f"transformers {transformers.__version__} knows no model_type {safe(kind)!r}",
            code="E_UNKNOWN_NAME",
            where=where,
            hint=f"Did you mean {' or '.join(close)}?" if close else "Install a newer transformers.",
        )
    # caches would be outputs, other attention kernels need a GPU, and quantised weights need packages of their own
    left_out = (
        "model_type",
        "quantization_config",
        "attn_implementation",
        "_attn_implementation",
        "use_cache",
    )
    given = {name: value for name, value in settings.items() if name not in left_out}
    try:
        config = transformers.AutoConfig.for_model(kind, **given)
    except Exception as error:  # its own checks raise whatever they like
        raise InputDataError(
            f"transformers refuses the configuration: {safe(error)}", code="E_MODEL_FILE", where=where
        ) from error
    for part in (config, getattr(config, "text_config", None), getattr(config, "decoder", None)):
        if part is not None and hasattr(part, "use_cache"):
            part.use_cache = False
    return config


def _model_class(transformers: Any, settings: dict[str, Any]) -> Any:
    """The class that the configuration names, if it is one of transformers' models."""
    for name in settings.get("architectures") or ():
        found = getattr(transformers, name, None) if isinstance(name, str) and name.isidentifier() else None
        if isinstance(found, type) and issubclass(found, transformers.PreTrainedModel):
            return found
    return None


def _build(factory: Callable[[], nn.Module], where: str, options: ReadOptions) -> nn.Module:
    """A module with random weights, or without any numbers when it is heavy; one that a file fills has its buffers."""
    try:
        with EmptyOnMeta() if options.filled else torch.device("meta"):
            light = factory()
    except Exception:  # some constructors compute with numbers; those that fail for real fail below
        light = None
    if light is not None and sum(p.numel() for p in light.parameters()) > HEAVY:
        return light
    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(options.seed)
            return factory()
    except Exception as error:  # a builder refuses for its own reasons
        reason = safe(" ".join(f"{type(error).__name__}: {error}".split()), limit=200)
        raise InputDataError(
            f"the model cannot be built: {reason}", code="E_MODEL_SPEC", where=where
        ) from error


def _loaded(module: nn.Module, name: str, kind: str) -> LoadedModel:
    on_meta = any(p.is_meta for p in module.parameters())
    facts: dict[str, Json] = {"numbers": "none"} if on_meta else {}
    return LoadedModel(
        module=module, name=name, weights="none" if on_meta else "random", kind=kind, facts=facts
    )
