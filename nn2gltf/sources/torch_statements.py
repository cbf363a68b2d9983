"""What models of known libraries say about their inputs: torchvision, timm and transformers; nothing is imported."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from nn2gltf.sources.torch_arguments import accepts_names, bind_positionally
from nn2gltf.sources.torch_tensors import map_tensors

Arguments = tuple[Any, ...]

_STATED: weakref.WeakKeyDictionary[nn.Module, Arguments] = weakref.WeakKeyDictionary()
"""What a builder knew about a module it made; beside the module, so that it is never saved with it."""

DETECTION_SIDE = 320
SEGMENTATION_SIDE = 520
"""Pixels; torchvision's segmentation weights resize to this."""

VIDEO_SIDES = {"torchvision.models.video.resnet": 112}
"""Pixels by module of the class; other video models read 224."""

FRAMES = 16
FLOW_SIZE = (128, 224)
"""Pixels; RAFT needs at least 128 and multiples of 8."""

TOKENS = 16
AUDIO_SAMPLES = 16_000


def state_inputs(module: nn.Module, args: Arguments) -> None:
    """Keep what a builder knows about the arguments of a module that it has just made."""
    _STATED[module] = args


def stated_inputs(model: nn.Module) -> list[Arguments]:
    """Positional arguments that the model itself asks for, likeliest first; empty when it says nothing."""
    if model in _STATED:
        return [_STATED[model]]
    example = getattr(model, "example_input_array", None)
    if example is not None:
        return _example(model, example)
    for home, rule in _RULES.items():
        if any(base.__module__.startswith(home) for base in type(model).__mro__):
            return [_like(model, args) for args in rule(model)]
    config = getattr(model, "pretrained_cfg", None) or getattr(model, "default_cfg", None)
    return [_like(model, args) for args in _timm(config)] if isinstance(config, Mapping) else []


def _like(model: nn.Module, args: Arguments) -> Arguments:
    """The same arguments in the model's own precision and on its device."""
    own = next((p for p in model.parameters() if p.is_floating_point()), None)
    if own is None:
        return args
    device = "cpu" if own.is_meta else own.device
    changed: Arguments = map_tensors(
        lambda t: t.to(device, own.dtype if t.is_floating_point() else t.dtype), args
    )
    return changed


def _example(model: nn.Module, example: Any) -> list[Arguments]:
    """Lightning's attribute: a tensor, a tuple of arguments or a mapping of named ones."""
    if isinstance(example, Mapping):
        bound = bind_positionally(model, example)
        return [] if bound is None else [bound]
    return [example if isinstance(example, tuple) else (example,)]


def _timm(config: Mapping[str, Any]) -> list[Arguments]:
    size = config.get("input_size")
    return [(torch.zeros(1, *size),)] if isinstance(size, tuple | list) and size else []


def _pictures(*shape: int) -> Callable[[nn.Module], list[Arguments]]:
    return lambda _: [(torch.zeros(shape),)]


def _detection(_: nn.Module) -> list[Arguments]:
    return [([torch.zeros(3, DETECTION_SIDE, DETECTION_SIDE)],)]


def _video(model: nn.Module) -> list[Arguments]:
    side = VIDEO_SIDES.get(type(model).__module__, 224)
    return [(torch.zeros(1, 3, FRAMES, side, side),)]


def _flow(_: nn.Module) -> list[Arguments]:
    return [(torch.zeros(1, 3, *FLOW_SIZE), torch.zeros(1, 3, *FLOW_SIZE))]


def _classification(model: nn.Module) -> list[Arguments]:
    side = getattr(
        model, "image_size", 299 if type(model).__name__ in ("Inception3", "QuantizableInception3") else 224
    )
    return [(torch.zeros(1, 3, side, side),)]


def _transformers(model: nn.Module) -> list[Arguments]:
    """Every input that the configuration has sizes for, then the main one alone."""
    config, names = getattr(model, "config", None), accepts_names(model)
    found: dict[str, Any] = {}
    for name, make in _INPUTS_OF_TRANSFORMERS.items():
        if name in names and (value := make(config)) is not None:
            found[name] = value
    main = getattr(model, "main_input_name", "input_ids")
    if getattr(config, "is_encoder_decoder", False) and "decoder_input_ids" in names:
        found["decoder_input_ids"] = torch.ones(1, TOKENS, dtype=torch.int64)
    elif main not in found:
        return []
    smaller = {name: value for name, value in found.items() if name in (main, "decoder_input_ids")}
    candidates = [bind_positionally(model, given) for given in (found, smaller)]
    unique = [args for args in candidates if args is not None]
    return unique[:1] if len(found) == len(smaller) else unique


def _first_number(config: Any, *names: str) -> int | None:
    """The first of several settings that the configuration, or its vision part, has."""
    for part in (config, getattr(config, "vision_config", None), getattr(config, "backbone_config", None)):
        for name in names:
            value = getattr(part, name, None)
            if isinstance(value, list | tuple) and value:
                value = value[0]
            if isinstance(value, int) and not isinstance(value, bool):
                return value
    return None


def _ids(config: Any) -> torch.Tensor | None:
    text = getattr(config, "text_config", config)
    longest = getattr(text, "max_position_embeddings", None) or getattr(text, "n_positions", None) or TOKENS
    return (
        torch.ones(1, min(TOKENS, int(longest)), dtype=torch.int64) if hasattr(text, "vocab_size") else None
    )


def _pixels(config: Any) -> torch.Tensor:
    channels = _first_number(config, "num_channels", "in_channels") or 3
    side = _first_number(config, "image_size") or 224
    frames = _first_number(config, "num_frames")
    return torch.zeros(1, *([frames] if frames else []), channels, side, side)


def _features(config: Any) -> torch.Tensor | None:
    bands = _first_number(config, "num_mel_bins", "feature_size", "input_feat_per_channel")
    positions = _first_number(config, "max_source_positions")
    if bands is None:
        return None
    # Whisper's encoder halves the frames and takes exactly its number of positions.
    return torch.zeros(1, bands, 2 * positions) if positions else torch.zeros(1, 128, bands)


def _waveform(config: Any) -> torch.Tensor:
    length, bands = _first_number(config, "max_length"), _first_number(config, "num_mel_bins")
    return torch.zeros(1, length, bands) if length and bands else torch.zeros(1, AUDIO_SAMPLES)


_INPUTS_OF_TRANSFORMERS: dict[str, Callable[[Any], torch.Tensor | None]] = {
    "input_ids": _ids,
    "pixel_values": _pixels,
    "input_features": _features,
    "input_values": _waveform,
}
"""Argument to what makes it from a configuration."""

_RULES: dict[str, Callable[[nn.Module], list[Arguments]]] = {
    "torchvision.models.detection": _detection,
    "torchvision.models.segmentation": _pictures(1, 3, SEGMENTATION_SIDE, SEGMENTATION_SIDE),
    "torchvision.models.video": _video,
    "torchvision.models.optical_flow": _flow,
    "torchvision.models": _classification,
    "transformers.modeling_utils": _transformers,
}
"""Module that defines a base class to its rule, special before general."""
