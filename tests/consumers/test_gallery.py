"""Every scene of the gallery is valid, and plays in Blender, three.js, Babylon.js and model-viewer.

`make test` makes the miniatures and opens one of each layout in the browsers; `make test-full` opens all of the real
gallery everywhere.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from blender import DEFAULT_VERSION, find_blender
from browser import Browser
from gallery_survey import Scene, read_scenes, survey_blender, survey_model_viewer, survey_web

PROGRAM = Path(__file__).resolve().parents[2] / "samples" / "gallery.py"
SCENES = 15
MOST_ANIMATED, MOST_DRAW_CALLS = 1000, 200
SHOWN_PROBLEMS = 12
ONE_OF_EACH = ("resnet18", "densenet121", "unet", "char-gpt", "maskrcnn", "lenet")
"""Every layout once."""


def make_gallery(folder: Path, *options: str, seconds: int = 280) -> list[Scene]:
    """Run the sample."""
    command = [sys.executable, str(PROGRAM), "-o", str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    assert done.returncode == 0, done.stderr
    scenes = read_scenes(folder)
    assert [str(scene.path) for scene in scenes] == sorted(
        line.partition(":")[0] for line in done.stdout.splitlines()
    )
    return scenes


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> list[Scene]:
    """The miniatures."""
    return make_gallery(tmp_path_factory.mktemp("smoke"), "--smoke")


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory, mnist_root: Path | None) -> list[Scene]:
    """The real one, minutes long."""
    data = ["--data-dir", str(mnist_root)] if mnist_root else []
    return make_gallery(tmp_path_factory.mktemp("gallery"), *data, seconds=3000)


def check_files(scenes: list[Scene], assert_valid: Callable[[Path | bytes], None]) -> None:
    """All of them there, valid, and light enough for Blender."""
    assert len(scenes) == SCENES
    for scene in scenes:
        assert_valid(scene.path)
        assert scene.animated <= MOST_ANIMATED, scene.path.stem
    assert sum(bool(scene.truth.clips) for scene in scenes) == SCENES - 2, (
        "language models of a configuration rest"
    )


def check_blender(scenes: list[Scene]) -> None:
    """Everything visible that must be, in a tree that shows the modules."""
    if find_blender(DEFAULT_VERSION) is None:
        pytest.skip(f"Blender {DEFAULT_VERSION}: its bpy environment is missing (make blender)")
    problems = []
    for scene, answer in zip(scenes, survey_blender(scenes), strict=True):
        problems += scene.problems(answer["seen"])
        problems += outliner_problems(scene, answer["objects"])
        assert answer["animated"] <= MOST_ANIMATED, scene.path.stem
    assert not problems, "\n".join(problems[:SHOWN_PROBLEMS])


def outliner_problems(scene: Scene, parents: dict[str, str | None]) -> list[str]:
    """Sentences on layers that are not under the modules that hold them, and on names that Blender had to change."""
    found = []
    names = {node["name"] for node in scene.truth.file.json["nodes"]}
    found += [f"{scene.path.stem}: Blender renamed {name!r}" for name in sorted(set(parents) - names)]
    scopes = {entry["path"]: entry for entry in scene.truth.extras["scopes"]}
    for layer in scene.truth.extras["layers"]:
        if layer["mark"] == "folded":
            continue  # it is drawn as part of another one
        above, parent = set(), parents[layer["node"]]
        while parent is not None:
            above.add(parent)
            parent = parents[parent]
        path = layer.get("scope") or ""
        while path:
            if path not in above:
                found.append(f"{scene.path.stem}: {layer['id']} is not under {path}")
            path = scopes[path].get("parent") or ""
    return found


def check_web(browser: Browser, page: str, scenes: list[Scene]) -> None:
    """Three.js or Babylon.js shows what it must."""
    problems, calls = survey_web(browser, page, scenes)
    assert not problems, "\n".join(problems[:SHOWN_PROBLEMS])
    assert all(0 < count < MOST_DRAW_CALLS for count in calls.values()), calls


def some(scenes: list[Scene]) -> list[Scene]:
    """One of each layout."""
    return [scene for scene in scenes if scene.path.stem in ONE_OF_EACH]


def test_the_miniatures_are_valid(smoke: list[Scene], assert_valid: Callable[[Path | bytes], None]) -> None:
    check_files(smoke, assert_valid)


def test_the_miniatures_play_in_blender(smoke: list[Scene]) -> None:
    check_blender(smoke)


@pytest.mark.parametrize("page", ["three", "babylon"])
def test_one_of_each_layout_plays_in(page: str, smoke: list[Scene], browser: Browser) -> None:
    assert len(some(smoke)) == len(ONE_OF_EACH)
    check_web(browser, page, some(smoke))


def test_a_panel_that_does_not_go_is_found(smoke: list[Scene]) -> None:
    """The survey itself: a visible panel of another step, and one that is missing."""
    scene = next(s for s in smoke if s.path.stem == "lenet")
    wanted = [
        [dict(zip(("role", "layer", "step", "probe", "unit"), key, strict=True)) for key in keys]
        for keys in (scene.truth.expected_keys(m.clip or "epochs", m.time) for m in scene.moments)
    ]
    assert scene.problems(wanted) == []
    panel = next(entry for entry in wanted[0] if entry["role"] == "panel" and entry["layer"] == "conv1")
    assert any("stale" in line for line in scene.problems([[*wanted[0], panel | {"step": 1}], *wanted[1:]]))
    assert any("not visible" in line for line in scene.problems([wanted[0][1:], *wanted[1:]]))


def test_model_viewer_plays_a_miniature(smoke: list[Scene], browser: Browser) -> None:
    assert not survey_model_viewer(browser, [s for s in smoke if s.path.stem == "unet"])


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_the_gallery_is_valid(gallery: list[Scene], assert_valid: Callable[[Path | bytes], None]) -> None:
    check_files(gallery, assert_valid)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_the_gallery_plays_in_blender(gallery: list[Scene]) -> None:
    check_blender(gallery)


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", ["three", "babylon"])
def test_the_gallery_plays_in(page: str, gallery: list[Scene], browser: Browser) -> None:
    check_web(browser, page, gallery)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_model_viewer_plays_the_gallery(gallery: list[Scene], browser: Browser) -> None:
    assert not survey_model_viewer(browser, gallery)
