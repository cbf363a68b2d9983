"""Running a user's model in the middle of its training without the training noticing."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn


def unwrap_model(model: nn.Module) -> nn.Module:
    """The module inside torch.compile, DataParallel and DistributedDataParallel, however nested."""
    from torch.nn.parallel import DataParallel, DistributedDataParallel

    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and isinstance(model, DataParallel | DistributedDataParallel):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


@contextlib.contextmanager
def undisturbed(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, no gradients, eager; afterwards modes, buffers and every random state are as before.

    Args:
        model: Unwrapped; each submodule's own training flag is restored, not only the root's.
    """
    flags = [(module, module.training) for module in model.modules()]
    restore = [_keep_sharded(model), _keep_buffers(model), *_keep_random_states()]
    try:
        for module, _ in flags:
            module.training = False
        with torch.no_grad(), _eagerly(), _uncached_casts():
            yield
    finally:
        for module, training in flags:
            module.training = training
        for put_back in restore:
            put_back()


def _keep_sharded(model: nn.Module) -> Callable[[], None]:
    """Parts that ``fully_shard`` had sharded are sharded again: after a forward alone, they would not be."""
    sharded: list[Any] = [
        module
        for module in model.modules()
        if hasattr(module, "reshard") and any(hasattr(p, "full_tensor") for p in module.parameters())
    ]

    def put_back() -> None:
        for module in sharded:
            module.reshard()

    return put_back


def _keep_buffers(model: nn.Module) -> Callable[[], None]:
    kept = [
        (module, name, buffer, None if buffer.is_meta else buffer.detach().clone())
        for module in model.modules()
        for name, buffer in module.named_buffers(recurse=False)
    ]

    def put_back() -> None:
        for module, name, buffer, values in kept:
            module._buffers[name] = buffer  # noqa: SLF001  # a forward may have put another tensor there
            # Copied only when changed: a copy would invalidate a backward pass that is still to come.
            if values is not None and not torch.equal(buffer, values):
                with torch.no_grad():
                    buffer.copy_(values)

    return put_back


def _keep_random_states() -> Iterator[Callable[[], None]]:
    python, cpu = random.getstate(), torch.get_rng_state()
    yield lambda: random.setstate(python)
    yield lambda: torch.set_rng_state(cpu)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        cuda = torch.cuda.get_rng_state_all()
        yield lambda: torch.cuda.set_rng_state_all(cuda)
    if "numpy" in sys.modules:
        import numpy as np

        # The global generator, old as it is, is what data augmentation draws from.
        legacy: Any = np.random.get_state()
        yield lambda: np.random.set_state(legacy)


def _eagerly() -> contextlib.AbstractContextManager[Any]:
    """Compiled parts run eagerly; importing dynamo costs a second, so only when it is loaded already."""
    if "torch._dynamo" not in sys.modules:
        return contextlib.nullcontext()
    stance: contextlib.AbstractContextManager[Any] = torch.compiler.set_stance("force_eager")
    return stance


@contextlib.contextmanager
def _uncached_casts() -> Iterator[None]:
    """Inside a person's autocast, cast without its cache: weights cast here would have no gradient later."""
    with contextlib.ExitStack() as stack:
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                dtype = torch.get_autocast_dtype(device)
                stack.enter_context(torch.autocast(device, dtype=dtype, cache_enabled=False))
        yield
