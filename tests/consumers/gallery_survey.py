"""What the gallery's scenes are like in each program, as rows that a test judges and a page shows.

python tests/consumers/gallery_survey.py out/gallery
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blender import DEFAULT_VERSION, run_blender
from browser import Browser, Tab
from decode import Decoded
from observe import Moment
from truth import Truth

MOST_CLIPS = 3
"""The first clip, one of another probe, and the forward pass."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A file of the gallery and what must be visible in it."""

    truth: Truth
    moments: tuple[Moment, ...]

    @property
    def path(self) -> Path:
        """The file."""
        return self.truth.path

    @property
    def animated(self) -> int:
        """Nodes that any clip animates."""
        clips = self.truth.file.json.get("animations", ())
        return len({channel["target"]["node"] for clip in clips for channel in clip["channels"]})

    def problems(self, seen: Sequence[Sequence[dict[str, Any]]]) -> list[str]:
        """Sentences on what is visible at each moment and must not be, or is not and must."""
        found = []
        for moment, entries in zip(self.moments, seen, strict=True):
            clip = moment.clip or next(iter(self.truth.clips))
            visible = {
                tuple(e.get(name) for name in ("role", "layer", "step", "probe", "unit")) for e in entries
            }
            wanted = self.truth.expected_keys(clip, moment.time)
            for word, keys in (("not visible", wanted - visible), ("stale", visible - wanted)):
                growing = [key for key in keys if key[1] and self.truth.is_growing(clip, key[1], moment.time)]
                found += [
                    f"{self.path.stem}, {clip} at {moment.time:.2f} s: {word}: {key}"
                    for key in keys - {*growing}
                ]
        return found


def read_scenes(folder: Path) -> list[Scene]:
    """Every .glb of a folder, with moments to look at."""
    scenes = []
    for path in sorted(folder.glob("*.glb")):
        file = Decoded(path.read_bytes())
        extras = file.json["scenes"][0]["extras"]["nn2gltf"]
        truth = Truth(path=path, file=file, extras=extras, values={})
        scenes.append(Scene(truth=truth, moments=_moments(truth)))
    return scenes


def _moments(truth: Truth) -> tuple[Moment, ...]:
    """Begin, middle and end of a few clips; a scene without clips rests."""
    clips = list(truth.clips)
    chosen = dict.fromkeys([*clips[:2], *clips[-1:]])
    found = [moment for clip in chosen for moment in _three(truth.moments(clip))]
    return tuple(found)


def _three(moments: list[Moment]) -> list[Moment]:
    return [moments[0], moments[len(moments) // 2], moments[-1]]


def survey_web(browser: Browser, page: str, scenes: Sequence[Scene]) -> tuple[list[str], dict[str, int]]:
    """Problems in three.js or Babylon.js, and the draw calls of each scene in the former."""
    tab = browser.open(page, width=64, height=64)
    problems, calls = [], {}
    for scene in scenes:
        tab.call("load", path=str(scene.path))
        seen = []
        for moment in scene.moments:
            tab.call("show", clip=moment.clip, time=moment.time)
            seen.append(tab.call("shown", keysOnly=True))
        problems += scene.problems(seen)
        if page == "three":
            wish = {"width": 200, "height": 100, "background": "#000", "view": "hero"}
            calls[scene.path.stem] = tab.call("draw", **wish)["calls"]
        problems += _complaints(scene, tab)
    tab.close()
    return problems, calls


def survey_model_viewer(browser: Browser, scenes: Sequence[Scene]) -> list[str]:
    """Problems in model-viewer: it must load each file, know its clips and play the first."""
    tab = browser.open("model_viewer", width=160, height=80)
    problems = []
    for scene in scenes:
        clips = tab.call("load", path=str(scene.path))["clips"]
        if clips != list(scene.truth.clips):
            problems.append(f"{scene.path.stem}: model-viewer knows {clips}")
        elif clips:
            played = tab.call("play", clip=clips[0], time=0.1)
            if played["name"] != clips[0] or played["after"] <= played["before"]:
                problems.append(f"{scene.path.stem}: model-viewer does not play {clips[0]}: {played}")
        problems += _complaints(scene, tab)
    tab.close()
    return problems


def _complaints(scene: Scene, tab: Tab) -> list[str]:
    return [f"{scene.path.stem}: {line}" for line in tab.take_log() if line.startswith(("error", "request"))]


def survey_blender(scenes: Sequence[Scene], version: str = DEFAULT_VERSION) -> list[dict[str, Any]]:
    """Blender's answer for each scene: ``seconds``, ``objects`` with their parents, ``animated``, ``seen``."""
    files = [
        {"file": str(scene.path), "moments": [{"clip": m.clip, "time": m.time} for m in scene.moments]}
        for scene in scenes
    ]
    answers: list[dict[str, Any]] = run_blender("survey", {"files": files}, version=version)
    return answers


def main() -> None:
    """Print one row a scene for docs/gallery.md."""
    from nn2gltf.gltf.khronos import check_khronos

    scenes = read_scenes(Path(sys.argv[1]))
    blender = survey_blender(scenes)
    with Browser() as browser:
        three, calls = survey_web(browser, "three", scenes)
        babylon, _ = survey_web(browser, "babylon", scenes)
        viewer = survey_model_viewer(browser, scenes)
    print("| scene | parameters | size (MB) | draw calls | animated nodes | Blender import (s) | validator |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for scene, answer in zip(scenes, blender, strict=True):
        extras, report = scene.truth.extras, check_khronos(scene.path.read_bytes())
        errors = sum(problem.severity == "error" for problem in report.problems)
        cells = (
            scene.path.stem,
            f"{extras['model']['parameters']:,}",
            f"{scene.path.stat().st_size / 1e6:.1f}",
            calls[scene.path.stem],
            scene.animated,
            f"{answer['seconds']:.2f}",
            f"{errors}/{len(report.problems) - errors}" if report.checkers else "did not run",
        )
        print("|", " | ".join(map(str, cells)), "|")
    own = [p for s, a in zip(scenes, blender, strict=True) for p in s.problems(a["seen"])]
    for name, found in (
        ("Blender", own),
        ("three.js", three),
        ("Babylon.js", babylon),
        ("model-viewer", viewer),
    ):
        print(f"{name}: {len(found)} problems", *found[:5], sep="\n  ")


if __name__ == "__main__":
    main()
