"""Blender as a Python module (bpy), one environment a version, driven from tests as a child process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

VERSIONS = ("4.2", "5.0")
DEFAULT_VERSION = "5.0"
SECONDS = 540
PROGRAM = Path(__file__).with_name("blender_program.py")
_MARK = "nn2gltf-answer "


class BlenderError(RuntimeError):
    """Blender said no."""


def find_blender(version: str) -> Path | None:
    """Python of the bpy environment: under NN2GLTF_BPY (default .venvs beside the source) as bpy-<version>."""
    root = Path(os.environ.get("NN2GLTF_BPY", Path(__file__).resolve().parents[2] / ".venvs"))
    python = root / f"bpy-{version}" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return python if python.is_file() else None


def run_blender(verb: str, wish: dict[str, Any], *, version: str = DEFAULT_VERSION) -> Any:
    """Run one verb of blender_program.py and give its JSON answer.

    Raises:
        BlenderError: There is no such environment, or Blender failed.
    """
    python = find_blender(version)
    if python is None:
        raise BlenderError(f"no bpy environment for Blender {version} (make blender)")
    command = [str(python), str(PROGRAM), verb]
    done = subprocess.run(
        command, input=json.dumps(wish), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    answers = [line.removeprefix(_MARK) for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if done.returncode != 0 or not answers:
        raise BlenderError(f"Blender {version} failed: {(done.stderr or done.stdout)[-2000:]}")
    return json.loads(answers[-1])


def answer(value: Any) -> None:
    """Inside Blender: say the answer on a line of its own, since Blender prints too."""
    sys.stdout.write(f"\n{_MARK}{json.dumps(value)}\n")
    sys.stdout.flush()
