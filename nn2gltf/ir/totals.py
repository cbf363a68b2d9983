"""What the layers of a scope add up to: parameters, bytes, operations."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nn2gltf.ir.graph import Graph, Parameter
from nn2gltf.ir.json import JsonObject


@dataclass(kw_only=True)
class ScopeTotals:
    """Sums over a scope and everything inside it.

    Attributes:
        parameters: Trainable numbers, shared ones counted once.
        parameter_bytes: Bytes of all parameters and buffers, shared ones counted once.
        flops: Floating-point operations of one forward pass; None when no layer's are known.
    """

    layers: int = 0
    parameters: int = 0
    parameter_bytes: int = 0
    flops: int | None = None

    def to_json(self) -> JsonObject:
        """JSON form."""
        return {
            "layers": self.layers,
            "parameters": self.parameters,
            "parameterBytes": self.parameter_bytes,
            "flops": self.flops,
        }


def scope_totals(graph: Graph) -> dict[str, ScopeTotals]:
    """Totals by scope path; ``""`` is the whole model.

    >>> from nn2gltf.ir.graph import Layer, Scope
    >>> weight = Parameter(name="a.weight", shape=(3, 2))
    >>> layer = Layer(id="a.fc", op="Linear", kind="linear", scope="a", parameters=(weight,), flops=12)
    >>> scopes = (Scope(path="", type="Net"), Scope(path="a", type="Block", parent=""))
    >>> scope_totals(Graph(name="Net", layers=(layer,), edges=(), scopes=scopes))["a"].to_json()
    {'layers': 1, 'parameters': 6, 'parameterBytes': 24, 'flops': 12}
    """
    parents = graph.parent_of
    totals = {path: ScopeTotals() for path in parents}
    seen: set[tuple[str, str]] = set()
    for layer in graph.layers:
        path: str | None = layer.scope
        while path is not None and path in totals:
            total = totals[path]
            total.layers += 1
            if layer.flops is not None:
                total.flops = (total.flops or 0) + layer.flops
            for parameter in layer.parameters:
                _count(parameter, path, total, seen)
            path = parents[path]
    return totals


def _count(parameter: Parameter, path: str, total: ScopeTotals, seen: set[tuple[str, str]]) -> None:
    key = (path, parameter.shared_with or parameter.name)
    if key not in seen:
        seen.add(key)
        total.parameters += parameter.count if parameter.trainable else 0
        total.parameter_bytes += parameter.count * item_bytes(parameter.dtype)


def item_bytes(dtype: str) -> int:
    """Bytes of one number of a type by its name, at least one.

    >>> [item_bytes(name) for name in ("float32", "bfloat16", "bool", "complex64", "float8_e4m3fn", "qint8")]
    [4, 2, 1, 8, 1, 1]
    """
    bits = re.search(r"\d+", dtype)
    return max(int(bits[0]) // 8, 1) if bits else 1
