"""One watched forward pass: module calls and torch functions go onto a tape."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from nn2gltf.sources.torch_arguments import name_inputs
from nn2gltf.sources.torch_ops import QUIET, changes_argument
from nn2gltf.sources.torch_program import Program
from nn2gltf.sources.torch_tape import Budget, Tape
from nn2gltf.sources.torch_tensors import iterate_tensors


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Where and why a forward pass stopped."""

    path: str
    type: str
    error: Exception


@dataclass(frozen=True, kw_only=True)
class Run:
    """A tape and, when the pass stopped early, why."""

    tape: Tape
    failure: Failure | None = None


def run_watched(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    keep_values: bool = False,
    partial: bool = False,
    budget: Budget | None = None,
    program: Program | None = None,
) -> Run:
    """Run ``model(*args, **kwargs)`` and tape it. Callers wrap it in :func:`quiet`.

    Args:
        keep_values: Keep copies of outputs on the tape.
        partial: Return what ran before an exception instead of raising it.
        budget: Most that the run may make and do.
        program: Gets every call, so that they can run again.

    Raises:
        OverBudgetError: It did more.
    """
    tape = Tape(model, keep_values=keep_values, budget=budget, program=program)
    for name, tensor in name_inputs(model, args, kwargs):
        tape.add_input(tensor, name)
    failures: list[Failure] = []
    try:
        with _watch_calls(tape, failures), _watch_vmap(tape), _FunctionWatch(tape):
            result = model(*args, **kwargs)
        tape.finish(result)
    except Exception as error:
        if not partial:
            raise
        first = Failure(path="", type=type(model).__name__, error=error)
        return Run(tape=tape, failure=failures[0] if failures else first)
    finally:
        tape.close()
    return Run(tape=tape)


def _record(tape: Tape, name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a function and tape it, with what it changed in place."""
    given = list(iterate_tensors((args, kwargs)))
    before = [_version(tensor) for tensor in given]
    result = function(*args, **kwargs)
    written = [t for t, old in zip(given, before, strict=True) if old is not None and _version(t) != old]
    if not written and None in before and changes_argument(name, kwargs):
        out = kwargs.get("out")
        written = [out] if isinstance(out, torch.Tensor) else given[:1]
    tape.record(name, args, kwargs, result, written, function)
    return result


def _version(tensor: torch.Tensor) -> int | None:
    """How often a tensor was changed in place; inference tensors do not count."""
    try:
        return tensor._version  # noqa: SLF001  # the documented name of the counter
    except RuntimeError:
        return None


class _FunctionWatch(TorchFunctionMode):
    """Sees every public torch function."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self._tape = tape

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = dict(kwargs or {})
        name = getattr(func, "__name__", str(func))
        if self._tape.muted or name in QUIET:
            return func(*args, **named)
        if name == "__get__":
            result = func(*args, **named)
            if isinstance(result, torch.Tensor):
                owner = getattr(func, "__self__", None)
                self._tape.record(getattr(owner, "__name__", "get"), args, {}, result, [], func)
            return result
        return _record(self._tape, name.partition(".")[0], func, args, named)


class _DispatchWatch(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own
    """Sees the operators inside TorchScript, which runs where torch functions are not."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._tape = tape

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = str(func._schema.name).rpartition("::")[2]  # noqa: SLF001  # an operator's only public name has an overload
        return _record(self._tape, name, func, args, dict(kwargs or {}))


@contextlib.contextmanager
def _watch_calls(tape: Tape, failures: list[Failure]) -> Iterator[None]:
    """Wrap ``nn.Module.__call__`` for the duration; other threads go through unseen."""
    original = nn.Module.__call__
    owner = threading.get_ident()

    def watched(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != owner:
            return original(module, *args, **kwargs)
        inner: nn.Module = getattr(module, "_orig_mod", module)
        call = tape.enter(inner)
        try:
            with _watch_script(tape, inner):
                result = original(inner, *args, **kwargs)
        except Exception as error:
            failures.append(Failure(path=call.path, type=type(inner).__name__, error=error))
            tape.abandon(call)
            raise
        tape.leave(call, result)
        return result

    nn.Module.__call__ = watched  # type: ignore[method-assign]
    try:
        yield
    finally:
        nn.Module.__call__ = original  # type: ignore[method-assign]


@contextlib.contextmanager
def _watch_script(tape: Tape, module: nn.Module) -> Iterator[None]:
    if not isinstance(module, torch.jit.ScriptModule):
        yield
        return
    tape.muted += 1
    try:
        with _DispatchWatch(tape):
            yield
    finally:
        tape.muted -= 1


@contextlib.contextmanager
def _watch_vmap(tape: Tape) -> Iterator[None]:
    """Carry marks across vmap's wrapping and unwrapping."""
    try:
        from torch._functorch import vmap
    except ImportError:
        yield
        return
    names = [name for name in ("_add_batch_dim", "_remove_batch_dim") if hasattr(vmap, name)]
    originals = {name: getattr(vmap, name) for name in names}

    def carrying(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(tensor: torch.Tensor, *rest: Any) -> Any:
            result = function(tensor, *rest)
            if result is not tensor and isinstance(result, torch.Tensor):
                tape.carry(tensor, result)
            return result

        return wrapped

    for name, function in originals.items():
        setattr(vmap, name, carrying(function))
    try:
        yield
    finally:
        for name, function in originals.items():
            setattr(vmap, name, function)
