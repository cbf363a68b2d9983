"""Labels find their places: greedy by priority over rectangles on the picture plane."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.ir.furniture import Sign, sign_size
from nn2gltf.layout.canvas import Canvas, Wish

CLEAR = 2.5
"""Pixels between a label and anything else."""

Rects = npt.NDArray[np.floating[Any]]


def obstacles(canvas: Canvas) -> Rects:
    """(n, 4) left, bottom, right, top of everything that a label must not cover."""
    view, found = canvas.view, []
    for layer in canvas.layers:
        flat = view.flat(layer.corners)
        found.append([*flat.min(axis=0), *flat.max(axis=0)])
    for line in canvas.lines:
        flat = view.flat(np.asarray(line.points))
        half = max(line.width, line.width_end) / 2
        low = np.minimum(flat[:-1], flat[1:]) - half
        high = np.maximum(flat[:-1], flat[1:]) + half
        found += np.concatenate([low, high], axis=1).tolist()
    for disc in canvas.discs:
        u, v = view.flat(np.asarray([disc.center]))[0]
        found.append([u - disc.radius, v - disc.radius, u + disc.radius, v + disc.radius])
    found += [sign_rect(canvas, sign).tolist() for sign in canvas.signs]
    return np.array(found).reshape(-1, 4)


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
    taken = Taken(obstacles(canvas))
    for rect in blocked:
        taken.add(rect)
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
        self.buckets: dict[tuple[int, int], list[Rects]] = {}
        for rect in rects:
            self.add(rect)

    def _cells(self, rect: Rects) -> list[tuple[int, int]]:
        x0, y0, x1, y1 = (int(v // self.cell) for v in rect)
        return [(x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)]

    def add(self, rect: Rects) -> None:
        """Take a rectangle."""
        for cell in self._cells(rect):
            self.buckets.setdefault(cell, []).append(rect)

    def free(self, rect: Rects) -> bool:
        """Whether nothing taken overlaps a rectangle."""
        for cell in self._cells(rect):
            for other in self.buckets.get(cell, ()):
                if rect[0] < other[2] and other[0] < rect[2] and rect[1] < other[3] and other[1] < rect[3]:
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
            if taken.free(rect + np.array([-clear, -clear, clear, clear])):
                depth = canvas.view.ground_depth(point)
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
