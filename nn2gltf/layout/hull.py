"""Outlines on the picture plane: a solid's shadow as a few upright strips, tighter than its bounding rectangle."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nn2gltf.ir.furniture import Points

STRIPS = 4


def hull(points: Points) -> Points:
    """(k, 2) convex hull, counter-clockwise (Andrew's monotone chain)."""
    order = np.lexsort((points[:, 1], points[:, 0]))
    rows = [(float(x), float(y)) for x, y in points[order]]
    half: list[list[tuple[float, float]]] = []
    for sequence in (rows, rows[::-1]):
        chain: list[tuple[float, float]] = []
        for point in sequence:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        half.append(chain[:-1])
    return np.array(half[0] + half[1])


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def strips(points: Points, count: int = STRIPS) -> list[list[float]]:
    """Rectangles (left, bottom, right, top) that cover the convex hull of (n, 2) points."""
    outline = hull(points)
    edges = np.linspace(outline[:, 0].min(), outline[:, 0].max(), count + 1)
    closed = np.concatenate([outline, outline[:1]])
    found = []
    for left, right in pairwise(edges):
        heights = []
        for (x0, y0), (x1, y1) in pairwise(closed):
            low, high = max(left, min(x0, x1)), min(right, max(x0, x1))
            if low > high:
                continue
            for x in (low, high):
                share = (x - x0) / (x1 - x0) if x1 != x0 else 0.0
                heights.append(y0 + (y1 - y0) * share)
            if x0 == x1:
                heights += [y0, y1]
        if heights:
            found.append([float(left), min(heights), float(right), max(heights)])
    return found
