"""Tensors inside arguments and results: lists, dicts, dataclasses; and what they look like."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from nn2gltf.ir.graph import TensorSpec

_LEAVES = frozenset({int, float, bool, str, bytes, type(None), torch.dtype, torch.device, torch.layout})
"""Types of most arguments; telling them apart first is what most of this module's time goes into."""


def iterate_tensors(item: Any) -> Iterator[torch.Tensor]:
    """All tensors in nested lists, tuples, sets, mappings and dataclasses, in order."""
    found: list[torch.Tensor] = []
    _collect(item, found)
    return iter(found)


def _collect(item: Any, found: list[torch.Tensor]) -> None:
    if type(item) in _LEAVES:
        return
    if isinstance(item, torch.Tensor):
        found.append(item)
    elif isinstance(item, (list, tuple, set, frozenset)):  # a union is slower
        for value in item:
            _collect(value, found)
    elif isinstance(item, Mapping):
        for value in item.values():
            _collect(value, found)
    elif dataclasses.is_dataclass(item) and not isinstance(item, type):
        for field in dataclasses.fields(item):
            _collect(getattr(item, field.name, None), found)


def map_tensors(function: Callable[[torch.Tensor], Any], item: Any) -> Any:
    """The same nest with every tensor replaced."""
    if type(item) in _LEAVES or isinstance(item, torch.Tensor):
        return function(item) if isinstance(item, torch.Tensor) else item
    if isinstance(item, dict):
        return type(item)((key, map_tensors(function, value)) for key, value in item.items())
    if isinstance(item, tuple) and hasattr(item, "_fields"):
        return type(item)(*[map_tensors(function, value) for value in item])
    if isinstance(item, list | tuple):
        return type(item)([map_tensors(function, value) for value in item])
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        fields = [field.name for field in dataclasses.fields(item) if field.init]
        return dataclasses.replace(
            item, **{name: map_tensors(function, getattr(item, name)) for name in fields}
        )
    return item


def map_once(function: Callable[[torch.Tensor], torch.Tensor], item: Any) -> Any:
    """As :func:`map_tensors`, and a tensor that occurs twice is replaced by one and the same."""
    made: dict[int, torch.Tensor] = {}

    def replace_once(tensor: torch.Tensor) -> torch.Tensor:
        if id(tensor) not in made:
            made[id(tensor)] = function(tensor)
        return made[id(tensor)]

    return map_tensors(replace_once, item)


def tensor_spec(tensor: torch.Tensor) -> TensorSpec:
    """Shape and element type."""
    return TensorSpec(
        shape=tuple(int(n) for n in tensor.shape), dtype=str(tensor.dtype).removeprefix("torch.")
    )
