"""The built-in training loop: a classifier of images, every epoch measured and, when asked, recorded."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import nn

from nn2gltf.errors import InterruptedRunError, UsageError
from nn2gltf.ir.recording import Step
from nn2gltf.train.checkpoint import Checkpoint, CheckpointFile
from nn2gltf.train.data import ImageData
from nn2gltf.train.evaluate import check_fit, evaluate_model
from nn2gltf.train.interrupt import StopRequest, stop_on_interrupt
from nn2gltf.train.options import TrainOptions
from nn2gltf.train.run import Run, make_optimizer, make_schedule

__all__ = [
    "Progress",
    "StepRecorder",
    "TrainResult",
    "evaluate_model",
    "make_optimizer",
    "make_schedule",
    "train_model",
]


class StepRecorder(Protocol):
    """What the loop needs of a recorder; one that was started already says so by a true ``started``."""

    def start(self, **metrics: float) -> object:
        """Record step 0, the untrained model."""

    def step(self, epoch: float | None = None, *, global_step: int | None = None, **metrics: float) -> object:
        """Record a finished epoch."""


class Progress(Protocol):
    """Who watches a run."""

    def batch_done(self, epoch: int, done: int, total: int) -> None:
        """``done`` of ``total`` optimiser steps of epoch ``epoch`` (from 1) are finished."""

    def epoch_done(self, step: Step) -> None:
        """An epoch is finished and measured; the first call is for the untrained model, epoch 0."""


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """A finished run.

    Attributes:
        steps: The untrained model, then every epoch, with ``train_loss``, ``train_accuracy``, ``test_loss``
            and ``test_accuracy``.
        seconds: Wall time, measuring and recording included.
    """

    steps: tuple[Step, ...]
    seconds: float

    @property
    def test_accuracy(self) -> float:
        """After the last epoch, 0..1."""
        return self.steps[-1].metrics["test_accuracy"]


def train_model(
    model: nn.Module,
    data: ImageData,
    options: TrainOptions | None = None,
    *,
    recorder: StepRecorder | None = None,
    progress: Progress | None = None,
    resume: bool = False,
) -> TrainResult:
    """Train a classifier in place, on the device where its parameters are.

    The same model, data and options give the same weights, recorded or not; the caller's random state is left
    as it was.

    Args:
        model: Takes (n, 1, 28, 28) float32 and gives (n, classes) logits.
        recorder: Started here unless it was; one step per epoch. One with a folder also gets a checkpoint there.
        resume: Go on from that checkpoint, if there is one, as if the run had never stopped.

    Raises:
        InterruptedRunError: Ctrl+C; the optimiser step was finished and every finished epoch is recorded.
        UsageError: The model has nothing to train, or does not take these images.
        RecordingError: The checkpoint is damaged, or of a run with other data or settings.
        WriteError: The disk is full or fails; what was recorded before is intact.
    """
    options = options or TrainOptions()
    if not any(parameter.requires_grad for parameter in model.parameters()):
        hint = "Set requires_grad on some of its parameters."
        raise UsageError("the model has no parameters to train", hint=hint)
    began = time.perf_counter()
    run = Run(model, data, options)
    check_fit(model, run.images, len(data.classes))
    file, found = _begin(run, recorder, data, options, resume=resume)
    if progress is not None:
        for step in run.steps:
            progress.epoch_done(step)
    with stop_on_interrupt() as stop, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(options.seed)
        if found is not None:
            run.restore(found)
        while run.epoch <= options.epochs:
            _train_and_record(run, recorder, progress, file, stop)
            if stop.made and run.epoch <= options.epochs:
                finished = run.epoch - 1
                raise InterruptedRunError(f"interrupted after epoch {finished}", hint=_kept(finished))
    return TrainResult(steps=tuple(run.steps), seconds=time.perf_counter() - began)


def _begin(
    run: Run, recorder: StepRecorder | None, data: ImageData, options: TrainOptions, *, resume: bool
) -> tuple[CheckpointFile | None, Checkpoint | None]:
    """Record the untrained model, or find where a run stopped; :attr:`Run.steps` is filled either way."""
    untrained = run.measure(0, 0)
    if recorder is not None and not getattr(recorder, "started", False):
        recorder.start(**untrained.metrics)
    path = getattr(recorder, "checkpoint", None)
    file = None if path is None else CheckpointFile(path, data, options)
    found = file.load() if file is not None and resume else None
    run.steps = [untrained] if found is None else [Step.from_json(step) for step in found.steps]
    return file, found


def _train_and_record(
    run: Run,
    recorder: StepRecorder | None,
    progress: Progress | None,
    file: CheckpointFile | None,
    stop: StopRequest,
) -> None:
    """One epoch: the step is recorded first, then the checkpoint replaced, so that either order of a stop is whole."""
    try:
        run.train_epoch(stop, None if progress is None else progress.batch_done)
    except InterruptedRunError as interrupted:
        if file is not None:
            file.save(run.checkpoint())
        raise InterruptedRunError(interrupted.message, hint=_kept(run.epoch - 1)) from None
    step = run.measure(run.epoch, run.epoch * run.batches)
    if recorder is not None:
        recorder.step(run.epoch, global_step=step.step, **step.metrics)
    run.finish_epoch(step)
    if progress is not None:
        progress.epoch_done(step)
    if file is not None:
        file.save(run.checkpoint())


def _kept(epoch: int) -> str:
    return f"Recorded: epochs 0 to {epoch}."
