"""Every sample runs and leaves what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nn2gltf.gltf import check_glb

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def test_the_readmes_first_scene(tmp_path: Path) -> None:
    output = tmp_path / "first_scene.glb"
    command = [sys.executable, str(SAMPLES / "first_scene.py"), str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(output)
    report = check_glb(output)
    assert not report.errors
    assert not report.warnings


def test_the_pictures_program_explains_itself() -> None:
    command = [sys.executable, str(SAMPLES / "pictures.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0
    assert "--data-dir" in done.stdout


def test_the_readme_shows_pictures_that_exist() -> None:
    root = SAMPLES.parent
    text = (root / "README.md").read_text("utf-8")
    links = [part.partition(")")[0] for part in text.split("](")[1:]]
    local = [link for link in links if not link.startswith("http")]
    assert local
    missing = [link for link in local if not (root / link).exists()]
    assert not missing
