"""What a style stands before: a sheet behind everything, square to the hero camera, with grid lines and a border."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.encode.builder import linear_color
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.geometry import FloatArray, Triangles, quad_indices
from nn2gltf.encode.style import FloorTokens
from nn2gltf.ir.scene import Material

BEHIND = 1.03
"""Depth of the sheet over that of what is farthest away."""
FILLED = 1.0
"""Share of the camera's picture that the sheet fills."""
BORDERS = (0.99, 0.978)
"""Two rims, as shares of the picture's height measured from its middle."""
CELLS, COARSE = 36, 4
"""Fine cells over the height; every so many a coarse line."""
FINE, BOLD = 0.0012, 0.0022
"""Widths of lines over half the height."""
LIFT = 0.0015
"""Distance of one layer of ink from the next over the sheet's depth."""

Vector = npt.NDArray[np.float64]


def draw_floor(drawing: Drawing, root: int) -> None:
    """A style's sheet; slabs are not drawn."""
    floor = drawing.style.floor
    if floor is None or floor.kind != "sheet":
        return
    frame = _Frame(drawing)
    width = drawing.placement.camera.aspect_ratio
    full = FILLED * np.array([[-width, -1.0, width, 1.0]])
    lines = _grid(width)
    rim = np.concatenate([_rim(width, share) for share in BORDERS])
    inks = (
        ("sheet", full, 0, floor.color),
        ("sheet fine", lines[False], 1, floor.minor),
        ("sheet coarse", lines[True], 2, floor.major),
        ("sheet border", rim, 3, floor.border),
    )
    for name, rects, height, color in inks:
        if color is not None:
            _draw(drawing, root, frame.lay(rects, height), name, color, floor)


def _draw(drawing: Drawing, root: int, parts: Triangles, name: str, color: str, floor: FloorTokens) -> None:
    paint = (*linear_color(color), 1.0)
    roughness = drawing.style.material.roughness
    material = drawing.builder.material(
        Material(name=name, color=paint, roughness=roughness, unlit=floor.unlit)
    )
    mesh = drawing.builder.static(name, parts, material)
    drawing.builder.node(name, parent=root, role="floor", mesh=mesh)


class _Frame:
    """The camera's picture as a plane behind everything; its half height is 1."""

    def __init__(self, drawing: Drawing) -> None:
        placement, camera = drawing.placement, drawing.placement.camera
        (sa, ca), (se, ce) = ((np.sin(a), np.cos(a)) for a in (camera.azimuth, camera.elevation))
        self.right: Vector = np.array([ca, 0.0, -sa])
        self.back: Vector = np.array([sa * ce, se, ca * ce])
        self.up: Vector = np.cross(self.back, self.right)
        self.center, self.scale = np.asarray(placement.center), placement.scale
        self.eye = np.asarray(camera.position) / self.scale + self.center
        points = np.concatenate([place.corners for place in placement.layers])
        others = [sign.center for sign in placement.signs] + [plate.center for plate in placement.plates]
        others += [point for line in placement.lines for point in np.asarray(line.points)]
        points = np.concatenate([points, np.reshape(others, (-1, 3))])
        self.depth = float(((self.eye - points) @ self.back).max()) * BEHIND
        self.half = self.depth * float(np.tan(camera.yfov / 2))

    def lay(self, rects: npt.NDArray[Any], height: int) -> Triangles:
        """(n, 4) rectangles left, bottom, right, top, some layers of ink above the sheet."""
        near = self.depth * (1 - LIFT * height)
        middle = self.eye - self.back * near
        flat = rects[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2) * (self.half * near / self.depth)
        world: FloatArray = (middle + flat[:, :1] * self.right + flat[:, 1:] * self.up).astype(np.float32)
        return Triangles(world, quad_indices(len(rects)))


def _grid(width: float) -> dict[bool, npt.NDArray[Any]]:
    """Whether a line is coarse to rectangles inside the inner border."""
    pitch, inner = 2.0 / CELLS, BORDERS[1]
    found: dict[bool, list[tuple[float, float, float, float]]] = {False: [], True: []}
    edge = width - (1 - inner)
    for k in range(-int(edge / pitch), int(edge / pitch) + 1):
        half = (BOLD if k % COARSE == 0 else FINE) / 2
        found[k % COARSE == 0].append((k * pitch - half, -inner, k * pitch + half, inner))
    for k in range(-int(inner / pitch), int(inner / pitch) + 1):
        half = (BOLD if k % COARSE == 0 else FINE) / 2
        found[k % COARSE == 0].append((-edge, k * pitch - half, edge, k * pitch + half))
    return {coarse: np.array(rects) for coarse, rects in found.items()}


def _rim(width: float, share: float) -> npt.NDArray[Any]:
    """Four strips around the picture."""
    x, y, half = width - (1 - share), share, BOLD
    return np.array(
        [
            [-x - half, y - half, x + half, y + half],
            [-x - half, -y - half, x + half, -y + half],
            [-x - half, -y, -x + half, y],
            [x - half, -y, x + half, y],
        ]
    )
