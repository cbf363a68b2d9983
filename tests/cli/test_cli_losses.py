"""What a training leaves when its disk is full or it is stopped, and what the one line then says."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from nn2gltf.api import keeping, torch_training
from nn2gltf.cli import main
from nn2gltf.errors import WriteError
from nn2gltf.record import read_recording

QUICK = ["train", "--data", "digits", "--model", "mlp", "--epochs", "1"]
DEADLINE_S = 120


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No scene can be written; recordings can."""

    def fail(_scene: object, path: Path) -> None:
        raise WriteError("no space left on device", where=str(path))

    monkeypatch.setattr(torch_training, "write_scene", fail)


def test_a_training_is_kept_beside_the_scene_that_could_not_be_written(
    full_disk: None, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("f.nn2gltf").write_text("mine")
    assert main([*QUICK, "-o", "f.glb", "--save", "m.pt"]) == 74
    err = capsys.readouterr().err.strip()
    assert err.endswith(
        "no space left on device (f.glb). Free space, or choose another disk. "
        "The training is kept in f-2.nn2gltf. Then: nn2gltf export f-2.nn2gltf"
    )
    assert [step.epoch for step in read_recording("f-2.nn2gltf").steps] == [0, 1]
    assert Path("m.pt").is_file(), "the model is saved whatever happens to the scene"
    assert Path("f.nn2gltf").read_text() == "mine"
    assert main(["export", "f-2.nn2gltf", "-o", "later.glb"]) == 0


def test_a_recorded_training_is_named(full_disk: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "-o", "f.glb", "--record", "run"]) == 74
    assert "The training is kept in run. Then: nn2gltf export run" in capsys.readouterr().err
    assert sorted(path.name for path in Path().iterdir()) == ["run"], "nothing is kept twice"


def test_a_disk_that_takes_nothing_is_said_and_nothing_half_stays(
    full_disk: None,
    in_a_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def half(_recording: object, folder: Path) -> None:
        (folder / "steps").mkdir(parents=True)
        (folder / "steps" / "0000.safetensors").write_text("x")
        raise WriteError("no space left on device", where=str(folder))

    temporary = in_a_folder / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(keeping.tempfile, "gettempdir", lambda: str(temporary))
    monkeypatch.setattr(keeping, "write_recording", half)
    assert main([*QUICK, "-o", "f.glb"]) == 74
    assert "The training could not be kept either" in capsys.readouterr().err
    assert [path.name for path in Path().rglob("*")] == ["tmp"]


def stopped(signals: Sequence[int], record: str) -> tuple[int, str]:
    """Exit code and last line of a training that gets signals after its first epoch."""
    run = subprocess.Popen(
        [sys.executable, "-m", "nn2gltf", *QUICK[:-1], "5000", "--record", record],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + DEADLINE_S
        while not Path(record, "steps", "0002.safetensors").exists() and time.monotonic() < until:
            time.sleep(0.05)
        for number in signals:
            run.send_signal(number)
            time.sleep(0.02)
        _, err = run.communicate(timeout=DEADLINE_S)
    finally:
        run.kill()
    return run.returncode, err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only: signals")
def test_sigterm_says_what_is_recorded() -> None:
    code, err = stopped([signal.SIGTERM], "run4")
    last = f"{read_recording('run4').steps[-1].epoch:g}"
    assert (code, err.count("\n")) == (143, 1), err
    assert err.endswith(f"stopped by SIGTERM. Recorded up to epoch {last}: nn2gltf export run4\n")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only: signals")
def test_a_second_interrupt_is_one_line() -> None:
    code, err = stopped([signal.SIGINT, signal.SIGINT], "run5")
    assert (code, err.count("\n")) == (130, 1), repr(err)
    assert "nn2gltf: error[E_INTERRUPTED]: interrupted" in err


def test_an_interrupt_during_start_up_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nn2gltf.api.training.train_model", interrupt)
    assert main(QUICK) == 130
    assert capsys.readouterr().err == "nn2gltf: error[E_INTERRUPTED]: interrupted.\n"
