"""Source: a live ``nn.Module`` becomes a graph, or a recorded forward pass.

Attempts, each named in the graph's report: fake tensors for heavy models, real tensors otherwise, a partial graph up to
the failing module, and the module tree alone when nothing runs (TRACING.md, Recommended design).
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedParameter

from nn2gltf.errors import TraceError, safe
from nn2gltf.ir.graph import Graph, Layer, Scope
from nn2gltf.ir.protocols import CapturedRun
from nn2gltf.sources.torch_fake import fake_parameters
from nn2gltf.sources.torch_layers import LayerBuilder, describe_parameters
from nn2gltf.sources.torch_ops import module_kind, module_settings
from nn2gltf.sources.torch_quiet import quiet, unwrap
from nn2gltf.sources.torch_run import Run, run_watched
from nn2gltf.sources.torch_tensors import map_tensors


@dataclass(frozen=True, kw_only=True)
class TraceOptions:
    """Options of :func:`trace_torch`.

    Attributes:
        heavy_parameters: From so many parameters on, fake tensors are tried first.
        partial: Give what ran before a failure instead of raising.
    """

    heavy_parameters: int = 50_000_000
    partial: bool = True


def capture_torch(
    model: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None, *, values: bool = True
) -> CapturedRun:
    """Run a model once on real tensors: its graph and, with ``values``, every layer's first output.

    Args:
        model: An ``nn.Module``; compiled and data-parallel wrappers are looked through.
        args: Positional arguments of its forward.

    Raises:
        TraceError: The forward raised; the module is named. Or parameters are still without a shape.
    """
    module = _module(model)
    if _is_lazy(module):
        raise TraceError(
            "the model has lazy modules without weights yet",
            where=type(module).__name__,
            hint="Run it once on a sample before recording.",
        )
    with quiet(module):
        run = run_watched(module, args, kwargs or {}, keep_values=values, partial=True)
    if run.failure is not None:
        raise _failed(run)
    builder = LayerBuilder(module, run.tape, _input_names(module))
    graph = builder.build(type(module).__name__, ("Traced with real tensors.",))
    return CapturedRun(graph=graph, values=builder.values() if values else {})


def trace_torch(
    model: Any,
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    options: TraceOptions | None = None,
) -> Graph:
    """Trace a model's layers without keeping values.

    Args:
        model: An ``nn.Module``; compiled and data-parallel wrappers are looked through.
        args: Positional arguments of its forward, real or meta tensors.

    Returns:
        The graph; its report says how it was traced and what is missing.

    Raises:
        TraceError: The forward raised and ``options.partial`` is off.

    >>> graph = trace_torch(nn.Sequential(nn.Linear(4, 2), nn.ReLU()), (torch.zeros(1, 4),))
    >>> [layer.id for layer in graph.layers]
    ['input', '0', '1']
    """
    module, named, chosen = _module(model), kwargs or {}, options or TraceOptions()
    if _is_lazy(module):
        module = copy.deepcopy(module)
    notes: list[str] = []
    if _is_heavy(module, args, chosen):
        graph = _trace_fake(module, args, named, notes)
        if graph is not None:
            return graph
    return _trace_real(module, args, named, notes, chosen)


def _module(model: Any) -> nn.Module:
    module = unwrap(model)
    if not isinstance(module, nn.Module):
        raise TraceError(f"a {type(module).__name__} is no torch.nn.Module", hint="Give the module itself.")
    return module


def _is_lazy(module: nn.Module) -> bool:
    return any(isinstance(p, UninitializedParameter) for p in module.parameters())


def _is_heavy(module: nn.Module, args: tuple[Any, ...], options: TraceOptions) -> bool:
    tensors = [p for p in module.parameters() if not isinstance(p, UninitializedParameter)]
    given = [a for a in args if isinstance(a, torch.Tensor)]
    return (
        any(t.is_meta for t in (*tensors, *given))
        or sum(t.numel() for t in tensors) > options.heavy_parameters
    )


def _trace_fake(
    module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], notes: list[str]
) -> Graph | None:
    try:
        with quiet(module), fake_parameters(module) as (mode, convert), mode:
            run = run_watched(module, map_tensors(convert, args), map_tensors(convert, dict(kwargs)))
            builder = LayerBuilder(module, run.tape, _input_names(module))
            return builder.build(type(module).__name__, ("Traced with fake tensors: nothing was computed.",))
    except Exception as error:  # any failure of a user's forward means: try real tensors
        notes.append(f"Fake tensors did not run: {_one_line(error)}.")
        return None


def _trace_real(
    module: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    notes: list[str],
    options: TraceOptions,
) -> Graph:
    with quiet(module):
        run = run_watched(module, args, kwargs, partial=True)
    if run.failure is None:
        notes.append("Traced with real tensors.")
        return LayerBuilder(module, run.tape, _input_names(module)).build(type(module).__name__, tuple(notes))
    if not options.partial:
        raise _failed(run)
    where = run.failure.path or type(module).__name__
    notes.append(f"The forward stopped in {safe(where)}: {_one_line(run.failure.error)}.")
    if any(op.kind == "op" for op in run.tape.ops):
        notes.append("The graph shows what ran before.")
        return LayerBuilder(module, run.tape, _input_names(module)).build(type(module).__name__, tuple(notes))
    notes.append("The module tree is shown without edges.")
    return module_tree(module, tuple(notes))


def module_tree(module: nn.Module, report: tuple[str, ...]) -> Graph:
    """Leaf modules as layers, in registration order, without edges or shapes."""
    described = describe_parameters(module)
    layers, scopes = [], []
    for path, part in module.named_modules():
        if next(part.children(), None) is not None or not path:
            scopes.append(
                Scope(path=path, type=type(part).__name__, parent=path.rpartition(".")[0] if path else None)
            )
            if path or next(part.children(), None) is not None:
                continue
        names = [
            f"{path}.{n}" if path else n
            for n, _ in (*part.named_parameters(recurse=False), *part.named_buffers(recurse=False))
        ]
        layers.append(
            Layer(
                id=path or type(part).__name__.lower(),
                op=type(part).__name__,
                kind=module_kind(part),
                scope=path.rpartition(".")[0],
                parameters=tuple(described[n] for n in names if n in described),
                attributes=module_settings(part),
            )
        )
    return Graph(
        name=type(module).__name__, layers=tuple(layers), edges=(), scopes=tuple(scopes), report=report
    ).check()


def _failed(run: Run) -> TraceError:
    assert run.failure is not None
    where = f"{run.failure.path or 'the model'} ({run.failure.type})"
    hint = "Pass an input that the model's forward accepts, for example --input 1x3x224x224 or sample=x."
    return TraceError(f"the forward raised {_one_line(run.failure.error)}", where=where, hint=hint)


def _one_line(error: BaseException) -> str:
    return safe(" ".join(f"{type(error).__name__}: {error}".split()), limit=200).rstrip(".")


def _input_names(module: nn.Module) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(module.forward).parameters)
    except (TypeError, ValueError):
        return ()
