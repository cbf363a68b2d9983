"""Tracing without computing: parameters become fake tensors for the run and are always put back."""

from __future__ import annotations

import contextlib
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from nn2gltf.sources.torch_tensors import map_tensors

DEEPEST, MOST_ITEMS = 2, 1000
"""Of the containers that are looked into."""
TORCH_OWN = frozenset(name for name in nn.Module().__dict__ if name.startswith("_"))
"""Attributes of every module: its parameters, buffers, children and hooks."""
_LOG = logging.getLogger("torch._subclasses.fake_tensor")


@contextlib.contextmanager
def fake_parameters(model: nn.Module) -> Iterator[tuple[FakeTensorMode, Any]]:
    """Swap parameters, buffers and tensor attributes for fake ones.

    Yields:
        The mode to run under, and a function that makes a tensor fake.

    Whatever the run caches on a module that holds a fake tensor is removed again, also inside its dicts and lists.
    """
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    memo: dict[int, tuple[Any, Any]] = {}

    def convert(tensor: torch.Tensor) -> Any:
        if id(tensor) not in memo:
            memo[id(tensor)] = (_fake(mode, tensor), tensor)
        return memo[id(tensor)][0]

    modules = [m for m in model.modules() if not isinstance(m, torch.jit.ScriptModule)]
    saved = [(m, dict(m.__dict__), dict(m._parameters), dict(m._buffers)) for m in modules]  # noqa: SLF001
    inside = [kept for m in modules for kept in _containers(m.__dict__, depth=0)]
    level = _LOG.level
    try:
        _LOG.setLevel(logging.CRITICAL)
        for module, attributes, _, _ in saved:
            _swap(module, attributes, convert)
        yield mode, convert
    finally:
        _LOG.setLevel(level)
        for module, attributes, parameters, buffers in saved:
            _restore(module, attributes, parameters, buffers)
        for container, before in inside:
            _refill(container, before)


def _fake(mode: FakeTensorMode, tensor: torch.Tensor) -> Any:
    """A fake twin; a plain strided tensor converts faster by hand than through the mode's own converter."""
    if isinstance(tensor, FakeTensor):
        return tensor
    plain = type(tensor) in (torch.Tensor, nn.Parameter) and tensor.layout is torch.strided
    if plain and not tensor.is_quantized:
        device = torch.device("cpu") if tensor.is_meta else tensor.device
        twin = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")
        return FakeTensor(mode, twin, device)
    return mode.from_tensor(tensor.detach(), static_shapes=True)


def _swap(module: nn.Module, attributes: dict[str, Any], convert: Any) -> None:
    for table in (module._parameters, module._buffers):  # noqa: SLF001
        for name, tensor in table.items():
            if tensor is not None:
                table[name] = convert(tensor)
    for name, value in attributes.items():
        # lists too: recurrent layers keep their weights in one
        if isinstance(value, torch.Tensor) or (
            isinstance(value, list | tuple) and any(isinstance(item, torch.Tensor) for item in value)
        ):
            module.__dict__[name] = map_tensors(convert, value)


def _restore(
    module: nn.Module, attributes: dict[str, Any], parameters: dict[str, Any], buffers: dict[str, Any]
) -> None:
    for name, value in list(module.__dict__.items()):
        if name in ("_parameters", "_buffers", "_modules") or not _has_fake(value):
            continue
        if name in attributes:
            module.__dict__[name] = attributes[name]
        else:
            del module.__dict__[name]
    for table, before in ((module._parameters, parameters), (module._buffers, buffers)):  # noqa: SLF001
        for name in [n for n in table if n not in before and _has_fake(table[n])]:
            del table[name]
        table.update(before)


def _containers(table: Mapping[Any, Any], *, depth: int) -> Iterator[tuple[Any, Any]]:
    """Plain dicts and lists that a forward may keep tensors in, each with a copy of what it holds."""
    for name, value in table.items():
        if depth == 0 and name in TORCH_OWN:
            continue
        if type(value) in (dict, list, OrderedDict, defaultdict):
            yield value, value.copy()
            nested = value if isinstance(value, dict) else dict(enumerate(value[:MOST_ITEMS]))
            if depth < DEEPEST and len(nested) <= MOST_ITEMS:
                yield from _containers(nested, depth=depth + 1)


def _refill(container: Any, before: Any) -> None:
    """Undo what a run wrote into a container, where it left fake tensors."""
    if not _has_fake(container):
        return
    if isinstance(container, list):
        container[:] = before
    else:
        container.clear()
        container.update(before)


def _has_fake(value: Any, depth: int = 0) -> bool:
    if isinstance(value, torch.Tensor):
        return isinstance(value, FakeTensor)
    if depth < 2 and isinstance(value, dict):
        return any(_has_fake(item, depth + 1) for item in value.values())
    if depth < 2 and isinstance(value, list | tuple):
        return any(_has_fake(item, depth + 1) for item in value)
    return False
