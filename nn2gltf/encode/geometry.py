"""Triangles: quads, boxes, rounded plates, discs and ribbons, as float32 arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IndexArray = npt.NDArray[np.uint32]

BOX_TRIANGLES = 12
_BOX_CORNERS = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
_BOX_INDICES = np.array(
    [
        0,
        1,
        3,
        0,
        3,
        2,
        4,
        6,
        7,
        4,
        7,
        5,
        0,
        4,
        5,
        0,
        5,
        1,
        2,
        3,
        7,
        2,
        7,
        6,
        0,
        2,
        6,
        0,
        6,
        4,
        1,
        5,
        7,
        1,
        7,
        3,
    ],
    dtype=np.uint32,
)
_QUAD_INDICES = np.array([0, 1, 2, 0, 2, 3], dtype=np.uint32)


@dataclass(frozen=True)
class Triangles:
    """(n, 3) positions and (3 t,) indices, counter-clockwise from outside."""

    positions: FloatArray
    indices: IndexArray


def merge(parts: list[Triangles]) -> Triangles:
    """One set of triangles from many."""
    offsets = np.cumsum([0, *(len(part.positions) for part in parts[:-1])])
    return Triangles(
        np.concatenate([part.positions for part in parts]).astype(np.float32),
        np.concatenate([part.indices + offset for part, offset in zip(parts, offsets, strict=True)]).astype(
            np.uint32
        ),
    )


def quads(centers: npt.NDArray[Any], width: float, height: float, *, z: float = 0.0) -> Triangles:
    """One upright quad per centre, facing +Z, vertices from bottom left counter-clockwise.

    Args:
        centers: (n, 2) or (n, 3) local centres.
    """
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array([width / 2, height / 2])
    flat = np.asarray(centers, dtype=np.float64)
    depth = flat[:, 2] if flat.shape[1] == 3 else np.full(len(flat), z)
    positions = np.concatenate(
        [flat[:, None, :2] + corners[None], np.broadcast_to(depth[:, None, None], (len(flat), 4, 1))], axis=2
    )
    return Triangles(positions.reshape(-1, 3).astype(np.float32), quad_indices(len(flat)))


def quad_indices(count: int) -> IndexArray:
    """(6 count,) indices of ``count`` separate quads."""
    return (_QUAD_INDICES[None] + 4 * np.arange(count, dtype=np.uint32)[:, None]).reshape(-1)


def boxes(low: npt.NDArray[Any], high: npt.NDArray[Any]) -> Triangles:
    """Axis-aligned boxes of 8 vertices from (n, 3) lowest and highest corners."""
    low, high = np.atleast_2d(low), np.atleast_2d(high)
    center, extent = (low + high) / 2, high - low
    positions = center[:, None] + _BOX_CORNERS[None] * extent[:, None]
    indices = _BOX_INDICES[None] + 8 * np.arange(len(low), dtype=np.uint32)[:, None]
    return Triangles(positions.reshape(-1, 3).astype(np.float32), indices.reshape(-1).astype(np.uint32))


def frames(
    centers: npt.NDArray[Any], width: float, height: float, *, border: float, low: float, high: float
) -> Triangles:
    """Four rails around each cell, ``border`` wide, from z = low to z = high."""
    x, y = np.asarray(centers)[:, 0], np.asarray(centers)[:, 1]
    half_w, half_h = width / 2, height / 2
    rails = []
    for x0, x1, y0, y1 in (
        (-half_w - border, half_w + border, half_h, half_h + border),
        (-half_w - border, half_w + border, -half_h - border, -half_h),
        (-half_w - border, -half_w, -half_h, half_h),
        (half_w, half_w + border, -half_h, half_h),
    ):
        bottom = np.stack([x + x0, y + y0, np.full_like(x, low)], axis=1)
        top = np.stack([x + x1, y + y1, np.full_like(x, high)], axis=1)
        rails.append(boxes(bottom, top))
    return merge(rails)


def rounded_outline(
    width: float, height: float, radius: float, *, segments: int = 5
) -> npt.NDArray[np.float64]:
    """(n, 2) outline of a rounded rectangle around the origin, counter-clockwise."""
    radius = min(radius, width / 2, height / 2)
    arc = np.linspace(0.0, np.pi / 2, segments)
    points = []
    for quarter, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        angle = arc + quarter * np.pi / 2
        center = np.array([sx * (width / 2 - radius), sy * (height / 2 - radius)])
        points.append(center + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    return np.concatenate(points)


def fan(outline: npt.NDArray[Any], z: float, *, back: bool = False) -> Triangles:
    """A convex outline filled from its centre, facing +Z, or -Z with ``back``."""
    count = len(outline)
    ring = np.concatenate([outline, np.full((count, 1), z)], axis=1)
    positions = np.concatenate([[[*outline.mean(axis=0), z]], ring]).astype(np.float32)
    here, following = np.arange(1, count + 1), np.roll(np.arange(1, count + 1), -1)
    order = (np.zeros(count, int), following, here) if back else (np.zeros(count, int), here, following)
    return Triangles(positions, np.stack(order, axis=1).reshape(-1).astype(np.uint32))


def wall(outline: npt.NDArray[Any], low: float, high: float) -> Triangles:
    """The side of a prism over a closed outline."""
    count = len(outline)
    ring = [np.concatenate([outline, np.full((count, 1), z)], axis=1) for z in (low, high)]
    here, following = np.arange(count), np.roll(np.arange(count), -1)
    triangles = [here, following, following + count, here, following + count, here + count]
    return Triangles(
        np.concatenate(ring).astype(np.float32), np.stack(triangles, axis=1).reshape(-1).astype(np.uint32)
    )


def prism(outline: npt.NDArray[Any], low: float, high: float) -> Triangles:
    """A convex outline given thickness."""
    return merge([fan(outline, high), fan(outline, low, back=True), wall(outline, low, high)])


def ribbon(path: npt.NDArray[Any], widths: npt.NDArray[Any] | float, facing: npt.NDArray[Any]) -> Triangles:
    """A strip along a path, turned so that it shows its face to ``facing``.

    Args:
        path: (k, 3) points.
        widths: Full width, one or (k,).
        facing: (3,) direction towards the viewer, or (k, 3).
    """
    points = np.asarray(path, dtype=np.float64)
    tangent = np.gradient(points, axis=0)
    side = np.cross(np.broadcast_to(facing, points.shape), tangent)
    length = np.linalg.norm(side, axis=1, keepdims=True)
    side = np.where(length > 1e-9, side / np.maximum(length, 1e-9), np.array([0.0, 1.0, 0.0]))
    half = np.broadcast_to(np.asarray(widths, dtype=np.float64) / 2, (len(points),))[:, None]
    positions = np.concatenate([points - side * half, points + side * half]).astype(np.float32)
    here, count = np.arange(len(points) - 1), len(points)
    triangles = [here, here + 1, here + 1 + count, here, here + 1 + count, here + count]
    return Triangles(positions, np.stack(triangles, axis=1).reshape(-1).astype(np.uint32))
