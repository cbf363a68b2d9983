"""Rectangles on the picture plane: overlap tests and free places below a crowd."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nn2gltf.ir.furniture import Points


@dataclass(frozen=True)
class Rect:
    """Left, bottom, right, top on the picture plane, scene units."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, points: Points) -> Rect:
        """Bounds of (n, 2) points."""
        (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
        return cls(float(left), float(bottom), float(right), float(top))

    def moved(self, u: float, v: float = 0.0) -> Rect:
        """The same rectangle elsewhere."""
        return Rect(self.left + u, self.bottom + v, self.right + u, self.top + v)

    def overlaps(self, other: Rect, pad: float = 0.0) -> bool:
        """Whether two rectangles come closer than ``pad``."""
        return (
            self.left < other.right + pad
            and other.left < self.right + pad
            and self.bottom < other.top + pad
            and other.bottom < self.top + pad
        )


def bounds(rects: Iterable[Rect]) -> Rect:
    """Smallest rectangle around all."""
    items = list(rects)
    return Rect(
        min(r.left for r in items),
        min(r.bottom for r in items),
        max(r.right for r in items),
        max(r.top for r in items),
    )


def free_place_below(
    crowd: Sequence[Rect], width: float, height: float, *, pad: float, aspect: float, prefer: float
) -> Rect:
    """Where a width x height rectangle fits below a crowd, so that the picture stays large.

    Args:
        pad: Distance to keep from everything.
        aspect: Width over height of the frame; growth that the frame has room for costs nothing.
        prefer: Preferred centre, 0 (left) to 1 (right) of the crowd's width.

    Candidates slide along the crowd's width; the cheapest by the needed frame width, then by distance to the
    crowd's skyline, then to the preferred place.
    """
    whole = bounds(crowd)
    room = max(0.0, (whole.right - whole.left) - width)
    best: tuple[tuple[float, float], Rect] | None = None
    for left in whole.left + np.linspace(0.0, room, 49):
        right = float(left) + width
        near = [r.bottom for r in crowd if r.left < right + pad and left < r.right + pad]
        top = min(near, default=whole.top) - pad
        candidate = Rect(float(left), top - height, right, top)
        frame = bounds([whole, candidate])
        needed = max(frame.right - frame.left, (frame.top - frame.bottom) * aspect)
        offset = abs((left + right) / 2 - whole.left - prefer * (whole.right - whole.left))
        cost = (round(needed, 6), round(whole.top - top + 0.35 * float(offset), 6))
        if best is None or cost < best[0]:
            best = (cost, candidate)
    assert best is not None
    return best[1]
