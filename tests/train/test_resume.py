"""A run that stops and goes on equals one that never stopped, bit for bit; going on carelessly does not."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nn2gltf.api.recording import Recorder
from nn2gltf.errors import InterruptedRunError, RecordingError, UsageError
from nn2gltf.record import read_recording
from nn2gltf.train.data import ImageData, load_dataset
from nn2gltf.train.loop import train_model
from nn2gltf.train.options import TrainOptions

ROOT = Path(__file__).parents[2]
OPTIONS = TrainOptions(epochs=4, batch_size=32)


@pytest.fixture(scope="module")
def few() -> ImageData:
    data = load_dataset("digits")
    return dataclasses.replace(
        data,
        train_images=data.train_images[:160],
        train_labels=data.train_labels[:160],
        test_images=data.test_images[:40],
        test_labels=data.test_labels[:40],
    )


class Restless(nn.Module):
    """Random numbers from everywhere, dropout, and statistics that depend on the order of batches."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5, stride=2)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(4 * 12 * 12, 10)

    def forward(self, images: Tensor) -> Tensor:
        noise = 1.0
        if self.training:
            noise += 1e-3 * (random.random() + float(np.random.rand()) + float(torch.rand(())))
        return self.out(self.drop(self.norm(self.conv(images))).flatten(1)) * noise


class StopAt:
    """Presses Ctrl+C after so many batches, or raises like a crash after so many epochs."""

    def __init__(self, batch: int | None = None, crash: int | None = None) -> None:
        self.batch, self.crash, self.seen, self.epochs = batch, crash, 0, 0

    def batch_done(self, epoch: int, done: int, total: int) -> None:
        self.seen += 1
        if self.seen == self.batch:
            os.kill(os.getpid(), signal.SIGINT)

    def epoch_done(self, step: Any) -> None:
        self.epochs += 1
        if self.epochs == self.crash:
            raise ZeroDivisionError


def run(
    data: ImageData, path: Path, *, stop: StopAt | None = None, resume: bool = False
) -> dict[str, Tensor]:
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    model = Restless()
    probes = torch.from_numpy(data.normalise(data.test_images[:5]))
    recorder = Recorder(model, probes=probes, path=path, resume=resume)
    try:
        train_model(model, data, OPTIONS, recorder=recorder, progress=stop, resume=resume)
    finally:
        recorder.close()
    return {key: value.clone() for key, value in model.state_dict().items()}


def differing(a: dict[str, Tensor], b: dict[str, Tensor]) -> list[str]:
    return [key for key in a if not torch.equal(a[key], b[key])]


def assert_same_recording(one: Path, other: Path) -> None:
    a, b = read_recording(one), read_recording(other)
    assert [step.to_json() for step in a.steps] == [step.to_json() for step in b.steps]
    for step in range(len(a.steps)):
        for layer_id in a.recorded:
            np.testing.assert_array_equal(a.activation(layer_id, step), b.activation(layer_id, step))
        np.testing.assert_array_equal(a.weight("conv.weight", step), b.weight("conv.weight", step))


@pytest.mark.parametrize("batch", [1, 5, 7, 14])
def test_after_ctrl_c_in_the_middle_of_an_epoch(few: ImageData, tmp_path: Path, batch: int) -> None:
    whole = run(few, tmp_path / "whole")
    with pytest.raises(InterruptedRunError):
        run(few, tmp_path / "run", stop=StopAt(batch=batch))
    assert differing(whole, run(few, tmp_path / "run", resume=True)) == []
    assert_same_recording(tmp_path / "whole", tmp_path / "run")
    again = run(few, tmp_path / "run", resume=True)
    assert differing(whole, again) == []


def test_interrupted_twice_and_crashed_once(few: ImageData, tmp_path: Path) -> None:
    whole = run(few, tmp_path / "whole")
    for stop in (StopAt(batch=3), StopAt(batch=4), StopAt(crash=3)):
        with pytest.raises((InterruptedRunError, ZeroDivisionError)):
            run(few, tmp_path / "run", stop=stop, resume=True)
    assert differing(whole, run(few, tmp_path / "run", resume=True)) == []
    assert_same_recording(tmp_path / "whole", tmp_path / "run")


