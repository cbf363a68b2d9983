"""The recorder: runs fixed probes through a model between training steps and keeps what every layer gave."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy.typing as npt
import torch
from torch import nn

from nn2gltf.errors import RecordingError, UsageError, safe
from nn2gltf.ir.json import Json
from nn2gltf.ir.protocols import Capture
from nn2gltf.ir.recording import MemoryValues, Recording, Step
from nn2gltf.record.fit import check_classes
from nn2gltf.record.manifest import encode_json
from nn2gltf.record.options import MAX_VALUES, RecordOptions
from nn2gltf.record.reader import has_steps, read_recording, same_inputs
from nn2gltf.record.store import RecordingWriter, RunHeader, check_recording_output, merge_numbers
from nn2gltf.record.torch_collect import Collector, Taken
from nn2gltf.record.torch_inputs import describe_probes, make_batch, model_device
from nn2gltf.record.torch_numbers import LastUpdate
from nn2gltf.record.torch_quiet import undisturbed, unwrap_model
from nn2gltf.record.torch_ranks import from_writer, is_writing_rank, run_on_writer


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
        layers: Patterns on layer ids (``"conv*"``, ``"!conv1"``); all layers by default.
        record: What to keep beside activations: some of :data:`nn2gltf.record.options.PARTS`.
        every: Record one of so many calls of :meth:`step`; on leaving the ``with`` block also the last one.
        evaluate: A loader; the mean and standard deviation of every layer over it, and the mean of each class.
        optimizer: Record the size of its last step against that of each parameter; costs a copy a step.
        max_values: Activations per step at most; larger layers are pooled, which is said.
        resume: Go on with the recording in ``path``, if there is one: steps from the next epoch on are replaced.
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
        layers: str | Sequence[str] = (),
        record: str | Sequence[str] | None = None,
        every: int = 1,
        evaluate: Iterable[Any] | None = None,
        optimizer: torch.optim.Optimizer | None = None,
        max_values: int = MAX_VALUES,
        resume: bool = False,
        force: bool = False,
    ) -> None:
        if not isinstance(unwrap_model(model), nn.Module):
            hint = "Give the nn.Module that is being trained."
            raise UsageError(f"the model is a {safe(type(model).__name__)}, no nn.Module", hint=hint)
        self._model = model
        options = RecordOptions.choose(
            layers=layers,
            record=record,
            every=every,
            max_values=max_values,
            loader=evaluate is not None,
            optimizer=optimizer is not None,
        )
        batch = make_batch(probes)
        self._classes = tuple(classes)
        self._probes = describe_probes(
            batch, labels=labels, classes=self._classes, names=names, thumbnails=thumbnails
        )
        self._meta = dict(meta or {})
        encode_json(self._meta, what="meta")
        self._force, self._resume, self._every = force, resume, options.every
        self._path = path
        if resume and path is None:
            raise UsageError("there is nothing to resume without a folder", hint="Give path=.")
        if path is not None and is_writing_rank():
            check_recording_output(path, force=force)
        self._collector = Collector(
            options=options,
            capture=capture,
            batch=batch,
            classes=len(self._classes),
            loader=evaluate,
        )
        if optimizer is not None and "updates" in options.record:
            self._collector.update = LastUpdate.watch(unwrap_model(model), optimizer)
        self._steps: list[Step] = []
        self._taken: list[Taken] = []
        self._calls = 0
        self._waiting: Step | None = None
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
        """Record step 0, the model as it is now; with ``resume``, go on where the folder ended.

        Args:
            metrics: Numbers to keep with it.

        Raises:
            UsageError: Already started, or a metric is no number.
            RecordingError: The folder to go on with is damaged, or of another model or other probes.
            OutputError, WriteError: The folder cannot be written to.
        """
        if self._steps:
            hint = "Call start() once, or leave it to `with`."
            raise UsageError("the recorder has started already", hint=hint)
        if not (self._resume and self._go_on()):
            self._record(Step(epoch=0, step=0, metrics=_numbers(metrics)))
        return self

    def step(
        self, epoch: float | None = None, *, global_step: int | None = None, **metrics: float
    ) -> Step | None:
        """Record a moment of the training.

        Args:
            epoch: Epochs finished, greater than before; counted from the last one when None.
            global_step: Optimiser steps so far.
            metrics: Numbers to keep with it: ``loss=0.1, accuracy=0.98``. An accuracy is a fraction; one that is above
                1.5 at any step of the recording is taken for a percentage.

        Returns:
            The step, or None when ``every`` passes over it.

        Raises:
            UsageError: Not started, ``epoch`` does not increase, or a metric is no number.
            WriteError: The folder cannot be written to; the steps before are intact.
        """
        if not self._steps:
            hint = "Use `with Recorder(...) as recorder:` or call recorder.start() before training."
            raise UsageError("the recorder has not started", hint=hint)
        last = (self._waiting or self._steps[-1]).epoch
        finished = math.floor(last) + 1 if epoch is None else epoch
        if self._resume and not self._calls and self._waiting is None:
            last = self._rewind(finished)
        if not (math.isfinite(finished) and finished > last):
            hint = "Give the number of epochs finished, or leave it out."
            raise UsageError(f"epoch {finished} does not follow {last:g}", hint=hint)
        step = Step(epoch=finished, step=global_step, metrics=_numbers(metrics))
        if (self._calls + 1) % self._every:
            if self._closed:
                raise UsageError("the recorder is closed", hint="Make a new one to record again.")
            self._calls, self._waiting = self._calls + 1, step
            return None
        self._record(step)
        self._calls, self._waiting = self._calls + 1, None
        return step

    def recording(self) -> Recording:
        """What is recorded so far; it stays valid, and unchanged, while recording goes on.

        Raises:
            RecordingError: Nothing yet, or this rank of a distributed run does not record.
        """
        if not is_writing_rank():
            raise RecordingError("only rank 0 records", hint="Call recording() on rank 0.")
        graph = self._collector.graph
        if graph is None or not self._steps:
            raise RecordingError("the recording holds no step", hint="Call recorder.start() first.")
        if self._path is not None:
            return read_recording(self._path)
        numbers: dict[str, tuple[str, ...]] = {}
        for taken in self._taken:
            numbers = merge_numbers(numbers, taken.numbers)
        return Recording(
            graph=graph,
            steps=tuple(self._steps),
            probes=self._probes,
            values=MemoryValues(
                activations=tuple(taken.activations for taken in self._taken),
                weights=tuple(taken.weights for taken in self._taken),
                numbers=tuple(taken.numbers for taken in self._taken),
            ),
            classes=self._classes,
            recorded=self._collector.recorded,
            reductions=dict(self._collector.reductions),
            meta=dict(self._meta),
            reduced=dict(self._collector.reduced),
            numbers=numbers,
        ).check()

    @property
    def checkpoint(self) -> Path | None:
        """Where the state of this run's training belongs, beside its steps; None in memory and on other ranks."""
        return None if self._writer is None else self._writer.checkpoint

    def close(self) -> None:
        """End the recording and let others write to the folder; safe to call twice."""
        self._closed = True
        if self._collector.update is not None:
            self._collector.update.release()
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> Self:
        """Record step 0."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Record the last call that ``every`` passed over, unless something failed; close."""
        try:
            if kind is None and self._waiting is not None:
                self._record(self._waiting)
                self._waiting = None
        finally:
            self.close()

    def _rewind(self, epoch: float) -> float:
        """A run that goes on from a checkpoint may be behind the last recorded step; return the last epoch kept."""
        kept = [step for step in self._steps if step.epoch < epoch]
        if kept and len(kept) < len(self._steps):
            writer = self._writer
            run_on_writer(lambda: writer.drop_from(epoch) if writer else None)
            self._steps = kept
        return self._steps[-1].epoch

    def _record(self, step: Step) -> None:
        if self._closed:
            raise UsageError("the recorder is closed", hint="Make a new one to record again.")
        taken = self._collector.collect(step, unwrap_model(self._model))
        if not self._steps:
            self._check_classes()
        run_on_writer(lambda: self._keep(step, taken))
        self._steps.append(step)

    def _check_classes(self) -> None:
        assert self._collector.graph is not None
        sentence = check_classes(
            self._collector.graph,
            probes=self._collector.batch.count,
            labels=[probe.label for probe in self._probes],
            classes=self._classes,
        )
        if sentence:
            self._collector.reductions.setdefault("", sentence)

    def _keep(self, step: Step, taken: Taken) -> None:
        if self._path is None:
            self._taken.append(taken)
            return
        if self._writer is None:
            self._writer = RecordingWriter(self._path, self._header(), force=self._force)
        self._writer.write_step(
            step,
            activations=taken.activations,
            weights=taken.weights,
            numbers=taken.numbers,
            reductions=self._collector.reductions,
        )

    def _header(self) -> RunHeader:
        assert self._collector.graph is not None
        return RunHeader(
            graph=self._collector.graph,
            probes=self._probes,
            classes=self._classes,
            meta=self._meta,
            inputs=self._collector.batch.arrays(),
            reduced=self._collector.reduced,
        )

    def _go_on(self) -> bool:
        """Take up the run in the folder; False when there is none with a finished step."""
        assert self._path is not None
        found: list[Step] = []

        def take_up() -> None:
            assert self._path is not None
            if not has_steps(self._path):
                return
            previous = read_recording(self._path)
            self._check_same(previous)
            self._collector.adopt(previous)
            self._writer = RecordingWriter(self._path, self._header(), force=self._force, resume=True)
            found.extend(previous.steps)

        run_on_writer(take_up)
        self._steps = list(from_writer(found))
        return bool(self._steps)

    def _check_same(self, previous: Recording) -> None:
        """A recording goes on with the model and the probes that it began with."""
        model = unwrap_model(self._model)
        batch = self._collector.batch.to(model_device(model))
        with undisturbed(model):
            graph = self._collector.capture(model, batch.args, batch.kwargs, values=False).graph
        hint = "Record into another folder, or give what the first run had."
        now = {layer.id: [p.shape for p in layer.parameters] for layer in graph.layers}
        then = {layer.id: [p.shape for p in layer.parameters] for layer in previous.graph.layers}
        if now != then:
            raise RecordingError(
                "the folder holds a recording of another model", where=str(self._path), hint=hint
            )
        if not same_inputs(self._path, self._collector.batch.arrays()):
            raise RecordingError(
                "the folder holds a recording with other probes", where=str(self._path), hint=hint
            )


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    numbers = {}
    for name, value in metrics.items():
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError, RuntimeError) as error:
            hint = f"Give a number: {safe(name)}=float(...)."
            raise UsageError(
                f"metric {safe(name)} is no number: {safe(type(value).__name__)}", hint=hint
            ) from error
    return numbers
