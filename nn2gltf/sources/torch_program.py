"""What a tape needs so that its ops can run again: the functions, and where their tensors came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from nn2gltf.sources.torch_marks import Origin
from nn2gltf.sources.torch_tensors import iterate_tensors, map_tensors


@dataclass(frozen=True)
class Reference:
    """Stands for a tensor in stored arguments."""

    origin: Origin


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """One function call.

    Attributes:
        args: Positional and named arguments, tensors replaced by references.
        outputs: For each output of the op, whether it is an argument, and which tensor of the arguments or the result.
    """

    index: int
    function: Callable[..., Any]
    args: Any
    outputs: tuple[tuple[bool, int], ...]


@dataclass
class Program:
    """Everything that ran, in order.

    Attributes:
        obstacle: Why it cannot run again, empty if it can.
        constants: Tensors that nothing in the run made, by origin.
        results: Origin of every tensor that the model returned; None for one that the run did not make.
    """

    instructions: list[Instruction] = field(default_factory=list)
    constants: dict[Origin, torch.Tensor] = field(default_factory=dict)
    results: list[Origin | None] = field(default_factory=list)
    obstacle: str = ""

    def refer(self, args: Any, kwargs: Mapping[str, Any], origin_of: Callable[[torch.Tensor], Origin]) -> Any:
        """Arguments as they are stored."""
        return map_tensors(lambda tensor: Reference(origin_of(tensor)), (args, dict(kwargs)))

    def add(
        self,
        index: int,
        function: Callable[..., Any],
        stored: Any,
        given: Any,
        result: Any,
        made: list[torch.Tensor],
    ) -> None:
        """Add a call.

        Args:
            stored: What :meth:`refer` gave before the call's outputs were marked.
            given: The arguments themselves.
            made: The op's outputs.
        """
        arguments, results = list(iterate_tensors(given)), list(iterate_tensors(result))
        outputs = [
            (False, place)
            if (place := _place(tensor, results)) is not None
            else (True, _place(tensor, arguments) or 0)
            for tensor in made
        ]
        self.instructions.append(
            Instruction(index=index, function=function, args=stored, outputs=tuple(outputs))
        )


def _place(tensor: torch.Tensor, among: list[torch.Tensor]) -> int | None:
    return next((place for place, other in enumerate(among) if other is tensor), None)


def resolve_references(item: Any, look_up: Callable[[Origin], torch.Tensor]) -> Any:
    """Stored arguments with tensors in the places of references."""
    if isinstance(item, Reference):
        return look_up(item.origin)
    if isinstance(item, dict):
        return type(item)((key, resolve_references(value, look_up)) for key, value in item.items())
    if isinstance(item, tuple) and hasattr(item, "_fields"):
        return type(item)(*[resolve_references(value, look_up) for value in item])
    if isinstance(item, list | tuple):
        return type(item)([resolve_references(value, look_up) for value in item])
    return item


def references_in(item: Any) -> list[Origin]:
    """Origins that stored arguments name."""
    found: list[Origin] = []
    resolve_references(item, found.append)  # type: ignore[arg-type]
    return found
