"""The straight path: which layers stand in the row, and which on branches above it."""

from __future__ import annotations

from nn2gltf.ir.graph import Graph


def find_trunk(graph: Graph) -> list[str]:
    """Ids on the longest path from an input to an output, in execution order.

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
