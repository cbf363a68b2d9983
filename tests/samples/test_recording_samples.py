"""The samples on recording run as they are, and leave what they say."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nn2gltf.gltf import check_glb
from nn2gltf.record import read_recording

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": str(SAMPLES.parent),
    "WANDB_MODE": "disabled",
}


def run_sample(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=280, cwd=folder, env=ENVIRONMENT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_scene(path: Path) -> None:
    report = check_glb(path)
    assert not report.errors
    assert not report.warnings


def test_a_loop_of_ones_own(tmp_path: Path) -> None:
    out = run_sample(tmp_path, sys.executable, str(SAMPLES / "own_training_loop.py"))
    assert "dead units after the first ReLU:" in out
    assert_scene(tmp_path / "own_training_loop.glb")
    recording = read_recording(tmp_path / "own_training_loop.nn2gltf")
    assert recording.steps[-1].metrics["test_accuracy"] > 0.9
    assert {"mean", "class-mean", "gradient-norm", "update-ratio", "dead"} <= set(recording.numbers)


@pytest.mark.parametrize("kind", ["ddp", pytest.param("fsdp", marks=pytest.mark.full)])
def test_several_processes(tmp_path: Path, kind: str) -> None:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    more = ["--fsdp"] if kind == "fsdp" else []
    out = run_sample(tmp_path, *torchrun, str(SAMPLES / "ddp.py"), "--epochs", "2", *more)
    assert "355 test pictures seen by 2 processes" in out
    assert_scene(tmp_path / "ddp.glb")


@pytest.mark.parametrize(
    ("name", "package", "scene"),
    [("lightning_callback", "lightning", "lightning"), ("experiment_trackers", "tensorboard", "trackers")],
)
def test_beside_other_packages(tmp_path: Path, name: str, package: str, scene: str) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    # Here torchvision may need its repair before another package imports it (nn2gltf/torch_vision.py).
    program = (
        "import runpy, sys; from nn2gltf.torch_vision import require_torchvision; require_torchvision(); "
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    run_sample(tmp_path, sys.executable, "-c", program, str(SAMPLES / f"{name}.py"))
    assert_scene(tmp_path / f"{scene}.glb")
