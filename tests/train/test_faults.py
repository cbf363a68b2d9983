"""Stopped at random moments, on a full disk and by another writer: nothing recorded is lost, and the run goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nn2gltf.record import read_recording

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX only: needs fork and signals")

ROOT = Path(__file__).parents[2]
RUNNER = ROOT / "tests" / "support" / "fault_runner.py"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def run_faults(kind: str, count: int, folder: Path) -> dict[str, Any]:
    command = [sys.executable, str(RUNNER), kind, str(count), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# Random moments need many attempts to mean something, and minutes; kills at every single write, with their control,
# run in each `make test` (tests/record/test_recording_kill.py).
@pytest.mark.full
@pytest.mark.timeout(1800)
def test_killed_at_random_times(tmp_path: Path) -> None:
    found = run_faults("kill", 100, tmp_path)
    assert found["lost"] == []
    assert found["stopped"] == 100
    assert len(set(found["resumed_from"])) > 1, "the kills fell at one place only"


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_interrupted_at_random_times(tmp_path: Path) -> None:
    found = run_faults("interrupt", 50, tmp_path)
    assert found["lost"] == []
    assert found["stopped"] == 50


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_the_control_loses_runs(tmp_path: Path) -> None:
    assert run_faults("naive", 40, tmp_path)["lost"]


def train_command(folder: Path, *more: str) -> list[str]:
    options = ["--data", "digits", "--model", "mlp", "--epochs", "2", "--record", str(folder)]
    return [sys.executable, "-m", "nn2gltf", "train", *options, *more]


def test_a_file_size_limit_keeps_everything_and_says_how_to_go_on(tmp_path: Path) -> None:
    """The step fits below the limit, the checkpoint, three times as large, does not."""
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, resource.RLIM_INFINITY))

    run: dict[str, Any] = {"capture_output": True, "text": True, "env": ENVIRONMENT}
    folder = tmp_path / "run.nn2gltf"
    done = subprocess.run(train_command(folder), check=False, preexec_fn=limit, **run)
    assert done.returncode == 74, done.stderr
    assert "Recorded and whole: epochs 0 to 1. Make room, then go on with" in done.stderr
    assert f"--record {folder} --resume" in done.stderr
    assert [step.epoch for step in read_recording(folder).steps] == [0, 1]
    assert not [path for path in folder.rglob("*") if ".tmp" in path.name]
    done = subprocess.run(train_command(folder, "--resume"), check=False, **run)
    assert done.returncode == 0, done.stderr
    assert [step.epoch for step in read_recording(folder).steps] == [0, 1, 2]


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    from nn2gltf.record.lock import FolderLock

    folder = tmp_path / "run.nn2gltf"
    folder.mkdir()
    lock = FolderLock(folder)
    for more in ((), ("--resume",)):
        done = subprocess.run(
            train_command(folder, *more), capture_output=True, text=True, check=False, env=ENVIRONMENT
        )
        assert done.returncode == 73, done.stderr
        assert "another run is writing there" in done.stderr
    lock.release()


def test_resume_needs_a_recording() -> None:
    command = [sys.executable, "-m", "nn2gltf", "train", "--data", "digits", "--resume"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 2
    assert "--record run.nn2gltf" in done.stderr
