"""Where the title, the counter and the legend hang: clear of everything, seen from the front and from behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nn2gltf.ir.placement import PlateSize
from nn2gltf.layout.camera import ASPECT_RATIO
from nn2gltf.layout.picture import Rect, bounds

SIGN_PAD = 8.0
LEGEND_CENTER = 0.6
"""Preferred place of the legend, 0 (left) to 1 (right) of the picture's width."""


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """What signs keep clear of, as rectangles on the picture plane.

    Attributes:
        front: From the hero camera.
        behind: The same things from behind (:meth:`View.flat_behind`).
        slope: :attr:`View.row_slope`: a sign stands as deep as the row below it, so from behind it is lower by
            ``slope * u`` than from the front.
    """

    front: tuple[Rect, ...]
    behind: tuple[Rect, ...]
    slope: float

    def around(self, u: float) -> list[Rect]:
        """Both views in the coordinates of a sign whose middle is at u."""
        return [*self.front, *(rect.moved(0.0, self.slope * u) for rect in self.behind)]


def place_signs(crowd: Crowd, plates: Mapping[str, PlateSize], text_scale: float) -> dict[str, Rect]:
    """Title top left and counter top right on one line, the legend below where the picture stays largest."""
    pad = SIGN_PAD * text_scale
    sizes = {
        key: (plates[key].width * text_scale, plates[key].height * text_scale)
        for key in ("title", "counter", "legend")
        if key in plates
    }
    signs = _header(crowd, sizes, pad)
    if "legend" in sizes:
        signs["legend"] = _free_place_below(crowd, list(signs.values()), *sizes["legend"], pad=pad)
    return signs


def _header(crowd: Crowd, sizes: Mapping[str, tuple[float, float]], pad: float) -> dict[str, Rect]:
    """As low as both signs are clear of everything, but not below the top of the crowd."""
    whole = bounds(crowd.front)
    signs: dict[str, Rect] = {}
    if "title" in sizes:
        width, height = sizes["title"]
        signs["title"] = Rect(whole.left, -height, whole.left + width, 0.0)
    if "counter" in sizes:
        width, height = sizes["counter"]
        left = whole.right - width
        if "title" in signs:
            left = max(left, signs["title"].right + 2 * pad)
        signs["counter"] = Rect(left, -height, left + width, 0.0)
    needed = [
        rect.top + pad - sign.bottom
        for sign in signs.values()
        for rect in crowd.around((sign.left + sign.right) / 2)
        if sign.left < rect.right + pad and rect.left < sign.right + pad
    ]
    top = max([whole.top, *needed])
    return {key: sign.moved(0.0, top) for key, sign in signs.items()}


def _free_place_below(crowd: Crowd, signs: list[Rect], width: float, height: float, *, pad: float) -> Rect:
    """Where a width x height rectangle fits below a crowd, so that the picture stays large.

    Candidates slide along the crowd's width; the cheapest by the needed frame width (growth that the frame has room
    for costs nothing), then by distance to the crowd's skyline and to the preferred place.
    """
    whole = bounds([*crowd.front, *signs])
    room = max(0.0, (whole.right - whole.left) - width)
    best: tuple[tuple[float, float], Rect] | None = None
    for left in whole.left + np.linspace(0.0, room, 49):
        right = float(left) + width
        center = float(left) + width / 2
        near = [r.bottom for r in crowd.around(center) if r.left < right + pad and left < r.right + pad]
        top = min(near, default=whole.top) - pad
        candidate = Rect(float(left), top - height, right, top)
        frame = bounds([whole, candidate])
        needed = max(frame.right - frame.left, (frame.top - frame.bottom) * ASPECT_RATIO)
        offset = abs(center - whole.left - LEGEND_CENTER * (whole.right - whole.left))
        cost = (round(needed, 6), round(whole.top - top + 0.35 * offset, 6))
        if best is None or cost < best[0]:
            best = (cost, candidate)
    assert best is not None
    return best[1]
