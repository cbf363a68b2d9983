"""Stops a recorded training at random moments, goes on, and compares: ``python fault_runner.py KIND COUNT FOLDER``.

KIND is ``kill`` (SIGKILL), ``interrupt`` (SIGINT) or ``naive``: SIGKILL while files are written in place, the control.
Everything is forked from one process that has imported torch but computed nothing, so that an attempt takes a second.
Writing is slowed down in all of them, so that many stops fall into it. Prints one JSON object.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nn2gltf.api.recording import Recorder
from nn2gltf.errors import InterruptedRunError, Nn2gltfError
from nn2gltf.record import read_recording, store
from nn2gltf.train import checkpoint
from nn2gltf.train.data import load_dataset
from nn2gltf.train.loop import train_model
from nn2gltf.train.options import TrainOptions

PIECE, PAUSE_S = 1 << 13, 0.0004
NAIVE_PAUSE_S = 0.3
EPOCHS = 4


def load_few() -> Any:
    data = load_dataset("digits")
    parts = {"train_images": 160, "train_labels": 160, "test_images": 40, "test_labels": 40}
    return dataclasses.replace(data, **{name: getattr(data, name)[:count] for name, count in parts.items()})


def slow_down() -> None:
    real = os.write

    def write(descriptor: int, data: Any) -> int:
        if len(data) > PIECE:
            time.sleep(PAUSE_S)
        return real(descriptor, memoryview(data)[:PIECE])

    os.write = write


def write_in_place(path: Path, chunks: Iterable[Any]) -> int:
    """What people write: the file is opened and filled, here on a disk that takes its time."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    time.sleep(NAIVE_PAUSE_S)
    for chunk in chunks:
        view = memoryview(chunk).cast("B")
        while view:
            view = view[os.write(descriptor, view) :]
    os.close(descriptor)
    return 0


def train(folder: Path, data: Any, *, resume: bool) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(1152, 10),
    )
    probes = torch.from_numpy(data.normalise(data.test_images[:5]))
    with Recorder(model, probes=probes, path=folder, resume=resume) as recorder:
        train_model(model, data, TrainOptions(epochs=EPOCHS, batch_size=32), recorder=recorder, resume=resume)


def in_child(action: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        action()
        status = 0
    except InterruptedRunError:
        status = 130
    except (Nn2gltfError, RuntimeError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(status)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    found = next(folder.rglob("checkpoint.pt"))
    state: dict[str, torch.Tensor] = torch.load(found, weights_only=True)["state"]["model"]
    return state


def problems(folder: Path, expected: dict[str, torch.Tensor], status: int) -> list[str]:
    """What is wrong after going on."""
    if status:
        return [f"going on ended with {status}"]
    try:
        recording = read_recording(folder)
        for layer_id in recording.recorded:
            recording.activation(layer_id, -1)
        found = weights(folder)
    except (Nn2gltfError, StopIteration, RuntimeError) as error:
        return [f"{type(error).__name__}: {error}"]
    wrong = [] if len(recording.steps) == EPOCHS + 1 else [f"{len(recording.steps)} steps"]
    wrong += [f"{name} differs" for name in expected if not torch.equal(expected[name], found[name])]
    wrong += [f"left over: {path.name}" for path in folder.rglob("*") if ".tmp" in path.name]
    return wrong


def finished_steps(folder: Path) -> int:
    try:
        return len(read_recording(folder).steps)
    except Nn2gltfError:
        return 0


def main() -> None:
    kind, count, base = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    torch.set_num_threads(1)
    data, rng = load_few(), random.Random(kind)
    began = time.perf_counter()
    _, status = os.waitpid(in_child(lambda: train(base / "whole", data, resume=False)), 0)
    length = time.perf_counter() - began
    assert status == 0
    expected = weights(base / "whole")
    slow_down()
    if kind == "naive":
        store.write_atomic = write_in_place
        checkpoint.write_atomic = write_in_place
    found: dict[str, Any] = {"attempts": 0, "stopped": 0, "lost": [], "resumed_from": []}
    while found["stopped"] < count and found["attempts"] < 4 * count:
        found["attempts"] += 1
        folder = base / str(found["attempts"])
        child = in_child(lambda folder=folder: train(folder, data, resume=False))
        # Long enough to let the handler for SIGINT be in place.
        time.sleep(length * (0.25 + 1.1 * rng.random()))
        os.kill(child, signal.SIGINT if kind == "interrupt" else signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if status == 0:
            continue
        found["stopped"] += 1
        found["resumed_from"].append(finished_steps(folder))
        _, status = os.waitpid(in_child(lambda folder=folder: train(folder, data, resume=True)), 0)
        found["lost"] += [
            f"attempt {found['attempts']}: {text}" for text in problems(folder, expected, status)
        ]
        if kind == "naive" and found["lost"]:
            break
    print(json.dumps(found))


if __name__ == "__main__":
    main()
