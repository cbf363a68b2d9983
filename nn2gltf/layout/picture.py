"""Rectangles on the picture plane: bounds and overlap tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
