"""A recording that may still be written: its scene so far, and how far it is."""

from __future__ import annotations

import json
import os
import shlex
import threading
from pathlib import Path

from nn2gltf.api.scenes import SceneOptions, encode_recording
from nn2gltf.errors import InputMissingError, RecordingError, safe
from nn2gltf.gltf import write_glb
from nn2gltf.ir.recording import Recording
from nn2gltf.record import is_being_written, is_recording, read_recording

MOST_OPTIONS = 40
_DATA_NAMES = {
    "UCI digits": "digits",
    "MNIST": "mnist",
    "Fashion-MNIST": "fashion-mnist",
    "KMNIST": "kmnist",
}


class FollowedRun:
    """Gives the newest scene of a recording, made anew only when a step was added.

    Attributes:
        name: What to call it: the folder without its ending.

    Raises:
        InputMissingError: There is no recording of ours.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)
        if not is_recording(self._folder):
            raise InputMissingError(
                "the folder is no recording", where=str(folder), hint="nn2gltf train --record RUN makes one."
            )
        self.name = self._folder.name.removesuffix(".nn2gltf") or "run"
        self._lock = threading.Lock()
        self._made: tuple[tuple[float, ...], bytes] | None = None

    def scene(self) -> bytes:
        """Bytes of a .glb with all finished steps.

        Raises:
            RecordingError: No step is finished yet, or the recording is damaged.
        """
        with self._lock:
            recording = read_recording(self._folder)
            epochs = tuple(step.epoch for step in recording.steps)
            if self._made is None or self._made[0] != epochs:
                self._made = (epochs, bytes(write_glb(encode_recording(recording, SceneOptions()))))
            return self._made[1]

    def status(self) -> bytes:
        """JSON: ``version``, ``steps``, ``finished``, ``options`` as pairs, and the ``command`` to run it again."""
        writing = is_being_written(self._folder)
        try:
            recording: Recording | None = read_recording(self._folder)
        except RecordingError:
            recording = None
        steps = len(recording.steps) if recording else 0
        options = run_options(recording) if recording else []
        state = {
            "version": steps,
            "steps": steps,
            "finished": not writing and steps > 0,
            "options": options,
            "command": run_command(recording, self._folder) if recording else "",
        }
        return json.dumps(state).encode("ascii")


def run_options(recording: Recording) -> list[list[str]]:
    """Settings of the run, as the recording tells them: name and value."""
    meta = recording.meta
    pairs = [
        [key, safe(meta[key])] for key in ("model", "dataset", "weights") if isinstance(meta.get(key), str)
    ]
    training = recording.meta.get("training")
    if isinstance(training, dict):
        pairs += [[safe(key.replace("_", " ")), safe(value)] for key, value in training.items()]
    return pairs[:MOST_OPTIONS]


def run_command(recording: Recording, folder: Path) -> str:
    """The ``nn2gltf train`` line that makes such a recording, or the line that exports this one."""
    training, model = recording.meta.get("training"), recording.meta.get("model")
    if not isinstance(training, dict) or not isinstance(model, str):
        return f"nn2gltf export {shlex.quote(str(folder))}"
    words = ["nn2gltf", "train", "--model", model]
    if data := _DATA_NAMES.get(str(recording.meta.get("dataset"))):
        words += ["--data", data]
    for key in ("epochs", "batch_size", "lr", "seed"):
        if isinstance(value := training.get(key), (int, float)):
            words += [f"--{key.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join([*words, "--record", str(folder)])
