"""What Blender, three.js and Babylon.js show of a scene at chosen moments, in one shape for all of them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from blender import run_blender
from browser import Browser, Tab

BACKGROUND = "#203040"
"""Behind the pixels of :attr:`Sighting.pictures`."""


@dataclass(frozen=True, kw_only=True)
class View:
    """An orthographic picture of a thin slab, seen from ``right x up``.

    Attributes:
        center, right, up: Metres and unit vectors in the file's coordinates.
        width, height: Metres.
        depth: Half the thickness of the slab, metres.
        pixels: Columns, rows.
    """

    center: tuple[float, ...]
    right: tuple[float, ...]
    up: tuple[float, ...]
    width: float
    height: float
    depth: float
    pixels: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A clip at a time in seconds; ``clip`` None is what the program plays by itself.

    Attributes:
        views: Pictures to take, by a name of the caller's.
    """

    clip: str | None
    time: float
    views: dict[str, View] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One primitive of a visible node: world positions (n, 3), texture coordinates (n, 2) from the top left."""

    material: str
    positions: np.ndarray[Any, Any]
    uvs: np.ndarray[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One visible node whose look depends on the moment; ``key`` is (role, layer, step, probe, unit)."""

    key: tuple[Any, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """All that is visible at a moment, and the pictures that were asked for: (rows, columns, 3) uint8."""

    shown: tuple[Shown, ...]
    pictures: dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, kw_only=True)
class Observation:
    """Answers to a list of series, and each material's base colour texture: (rows, columns, 3) uint8."""

    series: list[list[Sighting]]
    textures: dict[str, np.ndarray[Any, Any]]


class Consumer(Protocol):
    """A program that opens the file."""

    name: str
    draws: bool
    """Whether it answers views."""

    def observe(self, path: Path, series: Sequence[Sequence[Moment]], wanted: Sequence[str]) -> Observation:
        """Open the file anew for each series and go through its moments; ``wanted`` names materials."""


class WebConsumer:
    """three.js or Babylon.js in a tab."""

    draws = True

    def __init__(self, browser: Browser, page: str) -> None:
        self.name = page
        self._tab: Tab = browser.open(page, width=64, height=64)

    def observe(self, path: Path, series: Sequence[Sequence[Moment]], wanted: Sequence[str]) -> Observation:
        """See :class:`Consumer`."""
        answers = []
        for moments in series:
            self._tab.call("load", path=str(path))
            answers.append([self._sight(moment) for moment in moments])
        textures = {
            name: read_rgb(entry) for name, entry in self._tab.call("textures", wanted=list(wanted)).items()
        }
        problems = [line for line in self._tab.take_log() if line.startswith(("error", "request"))]
        assert not problems, f"{self.name}: {problems[:5]}"
        return Observation(series=answers, textures=textures)

    def _sight(self, moment: Moment) -> Sighting:
        self._tab.call("show", clip=moment.clip, time=moment.time)
        shown = to_shown(self._tab.call("shown"))
        views = [vars(view) for view in moment.views.values()]
        taken = self._tab.call("pixels", views=views, background=BACKGROUND) if views else []
        pictures = {
            name: read_rgb({"width": view.pixels[0], "height": view.pixels[1], "rgba": data})
            for (name, view), data in zip(moment.views.items(), taken, strict=True)
        }
        return Sighting(shown=shown, pictures=pictures)


class BlenderConsumer:
    """Blender of one version; it answers no views."""

    draws = False

    def __init__(self, version: str) -> None:
        self.name = f"blender {version}"
        self._version = version

    def observe(self, path: Path, series: Sequence[Sequence[Moment]], wanted: Sequence[str]) -> Observation:
        """See :class:`Consumer`."""
        wish = [[{"clip": moment.clip, "time": moment.time} for moment in moments] for moments in series]
        answer = run_blender(
            "observe", {"file": str(path), "series": wish, "wanted": list(wanted)}, version=self._version
        )
        return Observation(
            series=[
                [Sighting(shown=to_shown(shown), pictures={}) for shown in moments]
                for moments in answer["series"]
            ],
            textures={name: read_rgb(entry) for name, entry in answer["textures"].items()},
        )


def to_shown(entries: list[dict[str, Any]]) -> tuple[Shown, ...]:
    """Visible nodes from a program's JSON."""
    return tuple(
        Shown(
            key=tuple(entry.get(name) for name in ("role", "layer", "step", "probe", "unit")),
            parts=tuple(
                Part(
                    material=part["material"],
                    positions=np.array(part["positions"], float).reshape(-1, 3),
                    uvs=np.array(part["uvs"], float).reshape(-1, 2),
                )
                for part in entry["parts"]
            ),
        )
        for entry in entries
    )


def read_rgb(entry: dict[str, Any]) -> np.ndarray[Any, Any]:
    """(rows, columns, 3) from base64 bytes of 3 or 4 channels."""
    flat = np.frombuffer(base64.b64decode(entry["rgba"]), np.uint8)
    return flat.reshape(entry["height"], entry["width"], -1)[..., :3]
