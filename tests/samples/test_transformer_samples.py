"""The transformer samples run as they are, and stand on a belt."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nn2gltf.gltf import check_glb

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.mark.parametrize("sample", ["char_gpt", "small_vit"])
def test_a_transformer_in_training(tmp_path: Path, sample: str) -> None:
    scene = tmp_path / "scene.glb"
    command = [sys.executable, str(SAMPLES / f"{sample}.py"), str(scene)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SAMPLES.parent)}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=280, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stderr
    report = check_glb(scene)
    assert not report.errors
    assert not report.warnings
    assert b"blocks stand folded: attention weights above" in scene.read_bytes()
