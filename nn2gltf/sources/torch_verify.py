"""Is a graph faithful? Two independent answers, each given only where it can be: a replay, and torch.export."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from torch import nn
from torch.nn.parameter import UninitializedParameter

from nn2gltf.errors import safe
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.json import JsonObject
from nn2gltf.ir.verification import Verification
from nn2gltf.sources.torch_parity import compare_edges, export_program
from nn2gltf.sources.torch_program import Program
from nn2gltf.sources.torch_quiet import quiet, unwrap
from nn2gltf.sources.torch_replay import Comparison, compare, freshen, run_plain, run_program
from nn2gltf.sources.torch_run import run_watched
from nn2gltf.sources.torch_tape import Tape

SHOWN = 5


def verify_torch(
    model: Any, graph: Graph, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
) -> Verification:
    """Check a traced graph against the model it came from.

    Args:
        graph: What :func:`~nn2gltf.sources.torch_trace.trace_torch` gave for the same arguments.
        args, kwargs: Real tensors; their values matter only where control flow depends on them.
    """
    module, named = unwrap(model), kwargs or {}
    if any(isinstance(p, UninitializedParameter) for p in module.parameters()):
        module = copy.deepcopy(module)
    return Verification(replay=_replay(module, args, named), export=_export(module, graph, args, named))


def _replay(module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> JsonObject:
    if any(p.is_meta for p in module.parameters()):
        return {"result": "not run", "reason": "the model has no numbers to compute with"}
    program = Program()
    with quiet(module):
        run = run_watched(module, args, kwargs, partial=True, program=program)
    if run.failure is not None:
        return {"result": "not run", "reason": _reason(run.failure.error)}
    if program.obstacle:
        return {"result": "not run", "reason": program.obstacle}
    found: JsonObject = {"ops": len(program.instructions)}
    fresh = _compared(module, run.tape, program, *freshen((args, dict(kwargs))))
    if isinstance(fresh, Comparison) and fresh.equal:
        return {**found, **_facts(fresh, "fresh")}
    given = _compared(module, run.tape, program, args, dict(kwargs))
    if isinstance(given, str):
        return {**found, "result": "not run", "reason": given}
    why = (
        fresh
        if isinstance(fresh, str)
        else "other inputs take another path, or numbers pass outside the graph"
    )
    return {**found, **_facts(given, "given"), "reason": why}


def _compared(
    module: nn.Module, tape: Tape, program: Program, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Comparison | str:
    """A comparison, or why there is none."""
    try:
        plain = run_plain(module, args, kwargs)
    except Exception as error:  # the model does not take these numbers
        return f"the model did not run on other inputs: {_reason(error)}"
    try:
        return compare(run_program(module, tape, program, args, kwargs), plain)
    except Exception as error:  # an op that depends on more than its arguments
        return f"the ops did not run again: {_reason(error)}"


def _facts(comparison: Comparison, inputs: str) -> JsonObject:
    return {
        "result": "equal" if comparison.equal else "differs",
        "inputs": inputs,
        "outputs": comparison.outputs,
        "difference": float(f"{min(comparison.difference, 1e30):.3g}"),
    }


def _export(module: nn.Module, graph: Graph, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> JsonObject:
    try:
        program = export_program(module, args, kwargs)
    except Exception as error:  # torch.export takes some models only
        return {"result": "not run", "reason": f"torch.export: {_reason(error)}"}
    parity = compare_edges(module, graph, program)
    facts: JsonObject = {
        "result": "differs" if parity.missing or parity.extra else "equal",
        "pairs": parity.common,
    }
    for name, pairs in (("missing", parity.missing), ("extra", parity.extra)):
        if pairs:
            facts[name] = [safe(f"{source} -> {target}") for source, target in pairs[:SHOWN]]
    return facts


def _reason(error: BaseException) -> str:
    return safe(" ".join(f"{type(error).__name__}: {error}".split()), limit=160).rstrip(".")
