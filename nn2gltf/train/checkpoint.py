"""The state of a training run in one file, so that it goes on as if it had never stopped."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nn2gltf.errors import RecordingError, safe
from nn2gltf.files import write_atomic
from nn2gltf.ir.json import JsonObject
from nn2gltf.train.data import ImageData
from nn2gltf.train.options import TrainOptions

FORMAT = "nn2gltf checkpoint 1"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Where a run is.

    Attributes:
        epoch: The epoch that is going on, from 1; epochs before it are finished and recorded.
        batch: Optimiser steps of it that are done.
        order: State of the generator of the data's order when the epoch began.
        steps: JSON of the finished steps.
        state: Of model, optimiser, schedule and every random generator.
    """

    epoch: int
    batch: int
    order: Tensor
    steps: tuple[JsonObject, ...]
    state: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class TrainState:
    """The parts of a run that change."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler

    def capture(self) -> dict[str, Any]:
        """Everything that a run needs to go on; references, not copies."""
        name, keys, *rest = np.random.get_state()  # what augmentation of old draws from
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if _uses_cuda() else [],
            "python": random.getstate(),
            "numpy": [str(name), torch.from_numpy(np.array(keys, dtype=np.int64)), *rest],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put everything back.

        Raises:
            RecordingError: It is of another model or optimiser.
        """
        try:
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.schedule.load_state_dict(state["schedule"])
            torch.set_rng_state(state["torch"])
            if state["cuda"] and _uses_cuda():
                torch.cuda.set_rng_state_all(state["cuda"])
            random.setstate(state["python"])
            name, keys, *rest = state["numpy"]
            np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            reason = safe(" ".join(str(error).split()), limit=160)
            raise RecordingError(f"the checkpoint does not fit the model: {reason}") from error


class CheckpointFile:
    """Saves and loads the checkpoints of one run.

    Args:
        path: The file, beside the run's steps.
        data, options: What the run must have in common with the one that it goes on with.
    """

    def __init__(self, path: Path, data: ImageData, options: TrainOptions) -> None:
        self.path = path
        self._settings = {"training": options.to_json(), "data": _fingerprint(data)}

    def save(self, checkpoint: Checkpoint) -> None:
        """Replace the file; it is whole at every moment.

        Raises:
            WriteError: The disk is full or fails; the checkpoint before is intact.
        """
        stream = io.BytesIO()
        content = {
            "format": FORMAT,
            "settings": json.dumps(self._settings, sort_keys=True),
            "epoch": checkpoint.epoch,
            "batch": checkpoint.batch,
            "order": checkpoint.order,
            "steps": json.dumps(list(checkpoint.steps), allow_nan=False),
            "state": dict(checkpoint.state),
        }
        torch.save(content, stream)
        write_atomic(self.path, [stream.getbuffer()])

    def load(self) -> Checkpoint | None:
        """The saved state, None when there is none. Runs no code from the file.

        Raises:
            RecordingError: It is damaged, or of a run with other data or settings.
        """
        if not self.path.is_file():
            return None
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=True)
            if content["format"] != FORMAT:
                raise ValueError("another format")
            settings = json.loads(content["settings"])
            found = Checkpoint(
                epoch=int(content["epoch"]),
                batch=int(content["batch"]),
                order=content["order"],
                steps=tuple(json.loads(content["steps"])),
                state=content["state"],
            )
        except Exception as error:  # a damaged archive fails in many ways, all of them meaning the same
            hint = "Start again without --resume."
            raise RecordingError("the checkpoint is damaged", where=str(self.path), hint=hint) from error
        self._check(settings)
        return found

    def _check(self, settings: Mapping[str, Any]) -> None:
        then, now = settings["training"], self._settings["training"]
        assert isinstance(now, dict)
        changed = sorted(key for key in now if then.get(key) != now[key])
        if changed:
            key = changed[0]
            raise RecordingError(
                f"the run had {key} {safe(then.get(key))}, not {safe(now[key])}",
                where=str(self.path),
                hint="Give the same settings, or start again without --resume.",
            )
        if settings["data"] != self._settings["data"]:
            raise RecordingError(
                "the run had other data", where=str(self.path), hint="Give the same --data and --data-dir."
            )


def _fingerprint(data: ImageData) -> str:
    digest = hashlib.sha256()
    for part in (data.train_images, data.train_labels, data.test_images, data.test_labels):
        digest.update(str((part.shape, part.dtype)).encode())
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _uses_cuda() -> bool:
    return torch.cuda.is_available() and torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
