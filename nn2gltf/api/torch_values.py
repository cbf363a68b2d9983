"""What a scene shows when a model comes without a recording (one step): never noise, never made-up data.

From the sample, if there is one; else, for a model that reads 28 x 28 pictures and gives ten numbers, the ten
probe digits, with its accuracy; else neutral structure with the real weights, labelled "no data". Files of weights
alone are shown by :mod:`nn2gltf.api.weight_values` instead.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, from_numpy, nn

from nn2gltf.api.recording import Recorder
from nn2gltf.api.samples import DIGIT_CLASSES, Sample, matching_data, reads_digits
from nn2gltf.api.torch_subject import Subject
from nn2gltf.errors import Nn2gltfError
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.json import Json
from nn2gltf.ir.recording import MemoryValues, Recording, Step
from nn2gltf.record import choose_probes
from nn2gltf.record.torch_inputs import make_batch
from nn2gltf.record.torch_values import collect_weights
from nn2gltf.sources.torch_inputs import infer_inputs
from nn2gltf.sources.torch_trace import TraceOptions, trace_torch
from nn2gltf.sources.torch_verify import verify_torch
from nn2gltf.train.loop import evaluate_model


def record_once(
    subject: Subject,
    *,
    sample: Sample | None = None,
    shapes: tuple[Any, Mapping[str, Any]] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    verify: bool = False,
) -> Recording:
    """One step of a model as it is.

    Args:
        sample: What to show it.
        shapes: Arguments of the right shapes whose values mean nothing, for the structure alone.
        data_dir: Where data sets are.
        verify: Check the graph against the model.

    Raises:
        TraceError: The model does not take the sample.
        InputDataError: Nothing was given and no input can be inferred.
    """
    if sample is None and shapes is None:
        sample = digit_sample(subject, data_dir=data_dir)
    if sample is None:
        return record_structure(subject, shapes, verify=verify)
    meta = _meta(subject, sample.dataset)
    recorder = Recorder(
        subject.module, probes=sample.inputs, labels=sample.labels, classes=sample.classes, meta=meta
    )
    recorder.start(**sample.metrics)
    recorder.close()
    recording = recorder.recording()
    if verify:
        batch = make_batch(sample.inputs)
        recording = replace(
            recording, graph=verified(recording.graph, subject.module, batch.args, batch.kwargs)
        )
    return _named(recording, subject)


def digit_sample(subject: Subject, *, data_dir: str | os.PathLike[str] | None = None) -> Sample | None:
    """The ten probe digits for a model that reads 28 x 28 pictures (or 784 numbers) and gives ten numbers.

    A model that nn2gltf trained on other pictures is shown those, or nothing when they are not on this machine.
    """
    shape = _digit_shape(subject.module)
    if shape is None:
        return None
    data = matching_data(subject.facts, data_dir)
    if data is None:
        return None
    chosen = choose_probes(data.test_images, data.test_labels)
    images = from_numpy(data.normalise(data.test_images)).reshape(-1, *shape)
    labels = from_numpy(data.test_labels)
    loss, accuracy = evaluate_model(subject.module, images, labels)
    return Sample(
        inputs=images[chosen],
        labels=data.test_labels[chosen].tolist(),
        classes=data.classes,
        dataset=data.name,
        metrics={"test_loss": loss, "test_accuracy": accuracy},
    )


def _digit_shape(model: nn.Module) -> tuple[int, ...] | None:
    """Shape of one picture as the model takes it, or None when it is not a classifier of digits."""
    try:
        inputs = infer_inputs(model)
        if len(inputs) != 1 or not isinstance(inputs[0], Tensor) or not inputs[0].is_floating_point():
            return None
        shape = tuple(inputs[0].shape[1:])
        if not reads_digits(shape, DIGIT_CLASSES):
            return None
        graph = trace_torch(model, inputs, options=TraceOptions(data=False))
    except Nn2gltfError:
        return None
    one_output = [graph.layer_by_id[name].outputs for name in graph.outputs if name in graph.layer_by_id]
    outputs = one_output[0][0].shape if len(one_output) == 1 and one_output[0] else ()
    return shape if len(outputs) == 2 and outputs[0] == 1 and reads_digits(shape, outputs[1]) else None


def verified(graph: Graph, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Graph:
    """The graph with what checking it against its model gave, also as sentences in its report."""
    found = verify_torch(module, graph, args, kwargs)
    return replace(graph, verification=found, report=(*graph.report, *found.sentences()))


def record_structure(
    subject: Subject, shapes: tuple[Any, Mapping[str, Any]] | None, *, verify: bool = False
) -> Recording:
    """Structure and weights without values.

    Args:
        shapes: Arguments whose values mean nothing; inferred when None.
        verify: Check the graph against the model.
    """
    args, kwargs = shapes if shapes is not None else (infer_inputs(subject.module), {})
    graph = trace_torch(subject.module, args, kwargs, options=TraceOptions(data=False))
    if not graph.edges:  # nothing ran: what to type helps more than a heap of modules
        graph = trace_torch(subject.module, args, kwargs, options=TraceOptions(data=False, partial=False))
    if verify:
        graph = verified(graph, subject.module, args, kwargs)
    weights, note = collect_weights(subject.module)
    recording = Recording(
        graph=graph,
        steps=(Step(epoch=0),),
        probes=(),
        values=MemoryValues(activations=({},), weights=(weights,)),
        reductions={"": note} if note else {},
        meta=_meta(subject, None),
    )
    return _named(recording.check(), subject)


def _meta(subject: Subject, dataset: str | None) -> dict[str, Json]:
    return {"weights": subject.weights, "source": subject.kind, **({"dataset": dataset} if dataset else {})}


def _named(recording: Recording, subject: Subject) -> Recording:
    """The model's own name for its class's, and the epochs that the file says it was trained."""
    graph: Graph = replace(recording.graph, name=subject.name)
    epochs = subject.facts.get("epochs")
    if isinstance(epochs, (int, float)) and epochs > 0:
        first = replace(recording.steps[0], epoch=epochs)
        return replace(recording, graph=graph, steps=(first,))
    return replace(recording, graph=graph)
