"""The recorder: runs fixed probes through a model between training steps and keeps what every layer gave."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from nn2gltf.errors import RecordingError, UsageError, safe
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.json import Json
from nn2gltf.ir.protocols import Capture
from nn2gltf.ir.recording import FloatArray, MemoryValues, Recording, Step
from nn2gltf.record.manifest import encode_json
from nn2gltf.record.reader import read_recording
from nn2gltf.record.store import RecordingWriter, RunHeader, check_recording_output
from nn2gltf.record.torch_inputs import describe_probes, make_batch, model_device
from nn2gltf.record.torch_quiet import undisturbed, unwrap_model
from nn2gltf.record.torch_values import collect_activations, collect_weights


class Recorder:
    """Records a model's activations and weights on fixed probes, step by step.

    Use it around a training loop; step 0, the untrained model, is recorded on entry::

        with Recorder(model, probes=x, labels=y, path="run.nn2gltf", capture=capture) as recorder:
            for epoch in range(10):
                train(...)
                recorder.step(loss=..., accuracy=...)

    The probes run eagerly, on the module inside any wrapper, without gradients and in evaluation mode; modes,
    buffers and random states are put back, so that training goes on bit for bit as without a recorder. In a
    distributed run every rank calls :meth:`step`, and rank 0 records.

    Args:
        model: The model being trained.
        probes: A batch with one row per probe, or a tuple or mapping of such arguments; copied.
        labels: True class of each probe.
        path: Folder to record into, durable after every step; kept in memory when None.
        classes: Class names of the outputs.
        names: What to call the probes; their classes by default.
        thumbnails: Pictures of the probes; made from image-shaped probes by default.
        meta: ``dataset``, ``training`` ... (JSON) for the title and the file.
        capture: Runs the model and tells every layer's output.
        force: Record into a folder that holds files of others.

    Raises:
        UsageError: Probes, labels or meta make no sense.
        OutputError: ``path`` cannot be written to or is not ours.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        probes: Any,
        capture: Capture,
        labels: Any = None,
        path: str | os.PathLike[str] | None = None,
        classes: Sequence[str] = (),
        names: Sequence[str] | None = None,
        thumbnails: Sequence[npt.NDArray[Any]] | None = None,
        meta: Mapping[str, Json] | None = None,
        force: bool = False,
    ) -> None:
        self._model = model
        self._capture = capture
        self._batch = make_batch(probes)
        self._classes = tuple(classes)
        self._probes = describe_probes(
            self._batch, labels=labels, classes=self._classes, names=names, thumbnails=thumbnails
        )
        self._meta = dict(meta or {})
        encode_json(self._meta, what="meta")
        self._force = force
        self._path = path
        if path is not None and _is_writing_rank():
            check_recording_output(path, force=force)
        self._graph: Graph | None = None
        self._steps: list[Step] = []
        self._reductions: dict[str, str] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._activations: list[Mapping[str, FloatArray]] = []
        self._weights: list[Mapping[str, npt.NDArray[np.floating[Any]]]] = []
        self._writer: RecordingWriter | None = None
        self._closed = False

    @property
    def started(self) -> bool:
        """Whether step 0 is recorded."""
        return bool(self._steps)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is recorded so far."""
        return tuple(self._steps)

    def start(self, **metrics: float) -> Self:
        """Record step 0, the model as it is now.

        Args:
            metrics: Numbers to keep with it.

        Raises:
            UsageError: Already started, or a metric is no number.
            OutputError, WriteError: The folder cannot be written to.
        """
        if self._steps:
            raise UsageError("the recorder has started already")
        self._record(Step(epoch=0, step=0, metrics=_numbers(metrics)))
        return self

    def step(self, epoch: float | None = None, *, global_step: int | None = None, **metrics: float) -> Step:
        """Record a moment of the training.

        Args:
            epoch: Epochs finished, greater than before; counted from the last one when None.
            global_step: Optimiser steps so far.
            metrics: Numbers to keep with it: ``loss=0.1, accuracy=0.98`` (a fraction).

        Raises:
            UsageError: Not started, ``epoch`` does not increase, or a metric is no number.
            WriteError: The folder cannot be written to; the steps before are intact.
        """
        if not self._steps:
            hint = "Use `with Recorder(...) as recorder:` or call recorder.start() before training."
            raise UsageError("the recorder has not started", hint=hint)
        last = self._steps[-1].epoch
        finished = math.floor(last) + 1 if epoch is None else epoch
        if not (math.isfinite(finished) and finished > last):
            hint = "Give the number of epochs finished, or leave it out."
            raise UsageError(f"epoch {finished} does not follow {last:g}", hint=hint)
        step = Step(epoch=finished, step=global_step, metrics=_numbers(metrics))
        self._record(step)
        return step

    def recording(self) -> Recording:
        """What is recorded so far; it stays valid, and unchanged, while recording goes on.

        Raises:
            RecordingError: Nothing yet, or this rank of a distributed run does not record.
        """
        if not _is_writing_rank():
            raise RecordingError("only rank 0 records", hint="Call recording() on rank 0.")
        if self._graph is None or not self._steps:
            raise RecordingError("the recording holds no step", hint="Call recorder.start() first.")
        if self._path is not None:
            return read_recording(self._path)
        return Recording(
            graph=self._graph,
            steps=tuple(self._steps),
            probes=self._probes,
            values=MemoryValues(activations=tuple(self._activations), weights=tuple(self._weights)),
            classes=self._classes,
            recorded=frozenset(self._shapes),
            reductions=dict(self._reductions),
            meta=dict(self._meta),
        ).check()

    def close(self) -> None:
        """End the recording and let others write to the folder; safe to call twice."""
        self._closed = True
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> Self:
        """Record step 0."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; what was recorded is kept, whatever happened."""
        self.close()

    def _record(self, step: Step) -> None:
        if self._closed:
            raise UsageError("the recorder is closed", hint="Make a new one to record again.")
        model = unwrap_model(self._model)
        batch = self._batch.to(model_device(model))
        with undisturbed(model):
            run = self._capture(model, batch.args, batch.kwargs, values=True)
            if _is_writing_rank():
                self._keep(step, model, run.graph, run.values)
        self._steps.append(step)

    def _keep(self, step: Step, model: nn.Module, graph: Graph, values: Mapping[str, Tensor]) -> None:
        activations, lost = collect_activations(graph, values, self._batch.count)
        weights, unrecorded = collect_weights(model)
        if self._graph is None:
            self._graph = graph
            self._reductions = lost | ({"": unrecorded} if unrecorded else {})
            self._shapes = {layer_id: array.shape for layer_id, array in activations.items()}
        activations = self._fit(step, activations)
        if self._path is None:
            self._activations.append(activations)
            self._weights.append(weights)
            return
        if self._writer is None:
            header = RunHeader(
                graph=self._graph,
                probes=self._probes,
                classes=self._classes,
                meta=self._meta,
                inputs=self._batch.arrays(),
            )
            self._writer = RecordingWriter(self._path, header, force=self._force)
        self._writer.write_step(step, activations=activations, weights=weights, reductions=self._reductions)

    def _fit(self, step: Step, activations: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """The layers of step 0; one that did not run, or has another shape now, gets NaN and a sentence."""
        fitted = {}
        for layer_id, shape in self._shapes.items():
            array = activations.get(layer_id)
            if array is None or array.shape != shape:
                reason = "did not run" if array is None else f"gave shape {array.shape}, not {shape},"
                self._reductions.setdefault(layer_id, f"{reason} at epoch {step.epoch:g}: shown as no value")
                array = np.full(shape, np.nan, dtype=np.float32)
            fitted[layer_id] = array
        for layer_id in sorted(activations.keys() - self._shapes.keys() - self._reductions.keys()):
            self._reductions[layer_id] = (
                f"first ran at epoch {step.epoch:g}, after the graph was traced: left out"
            )
        return fitted


def _is_writing_rank() -> bool:
    distributed = torch.distributed
    return not (distributed.is_available() and distributed.is_initialized()) or distributed.get_rank() == 0


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    numbers = {}
    for name, value in metrics.items():
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise UsageError(f"metric {safe(name)} is no number: {safe(type(value).__name__)}") from error
    return numbers
