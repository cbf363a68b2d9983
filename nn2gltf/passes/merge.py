"""What passes share: rebuilding a graph after layers went into others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.repeat import Repeat


def merge_layers(graph: Graph, layers: Mapping[str, Layer], keeper: Mapping[str, str]) -> Graph:
    """A new graph without the merged layers; their edges end at the layers that keep them.

    Args:
        layers: All layers by id, the keeping ones already changed.
        keeper: Merged id to the id that keeps it, already resolved to the end.
    """
    edges = []
    for edge in graph.edges:
        source, target = keeper.get(edge.source, edge.source), keeper.get(edge.target, edge.target)
        if source != target:
            spec = (
                layers[source].outputs[0] if edge.source in keeper and layers[source].outputs else edge.spec
            )
            edges.append(replace(edge, source=source, target=target, spec=spec))
    kept = tuple(layers[layer.id] for layer in graph.layers if layer.id not in keeper)
    outputs = tuple(dict.fromkeys(keeper.get(layer_id, layer_id) for layer_id in graph.outputs))
    repeats = keep_repeats(graph, {layer.id for layer in kept})
    return replace(graph, layers=kept, edges=tuple(edges), outputs=outputs, repeats=repeats).check()


def keep_repeats(graph: Graph, kept: Collection[str]) -> tuple[Repeat, ...]:
    """The rows of identical blocks that are left when only some layers are: those that lost the same in every copy."""
    return tuple(left for repeat in graph.repeats if (left := _left(repeat, kept)) is not None)


def _left(repeat: Repeat, kept: Collection[str]) -> Repeat | None:
    places = [place for place, layer_id in enumerate(repeat.copies[0]) if layer_id in kept]
    if not repeat.folded:
        for copy in repeat.copies[1:]:
            if [place for place, layer_id in enumerate(copy) if layer_id in kept] != places:
                return None
    if not places:
        return None
    return replace(repeat, copies=tuple(tuple(copy[place] for place in places) for copy in repeat.copies))
