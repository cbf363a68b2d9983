"""What ``nn2gltf doctor`` looks at. Nothing heavy is imported here: a child process imports torch."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nn2gltf.errors import DependencyError, safe
from nn2gltf.html import read_viewer
from nn2gltf.ir.json import JsonObject
from nn2gltf.version import VERSION

State = Literal["ok", "missing", "broken"]
_IMPORT_SECONDS = 60
_PACKAGES = ("numpy", "pillow", "click", "pygltflib", "safetensors", "jsonschema")
_PROGRAMS = (
    ("node", ("node",), "Khronos' validator, building the viewer"),
    (
        "chromium",
        ("chromium", "chromium-browser", "google-chrome", "chrome"),
        "nn2gltf render, tests of the viewer",
    ),
    ("blender", ("blender",), "the tests that open scenes in it; it is no part of a command"),
    ("ffmpeg", ("ffmpeg",), "nn2gltf render to .mp4"),
)
_IMPORTS = {
    "torch": "import torch; print('CUDA' if torch.cuda.is_available() else '')",
    "torchvision": "from nn2gltf.torch_vision import require_torchvision; require_torchvision()",
}
_LIMITS = ("RLIMIT_DATA", "RLIMIT_CPU", "RLIMIT_CORE")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the doctor's report."""

    name: str
    state: State
    detail: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.state:<8} {self.name:<12} {safe(self.detail)}"

    def to_json(self) -> JsonObject:
        """JSON form."""
        return {"name": self.name, "state": self.state, "detail": self.detail}


def examine() -> list[Finding]:
    """Look at this installation and this machine."""
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return [
        Finding(name="nn2gltf", state="ok", detail=f"{VERSION} on {system}"),
        *(_package(name) for name in _PACKAGES),
        *_torch(),
        _viewer(),
        *_programs(),
        _limits(),
        _locks(),
    ]


def _package(name: str) -> Finding:
    try:
        return Finding(name=name, state="ok", detail=importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name=name, state="missing", detail=f"pip install {name}")


def _torch() -> Iterator[Finding]:
    """Versions, and whether they really import: a CPU torch beside another build's torchvision does not."""
    for name in ("torch", "torchvision"):
        found = _package(name)
        if found.state == "ok":
            found = _try_import(name, found.detail)
        yield found


def _try_import(name: str, version: str) -> Finding:
    try:
        done = subprocess.run(
            [sys.executable, "-c", _IMPORTS[name]],
            capture_output=True,
            text=True,
            timeout=_IMPORT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding(
            name=name, state="broken", detail=f"{version} takes over {_IMPORT_SECONDS} s to import"
        )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it crashed"])[-1]
        return Finding(name=name, state="broken", detail=f"{version} does not import: {safe(reason)}")
    return Finding(name=name, state="ok", detail=f"{version} {done.stdout.strip()}".strip())


def _viewer() -> Finding:
    try:
        page = read_viewer()
    except DependencyError as error:
        return Finding(name="viewer", state="missing", detail=str(error))
    return Finding(name="viewer", state="ok", detail=f"built, {len(page):,} characters")


def _programs() -> Iterator[Finding]:
    for name, commands, purpose in _PROGRAMS:
        found = next(filter(None, map(shutil.which, commands)), None)
        yield Finding(
            name=name,
            state="ok" if found else "missing",
            detail=found or f"needed for: {purpose}",
        )


def _limits() -> Finding:
    """Limits on memory and time of the processes that read untrusted files."""
    if importlib.util.find_spec("resource") is None:
        missing: tuple[str, ...] = _LIMITS
    else:
        import resource

        missing = tuple(name for name in _LIMITS if not hasattr(resource, name))
    if platform.system() != "Linux" and not missing:
        detail = f"{platform.system()} does not enforce RLIMIT_DATA: untrusted files may take all memory"
        return Finding(name="limits", state="missing", detail=detail)
    if missing:
        return Finding(name="limits", state="missing", detail=f"{', '.join(missing)}: not on this system")
    return Finding(name="limits", state="ok", detail=", ".join(_LIMITS))


def _locks() -> Finding:
    if importlib.util.find_spec("fcntl") is None:
        return Finding(
            name="locks", state="missing", detail="fcntl: left-overs of killed runs are deleted unlocked"
        )
    return Finding(name="locks", state="ok", detail="fcntl")
