"""What programs need beside the truth: few draw calls, a quick import, a quiet model-viewer, a valid file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import tamper
from blender import VERSIONS, find_blender, run_blender
from browser import Browser, BrowserError
from truth import Truth

MOST_DRAW_CALLS = 60
MOST_BYTES = 5 * 2**20
IMPORT_SECONDS = 4.0
"""About a second on a quiet machine; loaded ones get some air."""


def test_trained_scenes_are_valid(trained: Truth, assert_valid: Callable[[Path | bytes], None]) -> None:
    assert_valid(trained.path)


def test_the_validator_finds_a_broken_file(
    made_up: Truth, tmp_path: Path, assert_valid: Callable[[Path | bytes], None]
) -> None:
    def break_it(file: tamper.Decoded) -> None:
        file.json["accessors"][0]["count"] += 1_000_000

    broken = tamper.write_tampered(made_up.path, tmp_path / "broken.glb", break_it)
    with pytest.raises(AssertionError, match="KHRONOS"):
        assert_valid(broken)


def test_lenet_with_ten_epochs_and_ten_probes_is_small(lenet: Truth) -> None:
    assert len(lenet.extras["steps"]) == 11
    assert len(lenet.clips) == 11
    assert lenet.path.stat().st_size <= MOST_BYTES


def test_lenet_takes_few_draw_calls(lenet: Truth, browser: Browser) -> None:
    tab = browser.open("three")
    tab.call("load", path=str(lenet.path))
    calls = {}
    for clip, entry in lenet.clips.items():
        tab.call("show", clip=clip, time=entry["duration"])
        wish = {"width": 400, "height": 200, "background": "#000", "view": "hero"}
        calls[clip] = tab.call("draw", **wish)["calls"]
    tab.close()
    assert max(calls.values()) <= MOST_DRAW_CALLS, calls
    assert min(calls.values()) > len(lenet.layers), "less than a layer each: nothing was drawn"


@pytest.mark.parametrize("version", VERSIONS)
def test_blender_imports_lenet_in_about_a_second(lenet: Truth, version: str) -> None:
    if find_blender(version) is None:
        pytest.skip(f"Blender {version}: its bpy environment is missing (make blender)")
    wish = {"file": str(lenet.path), "series": [[], []], "wanted": []}
    seconds = run_blender("observe", wish, version=version)["import_seconds"]
    assert min(seconds) < IMPORT_SECONDS


def test_model_viewer_loads_and_plays(lenet: Truth, browser: Browser) -> None:
    tab = browser.open("model_viewer", width=300, height=150)
    assert tab.call("load", path=str(lenet.path))["clips"] == list(lenet.clips)
    for clip, entry in lenet.clips.items():
        played = tab.call("play", clip=clip, time=1.0)
        assert played["name"] == clip
        assert played["duration"] == pytest.approx(entry["duration"], abs=1e-3)
        assert played["after"] > played["before"] >= 1.0
    problems = [line for line in tab.take_log() if not line.startswith("warning")]
    tab.close()
    assert not problems


def test_model_viewer_refuses_a_broken_file(tmp_path: Path, browser: Browser) -> None:
    path = tmp_path / "broken.glb"
    path.write_bytes(b"glTF" + bytes(100))
    tab = browser.open("model_viewer", width=300, height=150)
    with pytest.raises(BrowserError, match="model-viewer"):
        tab.call("load", path=str(path))
    tab.close()
