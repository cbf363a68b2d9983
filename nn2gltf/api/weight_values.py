"""What a file of weights alone shows: the weights themselves, a step for each checkpoint of a run.

Tensors are read one by one and reduced to their pictures at once, so that a file may be larger than memory.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nn2gltf.api.checkpoints import read_epochs, stated_epoch, step_metrics
from nn2gltf.errors import UsageError, listed, safe
from nn2gltf.ir.graph import Graph, Parameter
from nn2gltf.ir.json import Json
from nn2gltf.ir.recording import FloatArray, MemoryValues, Probe, Recording, Step
from nn2gltf.ir.tensor_picture import draw_tensor, picture_of
from nn2gltf.sources.saved_model import SavedModel
from nn2gltf.sources.tensor_graph import graph_of_tensors, own_tensors

MOST_NUMBERS = 2_000_000_000
"""Numbers of all files that are read: some 8 GB of float32, a minute."""
LARGEST_TENSOR = 300_000_000
"""Numbers of a tensor that is read: it is in memory as a whole, twice where its type must be changed."""
MOST_DRAWN = 100_000_000
"""Numbers of all pictures of all steps: they are sent from one process to another."""
FLOATS = frozenset({"float64", "float32", "float16", "bfloat16"})
ALONE = "The weights themselves are shown: nobody ran the model."


@dataclass(frozen=True, kw_only=True)
class _Found:
    """Pictures by name of the tensor, step by step, and sentences on what was left out."""

    steps: tuple[Mapping[str, FloatArray], ...]
    reductions: tuple[str, ...]


def record_weights(models: Sequence[SavedModel], paths: Sequence[str], *, epochs: str = "auto") -> Recording:
    """A recording whose layers are tensors, one step for each file.

    Args:
        models: Files without code, of one model.
        paths: Theirs, in the order of the steps.
        epochs: Where epochs come from, as :func:`nn2gltf.api.checkpoints.read_epochs`.

    Raises:
        UsageError: The files are not of one model.
    """
    graph = models[0].graph
    for model, path in zip(models[1:], paths[1:], strict=True):
        _check_alike(graph, model.graph, path)
    found = _read(models)
    facts = [model.facts for model in models]
    steps, notes = _steps(facts, paths, epochs)
    tensors = graph_of_tensors(graph, found.steps[0].keys())
    meta: dict[str, Json] = {
        "weights": "given",
        "source": models[0].kind if len(models) == 1 else "checkpoints",
    }
    name = graph.name if len(paths) == 1 else Path(paths[0]).absolute().parent.name or graph.name
    return Recording(
        graph=replace(tensors, name=name, report=(*tensors.report, ALONE, *notes)),
        steps=steps,
        probes=(Probe(name="weights"),),
        values=MemoryValues(activations=found.steps),
        recorded=frozenset(found.steps[0]),
        reductions={"": " ".join(found.reductions)} if found.reductions else {},
        meta=meta,
    ).check()


def too_large(models: Sequence[SavedModel]) -> str:
    """Why so many files are not read, empty where they are."""
    tensors = [parameter for model in models for _, parameter in own_tensors(model.graph)]
    if (count := sum(parameter.count for parameter in tensors)) > MOST_NUMBERS:
        return f"{count:,} numbers are more than the {MOST_NUMBERS:,} that are read"
    if (texels := sum(picture_of(p.shape).texels for p in tensors if _is_drawn(p))) > MOST_DRAWN:
        return f"{texels:,} texels are more than the {MOST_DRAWN:,} that are drawn"
    return ""


def _is_drawn(parameter: Parameter) -> bool:
    return parameter.dtype in FLOATS and 0 < parameter.count <= LARGEST_TENSOR


def _check_alike(first: Graph, other: Graph, path: str) -> None:
    shapes, theirs = ({p.name: p.shape for _, p in own_tensors(graph)} for graph in (first, other))
    odd = sorted(name for name in shapes.keys() | theirs.keys() if shapes.get(name) != theirs.get(name))
    if odd:
        what = f"it is no checkpoint of the same model: {safe(odd[0], limit=80)} differs"
        raise UsageError(what, where=path, hint="Give checkpoints of one run alone.")


def _read(models: Sequence[SavedModel]) -> _Found:
    wanted = {p.name: p for _, p in own_tensors(models[0].graph)}
    drawn = {name: p for name, p in wanted.items() if _is_drawn(p)}
    pictures_of = {name: picture_of(p.shape) for name, p in drawn.items()}
    steps: list[dict[str, FloatArray]] = []
    for model in models:
        pictures: dict[str, FloatArray] = {}
        for name, parameter in drawn.items():
            array = model.read(name)
            if array is not None and array.shape == parameter.shape:
                pictures[name] = draw_tensor(array, pictures_of[name])
        steps.append(pictures)
    kept = [name for name in drawn if all(name in step for step in steps)]
    notes = _left_out(wanted, drawn, kept)
    return _Found(steps=tuple({name: step[name] for name in kept} for step in steps), reductions=notes)


def _left_out(
    wanted: Mapping[str, Parameter], drawn: Mapping[str, Parameter], kept: Sequence[str]
) -> tuple[str, ...]:
    """Sentences on tensors without a picture, and on those that are reduced."""
    notes: list[str] = []
    pools = [picture.pool for name in kept if (picture := picture_of(drawn[name].shape)).pooled]
    if pools:
        rows, columns = max(pools, key=math.prod)
        count = len(pools)
        notes.append(
            f"{count} large {'tensor is' if count == 1 else 'tensors are'} drawn reduced: a texel is the number "
            f"furthest from zero of up to {rows} × {columns}."
        )
    large = [n for n, p in wanted.items() if p.dtype in FLOATS and p.count > LARGEST_TENSOR]
    other = [n for n in wanted if n not in drawn and n not in large]
    lost = [n for n in drawn if n not in set(kept)]
    if large:
        notes.append(f"{_named(large)}: more than {LARGEST_TENSOR:,} numbers, not drawn.")
    if other:
        notes.append(f"{_named(other)}: not floating-point numbers, not drawn.")
    if lost:
        notes.append(f"{_named(lost)}: could not be read as plain numbers, not drawn.")
    return tuple(notes)


def _named(names: Sequence[str]) -> str:
    """``num_batches_tracked (20)``: counted by the last part of the name."""
    ends = Counter(name.rpartition(".")[2] for name in names)
    return listed(
        [f"{safe(end, limit=60)} ({n})" if n > 1 else safe(end, limit=60) for end, n in ends.items()]
    )


def _steps(
    facts: Sequence[Mapping[str, Json]], paths: Sequence[str], source: str
) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    if len(facts) == 1:
        return (Step(epoch=stated_epoch(facts[0])),), ()
    epochs, note = read_epochs([Path(path).stem for path in paths], facts, source=source)
    steps = [Step(epoch=epoch, metrics=step_metrics(fact)) for epoch, fact in zip(epochs, facts, strict=True)]
    return tuple(steps), (note,)
