"""Files that torch itself loads, in a bounded process: one model, or several checkpoints of one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from nn2gltf.api.checkpoints import read_epochs, step_metrics
from nn2gltf.api.file_request import FileRequest
from nn2gltf.api.recording import Recorder
from nn2gltf.api.samples import Sample
from nn2gltf.api.torch_samples import make_sample, make_shapes
from nn2gltf.api.torch_subject import Subject, read_subject
from nn2gltf.api.torch_values import digit_sample, record_once, record_structure
from nn2gltf.ir.json import Json
from nn2gltf.ir.recording import MemoryValues, Recording, Step
from nn2gltf.record.torch_values import collect_weights
from nn2gltf.sources.torch_model_file import read_checkpoint
from nn2gltf.sources.torch_weights import load_weights


def record_live(request: FileRequest) -> Recording:
    """Load and record; arguments as :func:`nn2gltf.api.file_job.read_files`."""
    subject = read_subject(request.paths[0], model=request.model, trust=request.trust)
    if not request.values:
        return record_structure(subject, make_shapes(request.inputs), verify=request.verify)
    shown = None
    if request.sample is not None:
        shown = make_sample(
            request.sample, subject, labels=request.labels, classes=request.classes, data_dir=request.data_dir
        )
    if len(request.paths) == 1:
        shapes = make_shapes(request.inputs)
        return record_once(
            subject, sample=shown, shapes=shapes, data_dir=request.data_dir, verify=request.verify
        )
    return _record_run(subject, request, shown)


def _record_run(subject: Subject, request: FileRequest, sample: Sample | None) -> Recording:
    """One step for each checkpoint, all into one module."""
    if sample is None and not request.inputs:
        sample = digit_sample(subject, data_dir=request.data_dir)
    facts: list[Mapping[str, Json]] = []
    if sample is None:
        recording = _weights_of_run(subject, request, facts)
    else:
        recording = _values_of_run(subject, request, sample, facts)
    epochs, note = read_epochs([Path(path).stem for path in request.paths], facts, source=request.epochs)
    steps = tuple(
        Step(epoch=epoch, metrics=step_metrics(fact)) for epoch, fact in zip(epochs, facts, strict=True)
    )
    graph = replace(recording.graph, name=subject.name, report=(*recording.graph.report, note))
    return replace(recording, graph=graph, steps=steps).check()


def _values_of_run(
    subject: Subject, request: FileRequest, sample: Sample, facts: list[Mapping[str, Json]]
) -> Recording:
    meta: dict[str, Json] = {"weights": "given", "source": "checkpoints"}
    if sample.dataset:
        meta["dataset"] = sample.dataset
    recorder = Recorder(
        subject.module, probes=sample.inputs, labels=sample.labels, classes=sample.classes, meta=meta
    )
    for path in request.paths:
        facts.append(_load(subject.module, path, request))
        if recorder.started:
            recorder.step()
        else:
            recorder.start()
    recorder.close()
    return recorder.recording()


def _weights_of_run(subject: Subject, request: FileRequest, facts: list[Mapping[str, Json]]) -> Recording:
    """Structure, and the weights of every step."""
    first = record_structure(subject, make_shapes(request.inputs), verify=request.verify)
    weights = []
    for path in request.paths:
        facts.append(_load(subject.module, path, request))
        weights.append(collect_weights(subject.module)[0])
    empty: tuple[Mapping[str, Any], ...] = ({},) * len(weights)
    steps = tuple(Step(epoch=index) for index in range(len(weights)))
    values = MemoryValues(activations=empty, weights=tuple(weights))
    meta: dict[str, Json] = {"weights": "given", "source": "checkpoints"}
    return replace(first, steps=steps, values=values, meta=meta)


def _load(module: nn.Module, path: str, request: FileRequest) -> Mapping[str, Json]:
    state, facts = read_checkpoint(path, trust=request.trust)
    load_weights(module, state, where=path)
    return facts
