"""One step of an ONNX model: its structure, its weights, and its values on a sample or on the ten probe digits.

Runs in a bounded process (:mod:`nn2gltf.bounded`); imports no torch.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.api.samples import Sample, SampleTarget, matching_data, read_sample, reads_digits, unfit
from nn2gltf.errors import InputDataError, UsageError, safe
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.json import Json
from nn2gltf.ir.recording import FloatArray, MemoryValues, Probe, Recording, Step
from nn2gltf.record import choose_probes, name_probes
from nn2gltf.sources.flat_model import ValueType
from nn2gltf.sources.input_spec import parse_input_spec
from nn2gltf.sources.onnx_model import OnnxFile, OnnxOptions, parse_model, read_onnx
from nn2gltf.sources.onnx_run import OnnxRunner, cast_input, input_types, measure_types
from nn2gltf.sources.onnx_weights import read_weights

Array = npt.NDArray[Any]
MAX_PROBES = 64
MOST_SLOW = 2000
"""Test pictures that onnx's own evaluator is asked to judge."""
ROWS = 500
"""Pictures in one run."""


def record_onnx(
    path: Path,
    *,
    sample: Any = None,
    labels: Any = None,
    classes: Sequence[str] = (),
    inputs: Sequence[str] = (),
    data_dir: str | os.PathLike[str] | None = None,
    max_nodes: int | None = None,
    values: bool = True,
) -> Recording:
    """Read an ONNX file and record what its layers give.

    Args:
        sample: Text as for :func:`nn2gltf.api.samples.read_sample`, an array, or arrays by name or position.
        inputs: Shapes when the structure alone is wanted.
        values: Run the model; else its structure is read.

    Raises:
        InputDataError, LimitError, RefusedError: As :func:`nn2gltf.sources.onnx_model.read_onnx`.
    """
    given = [(spec.name, spec.shape) for spec in map(parse_input_spec, inputs)]
    options = (
        OnnxOptions(shapes=given) if max_nodes is None else OnnxOptions(max_nodes=max_nodes, shapes=given)
    )
    shown: Sample | None = None
    stated = input_types(parse_model(path))
    if sample is not None:
        shown = _given_sample(sample, path, stated, labels, classes, data_dir)
        fed = _match(shown.inputs, stated)
        options = replace(options, shapes=[(name, array.shape) for name, array in fed.items()])
    file = read_onnx(path, options, measure=measure_types)
    if shown is None and not inputs and values:
        shown = _digits(file, stated, data_dir)
    return _record(file, shown, stated)


def _given_sample(
    sample: Any,
    path: Path,
    stated: Mapping[str, ValueType],
    labels: Any,
    classes: Sequence[str],
    data_dir: str | os.PathLike[str] | None,
) -> Sample:
    if not isinstance(sample, str):
        return Sample(inputs=sample, labels=labels, classes=classes)
    target = SampleTarget(name=path.stem, shape=lambda: _first_shape(stated))
    return read_sample(sample, target, labels=labels, classes=classes, data_dir=data_dir)


def _first_shape(stated: Mapping[str, ValueType]) -> tuple[int, ...]:
    """Shape of the first input without its batch axis."""
    dims = next(iter(stated.values())).dims if stated else None
    if not dims or any(n is None for n in dims[1:]):
        raise InputDataError("the model leaves the size of its input open", code="E_INPUT_UNKNOWN")
    return tuple(n for n in dims[1:] if n is not None)


