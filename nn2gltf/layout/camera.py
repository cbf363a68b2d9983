"""The hero camera: one fixed direction and lens, fitted to what it must show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.ir.furniture import Points
from nn2gltf.ir.placement import CameraPlacement

AZIMUTH_DEG = -14.0
ELEVATION_DEG = 14.0
LENS_DEG = 16.0
ASPECT_RATIO = 2.0
MARGIN = 0.025

Vector = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class View:
    """An orthonormal camera frame.

    Attributes:
        right, up, back: Unit vectors; ``back`` points from the scene to the camera.
        azimuth, elevation: Radians; azimuth 0 looks along -Z, negative stands to the left.
    """

    right: Vector
    up: Vector
    back: Vector
    azimuth: float
    elevation: float

    def flat(self, points: Points) -> Points:
        """(n, 2) parallel projection onto the picture plane, scene units."""
        return np.stack([points @ self.right, points @ self.up], axis=-1)

    def flat_behind(self, points: Points) -> Points:
        """(n, 2) projection seen from behind at the same elevation, mirrored so that right stays right."""
        up = np.array([-self.up[0], self.up[1], -self.up[2]])
        return np.stack([points @ self.right, points @ up], axis=-1)

    def ground_depth(self, point: Sequence[float]) -> float:
        """How far a point stands towards the camera on the ground, scene units."""
        return float(np.asarray(point) @ self._ground)

    def stand(self, u: float, v: float, ground_depth: float) -> Vector:
        """World point at picture coordinates (u, v) that stands at a ground depth: moved only straight up or down.

        So a plate that hangs below its layer in front also hangs below it when seen from behind.
        """
        y = (v - ground_depth * float(self.up @ self._ground)) / float(self.up[1])
        point: Vector = self.right * u + self._ground * ground_depth + np.array([0.0, y, 0.0])
        return point

    def row_depth(self, u: float) -> float:
        """Ground depth of the row (the world's X axis) at picture coordinate u."""
        return u * math.tan(self.azimuth)

    @property
    def row_slope(self) -> float:
        """How far a thing on the row's ground line sinks per unit of u, from the front to the view from behind."""
        return 2.0 * math.tan(self.azimuth) * float(self.up @ self._ground)

    @property
    def _ground(self) -> Vector:
        """Horizontal unit vector towards the camera."""
        return np.array([math.sin(self.azimuth), 0.0, math.cos(self.azimuth)])


def hero_view(azimuth_deg: float = AZIMUTH_DEG, elevation_deg: float = ELEVATION_DEG) -> View:
    """The frame of the hero camera (VISUAL.md, Layout)."""
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    back = np.array(
        [
            math.cos(elevation) * math.sin(azimuth),
            math.sin(elevation),
            math.cos(elevation) * math.cos(azimuth),
        ]
    )
    right = np.array([math.cos(azimuth), 0.0, -math.sin(azimuth)])
    return View(right=right, up=np.cross(back, right), back=back, azimuth=azimuth, elevation=elevation)


def fit_camera(view: View, points: Points, *, margin: float = MARGIN) -> tuple[Vector, float]:
    """Nearest position from which all points lie inside the frame, and its distance to their centre.

    Args:
        points: (n, 3) in the unit of the result.
        margin: Free share of the frame on each side.

    For a perspective camera at ``c - distance`` a point p is inside when |p.right| <= (depth) tan(fov/2);
    each side gives a half-space for the position, so that the tightest of them fixes it.
    """
    tan_y = math.tan(math.radians(LENS_DEG) / 2) * (1 - 2 * margin)
    tan_x = tan_y * ASPECT_RATIO
    u, v, w = points @ view.right, points @ view.up, points @ view.back
    x, depth_x = _fit_axis(u, w, tan_x)
    y, depth_y = _fit_axis(v, w, tan_y)
    depth = max(depth_x, depth_y)
    center = view.right * x + view.up * y
    return center + view.back * depth, float(depth - np.median(w))


def _fit_axis(along: Points, towards: Points, tangent: float) -> tuple[float, float]:
    """Position across and towards the camera that just shows all points on one axis."""
    upper = float(np.max(along + towards * tangent))
    lower = float(np.min(along - towards * tangent))
    return (upper + lower) / 2, (upper - lower) / (2 * tangent)


def place_camera(view: View, points: Points) -> CameraPlacement:
    """The hero camera fitted to points given in metres."""
    position, distance = fit_camera(view, points)
    return CameraPlacement(
        position=(float(position[0]), float(position[1]), float(position[2])),
        azimuth=view.azimuth,
        elevation=view.elevation,
        yfov=math.radians(LENS_DEG),
        aspect_ratio=ASPECT_RATIO,
        distance=distance,
    )
