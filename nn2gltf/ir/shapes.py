"""Where the channels of a tensor of maps are."""

from __future__ import annotations

from nn2gltf.ir.graph import Layer

CHANNELS_LAST = "channels_last"
"""Attribute of layers whose channels are on the last axis instead of the one behind the batch."""


def is_channels_last(layer: Layer) -> bool:
    """Whether a layer's channels are on the last axis."""
    return layer.attributes.get(CHANNELS_LAST) is True


def channels_first(layer: Layer) -> tuple[int, ...]:
    """Shape of a layer's output without the batch axis, its channels in front; empty without an output."""
    shape = layer.outputs[0].shape[1:] if layer.outputs else ()
    return (shape[-1], *shape[:-1]) if is_channels_last(layer) else shape
