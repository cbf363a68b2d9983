"""Pass: of every row of identical blocks only the first copy stays, standing for all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nn2gltf.ir.graph import Edge, Graph, Layer
from nn2gltf.ir.repeat import Repeat
from nn2gltf.passes.find_repeats import find_repeats


def fold_repeats(graph: Graph) -> Graph:
    """Fold rows of identical blocks; what was folded stays listed in :attr:`Graph.repeats`.

    What enters any copy enters the first one, what leaves any copy leaves it; edges from copy to copy go. Parameters
    of the hidden copies still count.
    """
    found = find_repeats(graph)
    rows = [repeat for repeat in found.repeats if not repeat.folded]
    if not rows:
        return found
    stands_for: dict[str, str] = {}
    for row in rows:
        for copy in row.copies[1:]:
            stands_for.update(zip(copy, row.copies[0], strict=True))
    home = {layer.id: _resolved(layer.id, stands_for) for layer in graph.layers}
    kept = tuple(layer for layer in graph.layers if layer.id not in stands_for)
    before = tuple(repeat for repeat in found.repeats if repeat.folded)
    return replace(
        graph,
        layers=kept,
        edges=tuple(_edges(graph, home, kept)),
        outputs=tuple(dict.fromkeys(home[layer_id] for layer_id in graph.outputs)),
        repeats=(*before, *_folded(graph, rows, kept)),
    ).check()


def _resolved(layer_id: str, stands_for: dict[str, str]) -> str:
    """The layer that is left for one: a copy's first copy may itself be folded by a row inside it."""
    while layer_id in stands_for:
        layer_id = stands_for[layer_id]
    return layer_id


def _edges(graph: Graph, home: dict[str, str], kept: tuple[Layer, ...]) -> Iterable[Edge]:
    """Edges between what is left; those that would run backwards led from copy to copy."""
    order = {layer.id: index for index, layer in enumerate(kept)}
    seen: set[tuple[str, str, int, tuple[str, ...]]] = set()
    for edge in graph.edges:
        source, target = home[edge.source], home[edge.target]
        key = (source, target, edge.source_output, edge.via)
        if order[source] < order[target] and key not in seen:
            seen.add(key)
            yield replace(edge, source=source, target=target)


def _folded(graph: Graph, rows: list[Repeat], kept: tuple[Layer, ...]) -> Iterable[Repeat]:
    """The rows with the parameters that their hidden copies alone hold."""
    counted = {p.shared_with or p.name for layer in kept for p in layer.parameters}
    for row in rows:
        hidden = 0
        for layer_id in (i for copy in row.copies[1:] for i in copy):
            for parameter in graph.layer_by_id[layer_id].parameters:
                name = parameter.shared_with or parameter.name
                if parameter.trainable and name not in counted:
                    hidden += parameter.count
                    counted.add(name)
        yield replace(row, folded=True, hidden_parameters=hidden)
