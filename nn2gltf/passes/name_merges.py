"""Pass: layers where paths meet say what they join: a residual connection, a projection, a gate, a concatenation."""

from __future__ import annotations

from dataclasses import replace

from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.json import Json

MERGES = frozenset({"add", "mul", "concat"})
LONGEST_WALK = 64
"""Layers looked at to find where two paths part; a merge of paths that part farther back is not named."""


def name_merges(graph: Graph) -> Graph:
    """Give every addition, product and concatenation of several layers the attributes ``merge`` and ``joins``.

    ``merge`` is ``residual`` (one path adds to the layer that the other came from), ``projection`` (the shorter of the
    two paths has weights of its own), ``gate`` (a product with a path that parts from the other), ``concat`` or
    ``sum``. ``joins`` lists the ids that meet, in input order.
    """
    order = {layer.id: index for index, layer in enumerate(graph.layers)}
    layers = tuple(
        _named(graph, layer, order)
        if layer.kind in MERGES and len({e.source for e in graph.inputs_of[layer.id]}) > 1
        else layer
        for layer in graph.layers
    )
    return replace(graph, layers=layers)


def _named(graph: Graph, layer: Layer, order: dict[str, int]) -> Layer:
    joins = list(dict.fromkeys(edge.source for edge in graph.inputs_of[layer.id]))
    merge = "concat" if layer.kind == "concat" else _role(graph, layer, joins, order)
    attributes: dict[str, Json] = {**layer.attributes, "merge": merge, "joins": list[Json](joins)}
    return replace(layer, attributes=attributes)


def _role(graph: Graph, layer: Layer, joins: list[str], order: dict[str, int]) -> str:
    plain = "sum" if layer.kind == "add" else "product"
    if len(joins) != 2:
        return plain
    early, late = sorted(joins, key=lambda i: order[i])
    if _reaches(graph, late, early, order):
        return "gate" if layer.kind == "mul" else "residual"
    parted = _parting(graph, early, late, order)
    if parted is None:
        return plain
    if layer.kind == "mul":
        return "gate"
    return "projection" if any(graph.layer_by_id[i].parameters for i in joins) else plain


def _reaches(graph: Graph, start: str, goal: str, order: dict[str, int]) -> bool:
    """Whether ``start`` was computed from ``goal``."""
    return goal in _ancestors(graph, start, order[goal], order)


def _parting(graph: Graph, one: str, other: str, order: dict[str, int]) -> str | None:
    """The last layer that both were computed from."""
    low = max(0, min(order[one], order[other]) - LONGEST_WALK)
    shared = _ancestors(graph, one, low, order) & _ancestors(graph, other, low, order)
    return max(shared, key=lambda i: order[i], default=None)


def _ancestors(graph: Graph, start: str, low: int, order: dict[str, int]) -> set[str]:
    """What ``start`` was computed from, no earlier than place ``low``; at most :data:`LONGEST_WALK` layers."""
    found: set[str] = set()
    waiting = [start]
    while waiting and len(found) < LONGEST_WALK:
        for edge in graph.inputs_of[waiting.pop()]:
            if edge.source not in found and order[edge.source] >= low:
                found.add(edge.source)
                waiting.append(edge.source)
    return found
