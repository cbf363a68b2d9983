"""One mistake has one code: what may not be read gives 66 and the fix, whichever command meets it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_scenes import tiny_scene

from nn2gltf.files import write_atomic
from nn2gltf.gltf import write_glb

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only: capabilities and modes")

DROP_FROM_BOUNDING_SET, DAC_OVERRIDE, DAC_READ_SEARCH = 24, 1, 2


def without_privileges() -> None:
    """In a child: root obeys the modes of files, as others do."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        for capability in (DAC_OVERRIDE, DAC_READ_SEARCH):
            if libc.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0):
                raise OSError("prctl")


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "nn2gltf", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=without_privileges,
    )
    return done.returncode, done.stderr.strip()


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """A folder with a scene, a configuration, an array and a folder, all of mode 000, and one model as a control."""
    write_atomic(tmp_path / "sec.glb", write_glb(tiny_scene()))
    write_atomic(tmp_path / "open.glb", write_glb(tiny_scene()))
    (tmp_path / "sec.toml").write_text("[export]\n")
    (tmp_path / "sec.pt").write_bytes(b"PK\x03\x04")
    np.save(tmp_path / "sec.npy", np.zeros((1, 4), np.float32))
    (tmp_path / "secdir").mkdir()
    (tmp_path / "secdir" / "in.pt").write_bytes(b"PK\x03\x04")
    (tmp_path / "net.py").write_text("from torch import nn\n\ndef make():\n    return nn.Linear(4, 2)\n")
    for path in tmp_path.glob("sec*"):
        path.chmod(0)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["inspect", "sec.glb"], "file"),
        (["inspect", "sec.pt"], "file"),
        (["inspect", "secdir"], "folder"),
        (["inspect", "secdir/in.pt"], "folder it is in"),
        (["validate", "sec.glb"], "file"),
        (["view", "sec.glb", "--no-browser"], "file"),
        (["html", "sec.glb", "-o", "x.html"], "file"),
        (["export", "sec.pt"], "file"),
        (["export", "secdir"], "folder"),
        (["export", "net.py:make", "--config", "sec.toml"], "file"),
        (["export", "net.py:make", "--sample", "sec.npy"], "file"),
        (["export", "net.py:make", "--sample", "sec.glb"], "file"),
    ],
)
def test_what_may_not_be_read_gives_one_code_and_the_fix(
    locked: Path, arguments: list[str], what: str
) -> None:
    code, err = run(locked, *arguments)
    try:
        assert (code, err.count("\n")) == (66, 0), err
        assert "permission denied" in err
        assert err.endswith(f"Make the {what} readable.")
    finally:
        for path in locked.glob("sec*"):
            path.chmod(0o700)


def test_a_readable_scene_beside_them_is_read(locked: Path) -> None:
    code, err = run(locked, "inspect", "open.glb")
    assert code == 0, err
