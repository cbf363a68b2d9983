"""Floating-point operations of one call; a multiply-add counts two, as in torch.utils.flop_counter."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

Shapes = list[tuple[int, ...]]
"""Shapes of the tensors among the positional arguments, in order."""


def count_flops(name: str, args: Sequence[Any], out: Any) -> int | None:
    """Operations of a function call from its tensors' shapes, None where they are not counted.

    Args:
        name: Name of the torch function.
        args: Its positional arguments.
        out: Its first output.
    """
    rule = _RULES.get(name)
    if rule is None:
        return None
    try:
        return int(rule(args, [tuple(a.shape) for a in args if hasattr(a, "shape")], tuple(out.shape)))
    except (IndexError, ValueError, KeyError):  # called with keywords, or in a form that is not counted
        return None


Rule = Callable[[Sequence[Any], Shapes, tuple[int, ...]], int]


def _conv(_: Sequence[Any], shapes: Shapes, out: tuple[int, ...]) -> int:
    return 2 * math.prod(out) * math.prod(shapes[1][1:])


def _conv_transpose(_: Sequence[Any], shapes: Shapes, __: tuple[int, ...]) -> int:
    return 2 * math.prod(shapes[0]) * math.prod(shapes[1][1:])


def _convolution(args: Sequence[Any], shapes: Shapes, out: tuple[int, ...]) -> int:
    return (_conv_transpose if args[6] else _conv)(args, shapes, out)


def _sum_over_last(position: int) -> Rule:
    """A product of matrices that sums over the last axis of one argument."""

    def rule(_: Sequence[Any], shapes: Shapes, out: tuple[int, ...]) -> int:
        return 2 * math.prod(out) * shapes[position][-1]

    return rule


def _scaled_attention(_: Sequence[Any], shapes: Shapes, out: tuple[int, ...]) -> int:
    keys = shapes[1][-2]
    return 2 * math.prod(shapes[0]) * keys + 2 * math.prod(out) * keys


def _multi_head_attention(_: Sequence[Any], shapes: Shapes, __: tuple[int, ...]) -> int:
    """Four projections, and two products over all pairs of positions."""
    query, key, value = (math.prod(shape) for shape in shapes[:3])
    width = shapes[0][-1]
    return 2 * width * (query + key + value + query) + 4 * query * shapes[1][0]


def _recurrent(args: Sequence[Any], shapes: Shapes, _: tuple[int, ...]) -> int:
    """Every matrix of weights meets every step of every sequence."""
    steps = math.prod(shapes[0][:-1])
    weights: Sequence[Any] = [a for a in args if isinstance(a, list | tuple)][-1]
    return sum(2 * steps * math.prod(w.shape) for w in weights if len(w.shape) == 2)


def _cell(_: Sequence[Any], shapes: Shapes, __: tuple[int, ...]) -> int:
    matrices = [shape for shape in shapes[1:] if len(shape) == 2][-2:]
    return 2 * shapes[0][0] * sum(math.prod(shape) for shape in matrices)


def _einsum(args: Sequence[Any], _shapes: Shapes, _out: tuple[int, ...]) -> int:
    """Two operands: one multiply-add for each combination of all their indices."""
    left, _, right = args[0].replace(" ", "").partition("->")
    terms = left.split(",")
    operands = list(args[1]) if isinstance(args[1], list | tuple) else list(args[1:])
    sizes: dict[str, int] = {}
    for term, operand in zip(terms, operands, strict=True):
        sizes |= dict(zip(term, operand.shape, strict=True))
    if len(terms) != 2 or not set(left) - {","} - set(right):
        raise ValueError  # nothing is summed over, or in an order that torch chooses
    return 2 * math.prod(sizes.values())


_RULES: dict[str, Rule] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _conv_transpose),
    **dict.fromkeys(("convolution", "_convolution"), _convolution),
    **dict.fromkeys(("linear", "matmul", "mm", "bmm", "__matmul__"), _sum_over_last(0)),
    **dict.fromkeys(("addmm", "baddbmm", "__rmatmul__"), _sum_over_last(1)),
    "scaled_dot_product_attention": _scaled_attention,
    "multi_head_attention_forward": _multi_head_attention,
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _recurrent),
    **dict.fromkeys(("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"), _cell),
    "einsum": _einsum,
}
