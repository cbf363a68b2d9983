"""Tracing without computing: parameters become fake tensors for the run and are always put back."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from nn2gltf.sources.torch_tensors import map_tensors

_LOG = logging.getLogger("torch._subclasses.fake_tensor")


@contextlib.contextmanager
def fake_parameters(model: nn.Module) -> Iterator[tuple[FakeTensorMode, Any]]:
    """Swap parameters, buffers and tensor attributes for fake ones.

    Yields:
        The mode to run under, and a function that makes a tensor fake.

    Whatever the run caches on a module that holds a fake tensor is removed again.
    """
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    memo: dict[int, tuple[Any, Any]] = {}

    def convert(tensor: torch.Tensor) -> Any:
        if id(tensor) not in memo:
            memo[id(tensor)] = (_fake(mode, tensor), tensor)
        return memo[id(tensor)][0]

    modules = [m for m in model.modules() if not isinstance(m, torch.jit.ScriptModule)]
    saved = [(m, dict(m.__dict__), dict(m._parameters), dict(m._buffers)) for m in modules]  # noqa: SLF001
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


def _has_fake(value: Any, depth: int = 0) -> bool:
    if isinstance(value, torch.Tensor):
        return isinstance(value, FakeTensor)
    if depth < 2 and isinstance(value, dict):
        return any(_has_fake(item, depth + 1) for item in value.values())
    if depth < 2 and isinstance(value, list | tuple):
        return any(_has_fake(item, depth + 1) for item in value)
    return False
