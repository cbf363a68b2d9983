"""The straight path: which layers stand in the row, and which on branches above it."""

from __future__ import annotations

from dataclasses import replace

from nn2gltf.ir.graph import Graph


def find_trunk(graph: Graph) -> list[str]:
    """Ids on the longest path from an input to an output, in execution order.

    Parts that no path connects (weights without their module) stand one after the other in the graph's order.
    """
    parts = _parts(graph)
    if len(parts) == 1 or any(layer.kind == "input" for layer in graph.layers):
        return _longest_path(graph)
    paths = [_longest_path(_only(graph, part)) for part in parts]
    order = {layer.id: index for index, layer in enumerate(graph.layers)}
    return sorted((layer_id for path in paths for layer_id in path), key=lambda i: order[i])


def _parts(graph: Graph) -> list[set[str]]:
    """Layers that edges connect, whichever way they run."""
    home = {layer.id: {layer.id} for layer in graph.layers}
    for edge in graph.edges:
        one, other = home[edge.source], home[edge.target]
        if one is not other:
            small, large = sorted((one, other), key=len)
            large |= small
            home.update(dict.fromkeys(small, large))
    return list({id(part): part for part in home.values()}.values())


def _only(graph: Graph, part: set[str]) -> Graph:
    return replace(
        graph,
        layers=tuple(layer for layer in graph.layers if layer.id in part),
        edges=tuple(edge for edge in graph.edges if edge.source in part),
        outputs=tuple(layer_id for layer_id in graph.outputs if layer_id in part),
    )


def _longest_path(graph: Graph) -> list[str]:
    """Ids on the longest path, from its start.

    Among equally long paths the one through more parameters wins, then the one that runs first, so that a
    residual block's convolutions and not its shortcut make the trunk. Layers are already in topological order.
    """
    best: dict[str, tuple[int, int]] = {}
    previous: dict[str, str] = {}
    for layer in graph.layers:
        length, weight = 0, 0
        for edge in graph.inputs_of[layer.id]:
            reached = best[edge.source]
            if layer.id not in previous or reached > (length, weight):
                (length, weight), previous[layer.id] = reached, edge.source
        best[layer.id] = (length + 1, weight + layer.parameter_count)
    ends = [layer_id for layer_id in graph.outputs if layer_id in best] or list(best)[-1:]
    here: str | None = max(ends, key=lambda layer_id: best[layer_id]) if ends else None
    trunk: list[str] = []
    while here is not None:
        trunk.append(here)
        here = previous.get(here)
    return trunk[::-1]
