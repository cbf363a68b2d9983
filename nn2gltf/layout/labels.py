"""Labels find their places: greedy by priority over rectangles on the picture plane."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.ir.furniture import Sign, sign_size
from nn2gltf.layout.canvas import Canvas, Wish
from nn2gltf.layout.hull import strips

CLEAR = 2.5
"""Pixels between a label and anything else."""

Rects = npt.NDArray[np.floating[Any]]


def obstacles(canvas: Canvas) -> Rects:
    """(n, 4) left, bottom, right, top of everything that a label must not cover."""
    own = [rect for rects in layer_rects(canvas).values() for rect in rects]
    return np.concatenate([np.array(own).reshape(-1, 4), _furniture_rects(canvas)])


def layer_rects(canvas: Canvas) -> dict[str, list[list[float]]]:
    """Layer id to the strips that its drawing covers."""
    return {layer.id: strips(canvas.view.flat(layer.corners)) for layer in canvas.layers}


def _furniture_rects(canvas: Canvas) -> Rects:
    view = canvas.view
    found: list[list[float]] = []
    for line in canvas.lines:
        flat = _resampled(view.flat(np.asarray(line.points)), 24 * canvas.pixel)
        half = max(line.width, line.width_end) / 2
        low = np.minimum(flat[:-1], flat[1:]) - half
        high = np.maximum(flat[:-1], flat[1:]) + half
        found += np.concatenate([low, high], axis=1).tolist()
    for solid in canvas.solids:
        if solid.kind == "shelf":
            found += strips(view.flat(box_corners(solid.low, solid.high)), 8)
    for disc in canvas.discs:
        u, v = view.flat(np.asarray([disc.center]))[0]
        found.append([u - disc.radius, v - disc.radius, u + disc.radius, v + disc.radius])
    found += [sign_rect(canvas, sign).tolist() for sign in canvas.signs]
    return np.array(found).reshape(-1, 4)


def box_corners(low: Sequence[float], high: Sequence[float]) -> Rects:
    """(8, 3) corners of a box."""
    return np.array(
        [(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]
    )


def _resampled(path: Rects, step: float) -> Rects:
    """A path with more points, so that the rectangles around its pieces are small."""
    along = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    if along[-1] <= step:
        return path
    at = np.unique(np.r_[along, np.arange(0.0, along[-1], step)])
    return np.stack([np.interp(at, along, path[:, axis]) for axis in (0, 1)], axis=1)


def sign_rect(canvas: Canvas, sign: Sign) -> Rects:
    """(4,) rectangle of a sign on the picture plane."""
    u, v = canvas.view.flat(np.asarray([sign.center]))[0]
    half = sign.width / 2, sign.height / 2 * float(canvas.view.up[1])
    return np.array([u - half[0], v - half[1], u + half[0], v + half[1]])


def place_labels(canvas: Canvas, blocked: Iterable[Rects] = ()) -> None:
    """Give every wish the first free of its anchors: all lines, then the short ones; else it is dropped and counted.

    Args:
        blocked: Further rectangles to keep clear of.
    """
    taken = Taken(_furniture_rects(canvas))
    for layer_id, rects in layer_rects(canvas).items():
        for rect in rects:
            taken.add(np.array(rect), owner=layer_id)
    for other in blocked:
        taken.add(other)
    for wish in sorted(canvas.wishes, key=lambda w: (w.priority, w.key)):
        sign = _first_free(canvas, wish, taken)
        if sign is None:
            canvas.dropped += 1
            continue
        canvas.signs.append(sign)
        taken.add(sign_rect(canvas, sign))
    canvas.wishes.clear()


class Taken:
    """Rectangles in a grid of buckets, so that a test looks at the neighbours only."""

    def __init__(self, rects: Rects, cell: float = 80.0) -> None:
        self.cell = cell
        self.buckets: dict[tuple[int, int], list[tuple[Rects, str]]] = {}
        for rect in rects:
            self.add(rect)

    def _cells(self, rect: Rects) -> list[tuple[int, int]]:
        x0, y0, x1, y1 = (int(v // self.cell) for v in rect)
        return [(x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)]

    def add(self, rect: Rects, owner: str = "") -> None:
        """Take a rectangle."""
        for cell in self._cells(rect):
            self.buckets.setdefault(cell, []).append((rect, owner))

    def free(self, rect: Rects, over: frozenset[str] = frozenset()) -> bool:
        """Whether nothing taken overlaps a rectangle, the layers ``over`` left out."""
        left, bottom, right, top = (float(v) for v in rect)
        for cell in self._cells(rect):
            for other, owner in self.buckets.get(cell, ()):
                meets = left < other[2] and other[0] < right and bottom < other[3] and other[1] < top
                if meets and not (owner and owner in over):
                    return False
        return True


def _first_free(canvas: Canvas, wish: Wish, taken: Taken) -> Sign | None:
    clear = CLEAR * canvas.pixel
    for lines in (wish.lines, wish.short):
        if not lines:
            continue
        pad = wish.pad * canvas.pixel
        width, height = sign_size(lines, canvas.measure, pad=pad)
        for point, (across, upward) in wish.anchors:
            u, v = canvas.view.flat(np.asarray([point]))[0]
            tall = height * float(canvas.view.up[1])
            rect = np.array([u - across * width, v - upward * tall, 0.0, 0.0])
            rect[2:] = rect[0] + width, rect[1] + tall
            if taken.free(rect + np.array([-clear, -clear, clear, clear]), wish.over):
                depth = canvas.view.ground_depth(point) + wish.forward
                center = canvas.view.stand((rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2, depth)
                return Sign(
                    key=wish.key,
                    lines=lines,
                    center=(float(center[0]), float(center[1]), float(center[2])),
                    width=width,
                    height=height,
                    pad=pad,
                    ground=wish.ground,
                    layer=wish.layer,
                    group=wish.group,
                )
    return None
