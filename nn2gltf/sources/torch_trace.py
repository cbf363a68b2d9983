"""Source: a live ``nn.Module`` becomes a graph, or a recorded forward pass.

Attempts, each named in the graph's report: fake tensors for heavy models and without data, real tensors otherwise and
where control flow depends on data, a partial graph up to the failing module, the module tree when nothing runs.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from torch import nn
from torch.nn.parameter import UninitializedParameter

from nn2gltf.errors import TraceError, safe
from nn2gltf.ir.graph import Graph, Layer, Scope
from nn2gltf.ir.protocols import CapturedRun
from nn2gltf.sources.torch_fake import fake_parameters
from nn2gltf.sources.torch_hints import suggest
from nn2gltf.sources.torch_inputs import example_shape
from nn2gltf.sources.torch_layers import LayerBuilder, describe_parameters, note_unread
from nn2gltf.sources.torch_ops import module_kind, module_settings
from nn2gltf.sources.torch_quiet import quiet, unwrap
from nn2gltf.sources.torch_run import Failure, Run, run_watched
from nn2gltf.sources.torch_tape import Budget, OverBudgetError, Tape
from nn2gltf.sources.torch_tensors import iterate_tensors, map_tensors

Way = Literal["fake", "metered", "real"]

WAYS: dict[Way, str] = {
    "fake": "Traced with fake tensors: nothing was computed.",
    "metered": "Traced with real tensors.",
    "real": "Traced with real tensors.",
}
"""How a graph was made, for its report."""


@dataclass(frozen=True, kw_only=True)
class TraceOptions:
    """Options of :func:`trace_torch`.

    Attributes:
        tensors: ``fake`` computes nothing, ``real`` computes everything; ``auto`` chooses.
        data: The arguments are somebody's data. Without data nothing is worth computing, so fake tensors go first.
        heavy_parameters: From so many parameters on, fake tensors are tried first.
        heavy_bytes, heavy_flops: A real run that makes more bytes of activations or does more operations than this
            is broken off, and fake tensors are tried.
        partial: Give what ran before a failure instead of raising.
    """

    tensors: Literal["auto", "fake", "real"] = "auto"
    data: bool = True
    heavy_parameters: int = 50_000_000
    heavy_bytes: int = 4 * 2**30
    heavy_flops: int = 10**12
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
        raise _failed(module, run)
    builder = LayerBuilder(module, run.tape)
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

    >>> import torch
    >>> graph = trace_torch(nn.Sequential(nn.Linear(4, 2), nn.ReLU()), (torch.zeros(1, 4),))
    >>> [layer.id for layer in graph.layers]
    ['input', '0', '1']
    """
    module, named, chosen = _module(model), kwargs or {}, options or TraceOptions()
    if _is_lazy(module):
        module = copy.deepcopy(module)
    notes: list[str] = []
    ways = _plan(module, (args, dict(named)), chosen)
    for way in ways:
        try:
            run, graph = _attempt(way, module, args, named, chosen)
        except OverBudgetError as stop:
            notes.append(f"Real tensors were broken off: {stop}.")
            continue
        if graph is not None:
            notes.append(WAYS[way])
            return replace(graph, report=(*notes, *graph.report))
        if way == "fake" and way != ways[-1]:
            notes.append(f"Fake tensors did not run: {_one_line(_failure(run).error)}.")
            continue
        break
    if not chosen.partial:
        raise _failed(module, run)
    return _partial(module, run, notes)


def _module(model: Any) -> nn.Module:
    module = unwrap(model)
    if not isinstance(module, nn.Module):
        raise TraceError(f"a {type(module).__name__} is no torch.nn.Module", hint="Give the module itself.")
    return module


def _is_lazy(module: nn.Module) -> bool:
    return any(isinstance(p, UninitializedParameter) for p in module.parameters())


def _plan(module: nn.Module, given: Any, options: TraceOptions) -> tuple[Way, ...]:
    """Attempts in order; a model without numbers cannot be computed."""
    tensors = [p for p in module.parameters() if not isinstance(p, UninitializedParameter)]
    if any(t.is_meta for t in (*tensors, *iterate_tensors(given))):
        return ("fake",)
    if options.tensors != "auto":
        return (options.tensors,)
    if not options.data or sum(t.numel() for t in tensors) > options.heavy_parameters:
        return ("fake", "real")
    return ("metered", "fake", "real")


def _attempt(
    way: Way, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], options: TraceOptions
) -> tuple[Run, Graph | None]:
    """Run once; the graph, or a run that says why there is none.

    Raises:
        OverBudgetError: A metered run grew too large.
    """
    budget = Budget(bytes=options.heavy_bytes, flops=options.heavy_flops) if way == "metered" else None
    with quiet(module):
        if way != "fake":
            return _run(module, args, kwargs, budget)
        try:
            with fake_parameters(module) as (mode, convert), mode:
                return _run(module, map_tensors(convert, args), map_tensors(convert, dict(kwargs)), None)
        except Exception as error:  # a tensor of a kind that cannot be faked
            failure = Failure(path="", type=type(module).__name__, error=error)
            return Run(tape=Tape(module), failure=failure), None


def _run(
    module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], budget: Budget | None
) -> tuple[Run, Graph | None]:
    run = run_watched(module, args, kwargs, partial=True, budget=budget)
    if run.failure is not None:
        return run, None
    return run, LayerBuilder(module, run.tape).build(type(module).__name__, ())


def _partial(module: nn.Module, run: Run, notes: list[str]) -> Graph:
    """What ran before the failure, or the module tree when nothing did."""
    failure = _failure(run)
    where = failure.path or type(module).__name__
    notes.append(f"The forward stopped in {safe(where)} ({failure.type}): {_one_line(failure.error)}.")
    notes.append(suggest(failure.error, example_shape(module)))
    if any(op.kind == "op" for op in run.tape.ops):
        notes.append("The graph shows what ran before.")
        return LayerBuilder(module, run.tape).build(type(module).__name__, tuple(notes))
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
    shown = {p.shared_with or p.name for layer in layers for p in layer.parameters}
    left_out = note_unread([p for p in described.values() if (p.shared_with or p.name) not in shown])
    report = (*report, *left_out)
    return Graph(
        name=type(module).__name__, layers=tuple(layers), edges=(), scopes=tuple(scopes), report=report
    ).check()


def _failure(run: Run) -> Failure:
    assert run.failure is not None
    return run.failure


def _failed(module: nn.Module, run: Run) -> TraceError:
    failure = _failure(run)
    where = f"{failure.path or 'the model'} ({failure.type})"
    hint = suggest(failure.error, example_shape(module))
    return TraceError(f"the forward raised {_one_line(failure.error)}", where=where, hint=hint)


def _one_line(error: BaseException) -> str:
    return safe(" ".join(f"{type(error).__name__}: {error}".split()), limit=200).rstrip(".")
