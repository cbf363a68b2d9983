"""Channels on the last axis are found by what works on that axis, and handed on until the axes are turned round."""

from __future__ import annotations

from itertools import pairwise

from nn2gltf.ir.graph import Edge, Graph, Layer, Scope, TensorSpec
from nn2gltf.ir.json import Json
from nn2gltf.ir.shapes import channels_first, is_channels_last
from nn2gltf.passes.mark_channels_last import mark_channels_last


def row(*layers: tuple[str, str, tuple[int, ...], dict[str, Json]]) -> Graph:
    """Layers one after the other: (id, kind, shape, attributes)."""
    made = [
        Layer(id=i, op=kind, kind=kind, outputs=(TensorSpec(shape=shape),), attributes=attributes)
        for i, kind, shape, attributes in layers
    ]
    edges = [Edge(source=a.id, target=b.id) for a, b in pairwise(made)]
    scopes = (Scope(path="", type="Net"),)
    return Graph(
        name="Net", layers=tuple(made), edges=tuple(edges), scopes=scopes, outputs=(made[-1].id,)
    ).check()


def test_a_transformer_of_windows_turns_its_maps() -> None:
    graph = row(
        ("input", "input", (1, 3, 32, 32), {}),
        ("patches", "conv", (1, 24, 8, 8), {}),
        ("permute", "op", (1, 8, 8, 24), {}),
        ("norm", "norm", (1, 8, 8, 24), {"normalized_shape": [24]}),
        ("attention", "op", (1, 8, 8, 24), {}),
        ("wide", "linear", (1, 8, 8, 96), {}),
        ("back", "op", (1, 96, 8, 8), {}),
        ("conv", "conv", (1, 96, 8, 8), {}),
        ("pool", "pool", (1, 96, 1, 1), {}),
    )
    marked = mark_channels_last(graph)
    last = [layer.id for layer in marked.layers if is_channels_last(layer)]
    assert last == ["permute", "norm", "attention", "wide"]
    assert channels_first(marked.layer_by_id["wide"]) == (96, 8, 8)
    assert channels_first(marked.layer_by_id["conv"]) == (96, 8, 8)
    assert mark_channels_last(marked) == marked


def test_tokens_vectors_and_plain_convolutions_stay_as_they_are() -> None:
    graph = row(
        ("input", "input", (1, 3, 32, 32), {}),
        ("conv", "conv", (1, 24, 8, 8), {}),
        ("norm", "norm", (1, 24, 8, 8), {"num_features": 24}),
        ("tokens", "reshape", (1, 64, 24), {}),
        ("linear", "linear", (1, 64, 48), {}),
    )
    assert mark_channels_last(graph) is graph
