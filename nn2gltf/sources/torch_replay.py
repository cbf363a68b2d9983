"""Running a captured program again on other inputs: what comes out must be what the model itself gives.

The program knows nothing but the graph's own ops and the origins behind its edges. A number that left the graph on the
way (through NumPy, say) is a constant in it, so fresh inputs betray a graph that lacks something.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from nn2gltf.sources.torch_marks import Origin
from nn2gltf.sources.torch_program import Program, references_in, resolve_references
from nn2gltf.sources.torch_quiet import quiet
from nn2gltf.sources.torch_tape import Tape, named_tensors
from nn2gltf.sources.torch_tensors import iterate_tensors, map_once

SEED = 20_240_229
TOLERANCE = {torch.float16: 1e-2, torch.bfloat16: 5e-2}
"""Largest difference that counts as rounding, of the output's largest magnitude; 1e-3 for wider types."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A replay against a plain forward.

    Attributes:
        difference: Largest difference, as a share of the output's largest magnitude.
    """

    equal: bool
    outputs: int
    difference: float


def freshen(item: Any) -> Any:
    """Other numbers of the same shapes and types: normal ones, and indices within the range of those given."""
    generator = torch.Generator().manual_seed(SEED)

    def fresh(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.is_floating_point() or tensor.is_complex():
            wide = torch.complex64 if tensor.is_complex() else torch.float32
            return torch.randn(tensor.shape, generator=generator, dtype=wide).to(tensor)
        if tensor.dtype is torch.bool or not tensor.numel():
            return tensor
        low, high = min(int(tensor.min()), 0), max(int(tensor.max()), 0)
        return torch.randint(low, high + 1, tensor.shape, generator=generator).to(tensor)

    return map_once(fresh, item)


def run_plain(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[torch.Tensor]:
    """Tensors that the model itself returns, unwatched."""
    args, kwargs = map_once(torch.clone, (args, dict(kwargs)))
    with quiet(model):
        torch.manual_seed(SEED)
        return list(iterate_tensors(model(*args, **kwargs)))


def run_program(
    model: nn.Module, tape: Tape, program: Program, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> list[torch.Tensor | None]:
    """Tensors that the captured ops give for the same results; None where the run did not make one."""
    args, kwargs = map_once(torch.clone, (args, dict(kwargs)))
    kept = {origin for origin in program.results if origin is not None}
    last = {o: step for step, call in enumerate(program.instructions) for o in references_in(call.args)}
    values: dict[Origin, torch.Tensor] = {}
    with quiet(model):
        torch.manual_seed(SEED)
        values.update(_sources(model, tape, program, (args, kwargs)))
        for step, call in enumerate(program.instructions):
            positional, named = resolve_references(call.args, values.__getitem__)
            result = call.function(*positional, **named)
            given, made = list(iterate_tensors((positional, named))), list(iterate_tensors(result))
            for output, (is_argument, place) in enumerate(call.outputs):
                values[call.index, output] = (given if is_argument else made)[place]
            for origin in references_in(call.args):
                if last[origin] == step and origin not in kept:
                    values.pop(origin, None)
    return [None if origin is None else values[origin] for origin in program.results]


def _sources(model: nn.Module, tape: Tape, program: Program, given: Any) -> dict[Origin, torch.Tensor]:
    """Inputs, parameters and constants by their ops."""
    parameters = dict(named_tensors(model))
    unique = list({id(tensor): tensor for tensor in iterate_tensors(given)}.values())
    inputs = [op.index for op in tape.ops if op.kind == "input"]
    values: dict[Origin, torch.Tensor] = {(i, 0): t for i, t in zip(inputs, unique, strict=True)}
    values |= {(op.index, 0): parameters[op.name] for op in tape.ops if op.kind == "parameter"}
    return values | {origin: tensor.clone() for origin, tensor in program.constants.items()}


def compare(replayed: list[torch.Tensor | None], plain: list[torch.Tensor]) -> Comparison:
    """Whether every output is the model's own, up to rounding."""
    pairs = [(a, b) for a, b in zip(replayed, plain, strict=False) if a is not None]
    largest, equal = 0.0, len(replayed) == len(plain) and bool(pairs)
    for ours, theirs in pairs:
        difference = _difference(ours, theirs)
        largest = max(largest, difference)
        equal = equal and difference <= TOLERANCE.get(theirs.dtype, 1e-3)
    return Comparison(equal=equal, outputs=len(pairs), difference=largest)


def _difference(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """Largest difference as a share of the largest magnitude, infinite between different shapes or where one is NaN."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return math.inf
    if ours.is_quantized:
        ours, theirs = ours.dequantize(), theirs.dequantize()
    wide = torch.complex128 if ours.is_complex() else torch.float64
    a, b = ours.detach().to(wide), theirs.detach().to(wide)
    same = (a == b) | (a.isnan() & b.isnan())
    gap = (a - b).abs().masked_fill(same, 0.0)
    size = b.abs().nan_to_num(0.0, 0.0, 0.0)
    found = float(gap.max() / size.max().clamp(min=1e-12)) if gap.numel() and bool(gap.any()) else 0.0
    return math.inf if math.isnan(found) else found