@pytest.mark.parametrize("forgotten", ["torch", "python", "numpy", "optimizer", "order"])
def test_the_control_forgets_a_part(
    few: ImageData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    """Without any one part of the state the result differs, so the test above would notice it missing."""
    from nn2gltf.train.run import Run

    whole = run(few, tmp_path / "whole")
    with pytest.raises(InterruptedRunError):
        run(few, tmp_path / "run", stop=StopAt(batch=7))
    restore = Run.restore

    def careless(self: Run, checkpoint: Any) -> None:
        fresh = self.checkpoint()
        if forgotten == "order":
            checkpoint = dataclasses.replace(checkpoint, order=fresh.order)
        else:
            checkpoint = dataclasses.replace(
                checkpoint, state={**checkpoint.state, forgotten: fresh.state[forgotten]}
            )
        restore(self, checkpoint)

    monkeypatch.setattr(Run, "restore", careless)
    assert "out.weight" in differing(whole, run(few, tmp_path / "run", resume=True))


def test_other_settings_or_data_are_refused(few: ImageData, tmp_path: Path) -> None:
    with pytest.raises(InterruptedRunError):
        run(few, tmp_path / "run", stop=StopAt(batch=7))

    def go_on(data: ImageData, options: TrainOptions) -> None:
        model = Restless()
        probes = torch.from_numpy(data.normalise(data.test_images[:5]))
        with Recorder(model, probes=probes, path=tmp_path / "run", resume=True) as recorder:
            train_model(model, data, options, recorder=recorder, resume=True)

    with pytest.raises(RecordingError, match="the run had epochs 4, not 5"):
        go_on(few, dataclasses.replace(OPTIONS, epochs=5))
    with pytest.raises(RecordingError, match="the run had other data"):
        go_on(dataclasses.replace(few, train_labels=few.train_labels[::-1].copy()), OPTIONS)
    checkpoint = tmp_path / "run" / "checkpoint.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    with pytest.raises(RecordingError, match="the checkpoint is damaged"):
        go_on(few, OPTIONS)


def test_another_model_or_other_probes_are_refused(tmp_path: Path) -> None:
    x = torch.rand(3, 4)
    with Recorder(nn.Linear(4, 2), probes=x, path=tmp_path / "run"):
        pass
    with pytest.raises(RecordingError, match="of another model"):
        Recorder(nn.Linear(4, 3), probes=x, path=tmp_path / "run", resume=True).start()
    with pytest.raises(RecordingError, match="with other probes"):
        Recorder(nn.Linear(4, 2), probes=x + 1, path=tmp_path / "run", resume=True).start()
    recorder = Recorder(nn.Linear(4, 2), probes=x, path=tmp_path / "run", resume=True).start()
    assert [step.epoch for step in recorder.steps] == [0]
    with pytest.raises(UsageError, match="does not follow"):
        recorder.step(0)
    recorder.close()
    fresh = Recorder(nn.Linear(4, 2), probes=x, path=tmp_path / "new", resume=True).start()
    assert [step.epoch for step in fresh.steps] == [0]
    fresh.close()


def command(folder: Path, *more: str) -> list[str]:
    data = ["--data", "digits", "--model", "mlp", "--epochs", "6", "--batch-size", "16"]
    return [
        sys.executable,
        "-m",
        "nn2gltf",
        "train",
        *data,
        "--record",
        str(folder),
        "--save",
        f"{folder}.pt",
        *more,
    ]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def wait_for_step(folder: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Until so many steps are recorded, or the process ends."""
    while process.poll() is None and not (folder / "steps" / f"{count:04d}.safetensors").exists():
        time.sleep(0.005)


def weights(folder: Path) -> dict[str, Tensor]:
    state: dict[str, Tensor] = torch.load(folder / "checkpoint.pt", weights_only=True)["state"]["model"]
    return state


def stop_and_go_on(folder: Path, rng: random.Random, number: signal.Signals) -> tuple[int, bool]:
    """Start, stop with a signal at a random moment, go on; the status, and whether the signal arrived in time."""
    pipes: dict[str, Any] = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        "env": environment(),
    }
    process = subprocess.Popen(command(folder), **pipes)
    wait_for_step(folder, rng.randrange(6), process)
    time.sleep(rng.random() * 0.12)
    process.send_signal(number)
    _, complaint = process.communicate(timeout=200)
    stopped = process.returncode != 0
    if number == signal.SIGINT and stopped:
        assert process.returncode == 130, complaint
        assert "--resume" in complaint or "interrupted" in complaint.lower()
    before = len(read_recording(folder).steps)
    result = subprocess.run(command(folder, "--resume"), check=False, **pipes)
    assert result.returncode == 0, result.stderr
    assert len(read_recording(folder).steps) == 7 >= before
    left = [path.name for path in folder.rglob("*") if ".tmp" in path.name]
    assert left == []
    return process.returncode, stopped


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("count", [1, pytest.param(50, marks=pytest.mark.full)])
def test_the_command_stopped_and_resumed(tmp_path: Path, kind: signal.Signals, count: int) -> None:
    reference = tmp_path / "whole.nn2gltf"
    subprocess.run(command(reference), check=True, capture_output=True, env=environment())
    expected = weights(reference)
    rng, arrived = random.Random(count), 0
    for attempt in range(count if kind == signal.SIGINT else 2 * count if count > 1 else 1):
        folder = tmp_path / f"{attempt}.nn2gltf"
        _, stopped = stop_and_go_on(folder, rng, kind)
        arrived += stopped
        assert differing(expected, weights(folder)) == []
    assert arrived >= max(1, count // 2)
