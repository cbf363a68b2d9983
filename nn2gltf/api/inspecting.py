"""Inspecting: what a file, a folder or a specification holds, told apart by content."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nn2gltf.api.files import is_file_source, record_files
from nn2gltf.files import check_readable
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.json import Json, JsonObject
from nn2gltf.ir.recording import Recording
from nn2gltf.ir.totals import scope_totals

SCENE_SUFFIXES = (".glb", ".gltf")

Kind = Literal["scene", "recording", "model"]


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """Findings.

    Attributes:
        kind: What it is.
        text: For a person.
        facts: As JSON.
    """

    kind: Kind
    text: str
    facts: JsonObject

    def to_json(self) -> JsonObject:
        """JSON form, with ``kind``."""
        return {**self.facts, "kind": self.kind}

    def __str__(self) -> str:
        """The text."""
        return self.text


def inspect(
    source: Any,
    *,
    model: str | None = None,
    inputs: tuple[str, ...] = (),
    max_nodes: int | None = None,
    trust_model_code: bool = False,
    verify: bool = False,
) -> Inspection:
    """Say what a scene, a recording or a model holds.

    Args:
        source: A scene file, a recording's folder, or a model as for :func:`nn2gltf.export`.
        model: For a file that holds weights only: who builds the module.
        inputs: Shapes of the model's inputs, when they cannot be inferred.
        max_nodes: Most nodes of a model file after expansion.
        trust_model_code: Allow code inside the file to run.
        verify: Check the captured graph against the model.

    Raises:
        InputMissingError, InputDataError, LimitError, RefusedError: It is missing, damaged, too large or unsafe.
    """
    if isinstance(source, (str, os.PathLike)):
        check_readable(source)
        path = Path(source)
        if path.suffix.lower() in SCENE_SUFFIXES or (path.is_file() and _is_scene(path)):
            return _inspect_scene(path)
        if path.is_dir():
            from nn2gltf.record import read_recording

            return _inspect_recording(read_recording(path))
    if is_file_source(source):
        found = record_files(
            [source],
            model=model,
            inputs=[*inputs],
            max_nodes=max_nodes,
            trust=trust_model_code,
            values=False,
            verify=verify,
        )
        return _inspect_graph(found.graph, str(found.meta.get("weights", "given")), found.meta)
    from nn2gltf.api.torch_samples import make_shapes
    from nn2gltf.api.torch_subject import read_subject
    from nn2gltf.api.torch_values import verified
    from nn2gltf.sources.torch_inputs import infer_inputs
    from nn2gltf.sources.torch_trace import TraceOptions, trace_torch

    subject = read_subject(source, model=model, trust=trust_model_code)
    args, kwargs = make_shapes(inputs) or (infer_inputs(subject.module), {})
    graph = trace_torch(subject.module, args, kwargs, options=TraceOptions(data=False))
    if verify:
        graph = verified(graph, subject.module, args, kwargs)
    return _inspect_graph(graph, subject.weights)


def _is_scene(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(64)
    return head[:4] == b"glTF" or head.lstrip()[:1] == b"{"


def _inspect_scene(path: Path) -> Inspection:
    from nn2gltf.gltf import read_glb, summarize_scene

    summary = summarize_scene(read_glb(path))
    return Inspection(kind="scene", text=str(summary), facts=summary.to_json())


def _inspect_graph(graph: Graph, weights: str, meta: Mapping[str, Json] | None = None) -> Inspection:
    text = "\n".join([graph.table(), f"weights: {weights}", *(f"note: {line}" for line in graph.report)])
    totals: JsonObject = {path: total.to_json() for path, total in scope_totals(graph).items()}
    facts: JsonObject = {
        "weights": weights, "graph": graph.to_json(), "meta": dict(meta or {}), "scopeTotals": totals
    }  # fmt: skip
    return Inspection(kind="model", text=text, facts=facts)


def _inspect_recording(recording: Recording) -> Inspection:
    lines = [recording.graph.table()]
    for step in recording.steps:
        metrics = "  ".join(f"{name} {value:.4g}" for name, value in step.metrics.items())
        lines.append(f"  epoch {step.epoch:<5g} {metrics}")
    names = ", ".join(probe.name or "unnamed" for probe in recording.probes)
    lines.append(f"{len(recording.probes)} probes: {names}")
    if recording.numbers:
        kept = ", ".join(f"{quantity} ({len(names)})" for quantity, names in recording.numbers.items())
        lines.append(f"beside activations: {kept}")
    lines += [
        f"note: {layer}: {text}" if layer else f"note: {text}" for layer, text in recording.reductions.items()
    ]
    return Inspection(
        kind="recording",
        text="\n".join(lines),
        facts={
            "graph": recording.graph.to_json(),
            "steps": [step.to_json() for step in recording.steps],
            "probes": [{"name": probe.name, "label": probe.label} for probe in recording.probes],
            "classes": [*recording.classes],
            "recorded": [*sorted(recording.recorded)],
            "reductions": dict(recording.reductions),
            "numbers": {quantity: [*names] for quantity, names in recording.numbers.items()},
            "meta": dict(recording.meta),
        },
    )
