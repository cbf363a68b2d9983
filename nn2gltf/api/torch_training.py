"""One training with recording, and everything it leaves behind; torch is loaded with this module."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from nn2gltf.api.keeping import keeping
from nn2gltf.api.outputs import WrittenFile
from nn2gltf.api.recording import Recorder
from nn2gltf.api.scenes import SceneOptions, encode_recording, write_scene
from nn2gltf.api.torch_model import save_model
from nn2gltf.api.torch_subject import read_subject
from nn2gltf.errors import InterruptedRunError, UsageError, WriteError, safe
from nn2gltf.ir.json import JsonObject
from nn2gltf.ir.recording import Recording, Step
from nn2gltf.record import choose_probes
from nn2gltf.train.data import ImageData
from nn2gltf.train.datasets import DATASETS
from nn2gltf.train.loop import Progress, train_model
from nn2gltf.train.options import TrainOptions
from nn2gltf.train.registry import build_model, model_names


@dataclass(frozen=True, kw_only=True)
class TrainingJob:
    """What is trained on, and what is to be written.

    Attributes:
        data_name: The name that was asked for; ``images`` is what it gave.
        outputs: Scenes, the same one in several forms.
        record: Folder to record into; in memory when None.
        save: Model file.
        resume: Go on with the run that ``record`` holds.
        scene_options: Keywords of :class:`~nn2gltf.api.scenes.SceneOptions`.
    """

    data_name: str
    images: ImageData
    options: TrainOptions | None = None
    outputs: tuple[Path, ...] = ()
    record: str | os.PathLike[str] | None = None
    save: str | os.PathLike[str] | None = None
    resume: bool = False
    scene_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> TrainOptions:
        """The options, or the defaults."""
        return self.options or TrainOptions()


@dataclass(frozen=True, kw_only=True)
class TrainedRun:
    """A finished training.

    Attributes:
        model: The trained module.
        steps: The untrained model, then every epoch.
        data: A sentence on which data was used and where it came from.
        seconds: Wall time of the training.
        recording: What was recorded.
        files: What was written, the scene first.
    """

    model: Any
    steps: tuple[Step, ...]
    data: str
    seconds: float
    recording: Recording
    files: tuple[WrittenFile, ...] = ()

    def to_json(self) -> JsonObject:
        """JSON form."""
        return {
            "data": self.data,
            "seconds": round(self.seconds, 3),
            "steps": [step.to_json() for step in self.steps],
            "files": [file.to_json() for file in self.files],
        }


def run_job(job: TrainingJob, model: Any, *, progress: Progress | None, force: bool) -> TrainedRun:
    """Train, record and write; an interrupted run writes what it has before it says so.

    Raises:
        InterruptedRunError: Ctrl+C; the message names what was written.
    """
    module, name = _build(model, job.images, job.settings.seed)
    recorder = _make_recorder(job, module, name, force=force)
    with _noted(job, recorder):
        return _train(job, module, name, recorder, progress=progress)


@contextlib.contextmanager
def _noted(job: TrainingJob, recorder: Recorder) -> Iterator[None]:
    """A signal that stops at once learns what is on the disk; whoever reports it adds what the note says."""
    try:
        yield
    except Exception:
        raise
    except BaseException as stop:
        if job.record is not None and recorder.steps:
            # Read from the disk: the signal may have come between a step's last byte there and its count here.
            epoch = f"{recorder.recording().steps[-1].epoch:g}"
            stop.add_note(f"Recorded up to epoch {epoch}: nn2gltf export {shlex.quote(str(job.record))}")
        raise


def _train(
    job: TrainingJob, module: nn.Module, name: str, recorder: Recorder, *, progress: Progress | None
) -> TrainedRun:
    try:
        result = train_model(
            module, job.images, job.settings, recorder=recorder, progress=progress, resume=job.resume
        )
    except WriteError as error:
        raise _explained(error, job, recorder) from error
    except InterruptedRunError as stop:
        recorder.close()
        files = _write_files(job, module, name, recorder.recording())
        raise _interrupted(stop, job, files) from stop
    finally:
        recorder.close()
    recording = recorder.recording()
    return TrainedRun(
        model=module,
        steps=result.steps,
        data=job.images.source,
        seconds=result.seconds,
        recording=recording,
        files=_write_files(job, module, name, recording),
    )


def _make_recorder(job: TrainingJob, module: nn.Module, name: str, *, force: bool) -> Recorder:
    """One probe of each class, the most typical of the test images."""
    images = job.images
    chosen = choose_probes(images.test_images, images.test_labels)
    main = SceneOptions.from_keywords(**job.scene_options).encode.probe
    if main is not None and not 0 <= main < len(chosen):
        raise UsageError(f"there is no probe {main}", hint=f"Probes are 0 to {len(chosen) - 1}.")
    return Recorder(
        module,
        probes=images.normalise(images.test_images[chosen]),
        labels=images.test_labels[chosen],
        path=job.record,
        classes=images.classes,
        thumbnails=list(images.test_images[chosen]),
        meta={
            "dataset": images.name,
            "source": images.source,
            "model": name,
            "training": job.settings.to_json(),
        },
        resume=job.resume,
        force=force,
    )


def _explained(error: WriteError, job: TrainingJob, recorder: Recorder) -> WriteError:
    """A full disk in the middle of a run: what is kept, and how to go on."""
    if job.record is None:
        return error
    if not recorder.steps:
        hint = f"Nothing is recorded in {safe(job.record)} yet. Free space, or choose another disk, and start again."
        return WriteError(error.message, where=error.where, hint=hint)
    hint = (
        f"Recorded and whole: epochs 0 to {recorder.steps[-1].epoch:g}. Make room, then go on with: "
        f"nn2gltf train ... --record {safe(job.record)} --resume"
    )
    return WriteError(error.message, where=error.where, hint=hint)


def _write_files(
    job: TrainingJob, module: nn.Module, name: str, recording: Recording
) -> tuple[WrittenFile, ...]:
    """The scene, drawn once, in each form, and the model; when one fails, the training is not lost with it.

    Raises:
        Nn2gltfError: What failed, and where the recording is.
    """
    saved: list[WrittenFile] = []
    with keeping(recording, job.record, beside=[*job.outputs, *([job.save] if job.save else [])]):
        if job.save is not None:
            # First: it is small, and all that is needed to go on with the trained model.
            facts: JsonObject = {
                "model": name,
                "data": _data_name(job),
                "dataset": job.images.name,
                "epochs": recording.steps[-1].epoch,
                "mean": job.images.mean,
                "std": job.images.std,
            }
            saved.append(WrittenFile(path=Path(job.save), size=save_model(module, job.save, facts)))
        if not job.outputs:
            return tuple(saved)
        scene = encode_recording(
            recording,
            SceneOptions.from_keywords(**job.scene_options),
            made_with={"train": job.settings.to_json()},
        )
        return (*(write_scene(scene, output) for output in job.outputs), *saved)


def _interrupted(
    stop: InterruptedRunError, job: TrainingJob, files: tuple[WrittenFile, ...]
) -> InterruptedRunError:
    kept = [str(written.path) for written in files] + ([str(job.record)] if job.record else [])
    hint = f"Written with the epochs so far: {', '.join(kept)}." if kept else "Nothing was to be written."
    if job.record:
        hint += " Go on with --resume."
    return InterruptedRunError(stop.message, hint=hint)


def _data_name(job: TrainingJob) -> str:
    """The name that gives this data again: what ``auto`` took, else what was asked for."""
    taken = next((name for name, family in DATASETS.items() if family.title == job.images.name), "digits")
    return taken if job.data_name == "auto" else job.data_name


def _build(model: Any, images: ImageData, seed: int) -> tuple[nn.Module, str]:
    if isinstance(model, str) and (model in model_names() or ":" not in model):
        built = build_model(
            model, classes=len(images.classes), seed=seed, channels=images.channels, side=images.side
        )
        return built, model
    subject = read_subject(model, seed=seed)
    return subject.module, subject.name
