"""Running a user's model without leaving a trace: modes, random state, buffers and gradients come back."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn


def unwrap(model: Any) -> Any:
    """The module inside torch.compile, DataParallel and DistributedDataParallel wrappers."""
    while True:
        if hasattr(model, "_orig_mod"):
            model = model._orig_mod  # noqa: SLF001  # torch.compile's own attribute
        elif type(model).__name__ in ("DataParallel", "DistributedDataParallel") and hasattr(model, "module"):
            model = model.module
        else:
            return model


@contextlib.contextmanager
def quiet(model: nn.Module) -> Iterator[None]:
    """Eval mode, no gradients, eager; afterwards modes, random states and buffers are as they were."""
    modules = list(model.modules())
    flags = [(module, module.training) for module in modules]
    tables = [(module._buffers, dict(module._buffers)) for module in modules]  # noqa: SLF001  # its only home
    buffers = [(b, b._version, b.detach().clone()) for b in model.buffers() if not b.is_meta]  # noqa: SLF001
    try:
        with _random_states():
            for module, _ in flags:
                module.training = False
            with torch.no_grad(), _eager():
                yield
    finally:
        for module, training in flags:
            module.training = training
        for table, before in tables:
            if any(table.get(name) is not buffer for name, buffer in before.items()):
                table.update(before)
        with torch.no_grad():
            for buffer, version, before_run in buffers:
                if buffer._version != version:  # noqa: SLF001
                    buffer.copy_(before_run)


@contextlib.contextmanager
def _random_states() -> Iterator[None]:
    """Every random state that a forward may draw from comes back: torch's, Python's and NumPy's."""
    cpu, python = torch.get_rng_state(), random.getstate()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None  # type: ignore[no-untyped-call]
    numpy = sys.modules.get("numpy")
    drawn = numpy.random.get_state() if numpy is not None else None
    try:
        yield
    finally:
        torch.set_rng_state(cpu)
        random.setstate(python)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
        if numpy is not None and drawn is not None:
            numpy.random.set_state(drawn)


def _eager() -> contextlib.AbstractContextManager[Any]:
    """Compiled parts run eagerly; importing dynamo costs a second, so only when it is loaded already."""
    if "torch._dynamo" not in sys.modules:
        return contextlib.nullcontext()
    stance: contextlib.AbstractContextManager[Any] = torch.compiler.set_stance("force_eager")
    return stance
