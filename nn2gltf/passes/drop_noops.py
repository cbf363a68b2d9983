"""Pass: layers that change no number at evaluation become part of the edge: dropout, identity, reshape."""

from __future__ import annotations

from dataclasses import replace

from nn2gltf.ir.graph import Edge, Graph
from nn2gltf.passes.merge import keep_repeats

NOOPS = frozenset({"dropout", "reshape"})


def drop_noops(graph: Graph) -> Graph:
    """Bypass every dropout and reshape with one input; its name joins the edge's ``via``."""
    feeding: dict[str, Edge] = {}
    for layer in graph.layers:
        edges = graph.inputs_of[layer.id]
        single = len(edges) == 1 and not layer.parameters and layer.id not in graph.outputs
        if layer.kind in NOOPS and single:
            feeding[layer.id] = _bypassed(edges[0], feeding)
    if not feeding:
        return graph
    ops = {layer.id: layer.op for layer in graph.layers}
    edges_left = []
    for edge in graph.edges:
        if edge.target in feeding:
            continue
        if edge.source in feeding:
            before = feeding[edge.source]
            via = (*before.via, ops[edge.source], *edge.via)
            edge = replace(before, target=edge.target, target_input=edge.target_input, via=via)  # noqa: PLW2901
        edges_left.append(edge)
    kept = tuple(layer for layer in graph.layers if layer.id not in feeding)
    repeats = keep_repeats(graph, {layer.id for layer in kept})
    return replace(graph, layers=kept, edges=tuple(edges_left), repeats=repeats).check()


def _bypassed(edge: Edge, feeding: dict[str, Edge]) -> Edge:
    """The edge that really feeds a no-op, through no-ops before it."""
    if edge.source not in feeding:
        return edge
    before = feeding[edge.source]
    return replace(before, target=edge.target, via=(*before.via, *edge.via))
