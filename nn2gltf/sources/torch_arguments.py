"""Arguments of a forward: their names, and the tensors inside them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from nn2gltf.errors import safe
from nn2gltf.sources.torch_tensors import iterate_tensors


def name_inputs(
    model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[tuple[str, torch.Tensor]]:
    """Every tensor among the arguments by its argument's name: ``x``; ``images1``, ``images2`` of a list."""
    for name, value in [*_pair_names(model, args), *kwargs.items()]:
        tensors = list(iterate_tensors(value))
        for number, tensor in enumerate(tensors, 1):
            yield (name if len(tensors) == 1 else f"{name}{number}"), tensor


def _pair_names(model: nn.Module, args: tuple[Any, ...]) -> list[tuple[str, Any]]:
    positional: list[str] = []
    rest = "input"
    for parameter in _parameters(model):
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            positional.append(parameter.name)
        elif parameter.kind is parameter.VAR_POSITIONAL:
            rest = parameter.name
    extra = [f"{rest}{number}" for number in range(1, len(args) - len(positional) + 1)]
    return list(zip([*positional, *extra], args, strict=False))


def bind_positionally(model: nn.Module, given: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Named arguments as positional ones, defaults in between; None where the forward does not take them so."""
    names: list[str] = []
    values: list[Any] = []
    for parameter in _parameters(model):
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            break
        names.append(parameter.name)
        values.append(given.get(parameter.name, parameter.default))
    if not set(given) <= set(names):
        return None
    last = max((index for index, name in enumerate(names) if name in given), default=-1)
    bound = tuple(values[: last + 1])
    return None if any(value is inspect.Parameter.empty for value in bound) else bound


def accepts_names(model: nn.Module) -> frozenset[str]:
    """Names of the forward's arguments."""
    return frozenset(parameter.name for parameter in _parameters(model))


def describe_signature(model: nn.Module) -> str:
    """``(x, mask=None)`` for a message."""
    try:
        return safe(str(inspect.signature(model.forward)), limit=120)
    except (TypeError, ValueError):
        return "(...)"


def _parameters(model: nn.Module) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(model.forward).parameters.values())
    except (TypeError, ValueError):
        return []
