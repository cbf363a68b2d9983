"""Floating-point operations of a node from its shapes; a multiply-add counts two."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from nn2gltf.sources.flat_model import UNKNOWN, FlatNode, ValueType


def count_flops(node: FlatNode, types: Mapping[str, ValueType]) -> int | None:
    """Operations of one node, None where they are not counted or a shape is unknown."""
    if len(node.inputs) < 2 or not node.outputs:
        return None
    left, right = (_shape(types, value) for value in node.inputs[:2])
    out = _shape(types, node.outputs[0])
    if left is None or right is None or out is None or not right:
        return None
    rule = _RULES.get(node.op)
    return rule(node, left, right, out) if rule is not None else None


Shape = tuple[int, ...]
Rule = Callable[[FlatNode, Shape, Shape, Shape], int]
"""Of a node, its two first inputs and its output."""


def _conv(_: FlatNode, __: Shape, right: Shape, out: Shape) -> int:
    return 2 * math.prod(out) * math.prod(right[1:])


def _conv_transpose(_: FlatNode, left: Shape, right: Shape, __: Shape) -> int:
    return 2 * math.prod(left) * math.prod(right[1:])


def _product(node: FlatNode, left: Shape, _: Shape, out: Shape) -> int:
    turned = node.settings.get("transA") and len(left) == 2
    return 2 * math.prod(out) * (left[0 if turned else -1] if left else 1)


_RULES: dict[str, Rule] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "MatMul": _product,
    "Gemm": _product,
}


def _shape(types: Mapping[str, ValueType], value: str) -> tuple[int, ...] | None:
    spec = types.get(value, UNKNOWN).spec
    return spec.shape if spec is not None else None