def _match(given: Any, stated: Mapping[str, ValueType]) -> dict[str, Array]:
    """Arrays by the model's own names, in its types."""
    names = list(stated)
    if isinstance(given, Mapping):
        unknown = [str(name) for name in given if name not in stated]
        if unknown:
            raise UsageError(
                f"the sample's {safe(unknown[0])!r} is no input of the model",
                hint=f"Inputs: {', '.join(safe(name, limit=40) for name in names)}.",
            )
        found = dict(given)
    else:
        arrays = list(given) if isinstance(given, tuple | list) else [given]
        found = dict(zip(names, arrays, strict=False))
    if len(found) != len(names):
        raise unfit(f"the model has {len(names)} inputs, the sample gives {len(found)}", "sample")
    cast = {name: cast_input(np.asarray(found[name]), stated[name]) for name in names}
    counts = {len(array) if array.ndim else 0 for array in cast.values()}
    if len(counts) != 1 or 0 in counts:
        raise unfit(f"the sample's arrays have {sorted(counts)} rows", "sample")
    return cast


def _digits(
    file: OnnxFile, stated: Mapping[str, ValueType], data_dir: str | os.PathLike[str] | None
) -> Sample | None:
    """The ten probe digits for a model that reads them, with the accuracy on part of the test set."""
    graph = file.built.graph
    last = graph.layer_by_id.get(graph.outputs[0]) if len(graph.outputs) == 1 else None
    outputs = last.outputs[0].shape if last is not None and last.outputs else ()
    first = next(iter(stated.values()), None)
    if len(stated) != 1 or first is None or len(outputs) != 2 or first.dtype not in ("float32", "float64"):
        return None
    dims = first.dims or ()
    shape = tuple(n for n in dims[1:] if n is not None)
    if not reads_digits(shape, outputs[1]):
        return None
    data = matching_data({}, data_dir)
    if data is None:
        return None
    pixels = data.normalise(data.test_images).reshape(-1, *shape)
    chosen = choose_probes(data.test_images, data.test_labels)
    metrics = _accuracy(file, stated, pixels, data.test_labels)
    return Sample(
        inputs=pixels[chosen],
        labels=data.test_labels[chosen].tolist(),
        classes=data.classes,
        dataset=data.name,
        metrics=metrics,
    )


def _accuracy(
    file: OnnxFile, stated: Mapping[str, ValueType], pixels: Array, labels: Array
) -> dict[str, float]:
    """Over the whole test set; none where that would take onnx's own evaluator too long."""
    if len(pixels) > MOST_SLOW and OnnxRunner.runtime_name() != "onnxruntime":
        return {}
    name = file.built.values[file.built.graph.outputs[0]]
    scores = _run(file, _match(pixels, stated), stated, [name]).get(name)
    if scores is None or len(scores) != len(labels):
        return {}
    return {"test_accuracy": float((scores.argmax(axis=1) == labels).mean())}


def _record(file: OnnxFile, sample: Sample | None, stated: Mapping[str, ValueType]) -> Recording:
    built = file.built
    weights, lost = read_weights(
        file.model, built.graph, built.weights, folder=file.path.parent, external=file.external
    )
    reductions = {"": lost} if lost else {}
    activations: dict[str, FloatArray] = {}
    meta: dict[str, Json] = {"weights": "given", "source": "onnx", **file.facts}
    probes: tuple[Probe, ...] = ()
    graph = built.graph
    if sample is not None:
        feeds = {name: array[:MAX_PROBES] for name, array in _match(sample.inputs, stated).items()}
        count = len(next(iter(feeds.values())))
        runner, values = _activations(file, feeds, stated)
        activations, reasons = _keep(built.graph, built.values, values, count)
        reductions |= reasons
        probes = _probes(sample, next(iter(feeds.values())))
        meta["runtime"] = runner
        graph = replace(graph, report=(*graph.report, f"Values were computed by {runner}."))
        if sample.dataset:
            meta["dataset"] = sample.dataset
    step = Step(epoch=0, metrics=dict(sample.metrics) if sample else {})
    return Recording(
        graph=graph,
        steps=(step,),
        probes=probes,
        values=MemoryValues(activations=(activations,), weights=(weights,)),
        classes=tuple(sample.classes) if sample else (),
        recorded=frozenset(activations),
        reductions=reductions,
        meta=meta,
    ).check()


