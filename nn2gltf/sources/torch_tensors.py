"""Tensors inside arguments and results: lists, dicts, dataclasses; and what they look like."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from nn2gltf.ir.graph import TensorSpec


def iterate_tensors(item: Any) -> Iterator[torch.Tensor]:
    """All tensors in nested lists, tuples, sets, mappings and dataclasses, in order."""
    if isinstance(item, torch.Tensor):
        yield item
    elif isinstance(item, Mapping):
        for value in item.values():
            yield from iterate_tensors(value)
    elif isinstance(item, list | tuple | set | frozenset):
        for value in item:
            yield from iterate_tensors(value)
    elif dataclasses.is_dataclass(item) and not isinstance(item, type):
        for field in dataclasses.fields(item):
            yield from iterate_tensors(getattr(item, field.name, None))


def map_tensors(function: Callable[[torch.Tensor], Any], item: Any) -> Any:
    """The same nest with every tensor replaced."""
    if isinstance(item, torch.Tensor):
        return function(item)
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


def tensor_spec(tensor: torch.Tensor) -> TensorSpec:
    """Shape and element type."""
    return TensorSpec(
        shape=tuple(int(n) for n in tensor.shape), dtype=str(tensor.dtype).removeprefix("torch.")
    )
