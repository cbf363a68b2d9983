"""Pass: tensors that carry their channels on the last axis say so, as in Swin and ConvNeXt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.shapes import CHANNELS_LAST

FEWEST_AXES = 4
FIRST = frozenset({"conv", "pool", "input", "upsample"})
"""Kinds whose maps have their channels in front, by PyTorch's convention."""


def mark_channels_last(graph: Graph) -> Graph:
    """Give layers whose output is (batch, rows, columns, channels) the attribute ``channels_last``.

    A linear layer works on the last axis, and so does a normalisation over one number less than all axes; what comes
    after inherits the order from the input of its rank, unless it turns the axes round.
    """
    found: dict[str, bool] = {}
    layers = []
    for layer in graph.layers:
        sources = [graph.layer_by_id[edge.source] for edge in graph.inputs_of[layer.id]]
        found[layer.id] = _rank(layer) >= FEWEST_AXES and _is_last(layer, sources, found)
        layers.append(
            replace(layer, attributes={**layer.attributes, CHANNELS_LAST: True}) if found[layer.id] else layer
        )
    return replace(graph, layers=tuple(layers)) if any(found.values()) else graph


def _rank(layer: Layer) -> int:
    return len(layer.outputs[0].shape) if layer.outputs else 0


def _is_last(layer: Layer, sources: Sequence[Layer], found: dict[str, bool]) -> bool:
    shape = layer.outputs[0].shape
    if layer.kind in FIRST:
        return False
    if layer.kind == "linear":
        return True
    if layer.attributes.get("normalized_shape") == [shape[-1]]:
        return True
    before = next((source for source in sources if _rank(source) == len(shape)), None)
    if before is None or layer.kind == "reshape":
        return False
    was = before.outputs[0].shape
    if was != shape and sorted(was) == sorted(shape):  # the axes were turned round
        return not found[before.id] and shape == (was[0], *was[2:], was[1])
    return found[before.id]