def _activations(
    file: OnnxFile, feeds: Mapping[str, Array], stated: Mapping[str, ValueType]
) -> tuple[str, dict[str, Array]]:
    wanted = [value for value in file.built.values.values() if value and value not in feeds]
    values = _run(file, feeds, stated, list(dict.fromkeys(wanted)))
    return OnnxRunner.runtime_name(), {**values, **feeds}


def _run(
    file: OnnxFile, feeds: Mapping[str, Array], stated: Mapping[str, ValueType], wanted: Sequence[str]
) -> dict[str, Array]:
    """Run on many rows at once, or one by one when the model fixes a batch of one."""
    run = OnnxRunner(parse_model(file.path), file.path.parent, file.external).prepare(wanted)
    count = len(next(iter(feeds.values())))
    fixed = {known.dims[0] for known in stated.values() if known.dims} - {None}
    if count in fixed:
        return run(feeds)
    if fixed and fixed != {1}:
        raise unfit(f"the model fixes a batch of {sorted(map(str, fixed))}, the sample has {count}", "sample")
    size = 1 if fixed else ROWS
    parts = [run({name: array[i : i + size] for name, array in feeds.items()}) for i in range(0, count, size)]
    return {
        name: np.concatenate([part[name] for part in parts]) if len(parts) > 1 else parts[0][name]
        for name in wanted
        if len(parts) == 1 or all(isinstance(p[name], np.ndarray) and p[name].ndim for p in parts)
    }


def _keep(
    graph: Graph, names: Mapping[str, str], values: Mapping[str, Any], probes: int
) -> tuple[dict[str, FloatArray], dict[str, str]]:
    """Outputs of layers as (probes, *shape) float32, and by layer a sentence on each that was left out."""
    kept: dict[str, FloatArray] = {}
    lost: dict[str, str] = {}
    for layer in graph.layers:
        value = values.get(names.get(layer.id, ""))
        reason = _obstacle(layer.id in names, value, probes)
        if reason:
            lost[layer.id] = f"not recorded: {reason}"
        else:
            kept[layer.id] = np.asarray(value, dtype=np.float32)
    return kept, lost


def _obstacle(main: bool, value: Any, probes: int) -> str:
    """Why an output cannot be kept, empty if it can."""
    if not main:
        return "it is inside a function or a subgraph"
    if not isinstance(value, np.ndarray):
        return "its output is no plain array"
    if value.dtype.kind != "f":
        return f"its output is {value.dtype}"
    if value.ndim < 1 or value.shape[0] != probes:
        return f"the first axis of its output is {value.shape[0] if value.ndim else 'absent'}, not the {probes} probes"
    return "" if value.size else "its output is empty"


def _probes(sample: Sample, first: Array) -> tuple[Probe, ...]:
    count = len(first)
    labels = list(sample.labels)[:count] if sample.labels is not None else [None] * count
    if len(labels) != count:
        raise UsageError(
            f"{len(labels)} labels for {count} probes", hint=f"Give {count}, None where unknown."
        )
    truth = [None if label is None else int(label) for label in labels]
    pictures = first.shape[1:] if first.ndim == 4 and first.shape[1] in (1, 3) else ()
    return tuple(
        Probe(label=label, name=name, thumbnail=_thumbnail(first, index) if pictures else None)
        for index, (label, name) in enumerate(zip(truth, name_probes(truth, sample.classes), strict=True))
    )


def _thumbnail(batch: Array, index: int) -> npt.NDArray[np.uint8]:
    """A picture, the batch's smallest value black and its largest white."""
    values = np.nan_to_num(batch.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = values.min(), values.max()
    scaled = (values[index] - low) / (high - low) if high > low else np.zeros_like(values[index])
    pixels = np.rint(255 * scaled).astype(np.uint8).transpose(1, 2, 0)
    picture: npt.NDArray[np.uint8] = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    return picture
