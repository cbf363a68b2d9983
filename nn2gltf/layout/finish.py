"""The end of a big layout: labels, title, counter, legend, scale and camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nn2gltf.ir.furniture import Points, Sign
from nn2gltf.ir.placement import Placement, PlatePlacement, PlateSize
from nn2gltf.layout.camera import View, place_camera
from nn2gltf.layout.canvas import Canvas
from nn2gltf.layout.labels import Taken, box_corners, obstacles, place_labels
from nn2gltf.layout.picture import Rect, bounds

SCENE_EXTENT_M = 10.0
PLATE_PIXELS = 3.4
"""Pixels of a scene unit of a composed plate at text scale 1: a title of 11 units is 37 pixels high."""
LEGEND_STEPS = 40


def plate_scale(canvas: Canvas) -> float:
    """Factor on composed plates (title, counter, legend, class names)."""
    return PLATE_PIXELS * canvas.pixel


def finish_canvas(
    canvas: Canvas,
    plates: Mapping[str, PlateSize],
    *,
    title: tuple[float, float],
    texels: int = 0,
    reductions: Sequence[str] = (),
) -> Placement:
    """Solve the labels, find room for the legend, fit the camera.

    Args:
        title: Picture coordinates of the title's upper left corner.
        texels: See :attr:`Placement.most_texels`.
    """
    scale = plate_scale(canvas)
    rects = _header(plates, scale, *title)
    place_labels(canvas, [np.array([r.left, r.bottom, r.right, r.top]) for r in rects.values()])
    crowd = [*_crowd(canvas), *rects.values()]
    if "legend" in plates:
        size = plates["legend"]
        rects["legend"] = _legend_place(crowd, size.width * scale, size.height * scale, 10 * canvas.pixel)
    placed = tuple(_plate(key, rect, canvas.view) for key, rect in rects.items())
    notes = list(reductions)
    if canvas.dropped:
        notes.append(f"{canvas.dropped} labels found no room and were left out.")
    return _fit(canvas, placed, scale, texels, tuple(notes))


def header_height(plates: Mapping[str, PlateSize], canvas: Canvas) -> float:
    """Height of title and counter above each other, on the picture plane."""
    sizes = [plates[key].height for key in ("title", "counter") if key in plates]
    return sum(sizes) * plate_scale(canvas) + 6 * canvas.pixel * max(0, len(sizes) - 1)


def header_width(plates: Mapping[str, PlateSize], canvas: Canvas) -> float:
    """Width of title and counter, on the picture plane."""
    sizes = [plates[key].width for key in ("title", "counter") if key in plates]
    return max(sizes, default=0.0) * plate_scale(canvas)


def _header(plates: Mapping[str, PlateSize], scale: float, left: float, top: float) -> dict[str, Rect]:
    """Title, the counter below it."""
    rects: dict[str, Rect] = {}
    for key in ("title", "counter"):
        if key in plates:
            width, height = plates[key].width * scale, plates[key].height * scale
            rects[key] = Rect(left, top - height, left + width, top)
            top -= height + 1.8 * scale
    return rects


def _crowd(canvas: Canvas) -> list[Rect]:
    rects = [Rect(*(float(v) for v in row)) for row in obstacles(canvas)]
    rects += [Rect.around(canvas.view.flat(box_corners(s.low, s.high))) for s in canvas.solids]
    return rects


def _legend_place(crowd: list[Rect], width: float, height: float, pad: float) -> Rect:
    """A free place inside the picture, as low and as far right as there is one; else below everything."""
    whole = bounds(crowd)
    taken = Taken(np.array([[r.left, r.bottom, r.right, r.top] for r in crowd]))
    for up in np.linspace(0.0, 0.5, LEGEND_STEPS // 2):
        for across in np.linspace(1.0, 0.0, LEGEND_STEPS):
            left = whole.left + across * max(0.0, whole.right - whole.left - width)
            bottom = whole.bottom + up * (whole.top - whole.bottom)
            rect = Rect(left, bottom, left + width, bottom + height)
            if rect.top < whole.top and taken.free(
                np.array([rect.left - pad, rect.bottom - pad, rect.right + pad, rect.top + pad])
            ):
                return rect
    left = max(whole.left, whole.right - width)
    top = min(
        (r.bottom for r in crowd if r.left < left + width + pad and left < r.right + pad), default=whole.top
    )
    return Rect(left, top - pad - height, left + width, top - pad)


def _plate(key: str, rect: Rect, view: View) -> PlatePlacement:
    tall = (rect.top - rect.bottom) / float(view.up[1])
    x, y, z = view.stand((rect.left + rect.right) / 2, (rect.bottom + rect.top) / 2, 0.0)
    return PlatePlacement(
        key=key, center=(float(x), float(y), float(z)), width=rect.right - rect.left, height=tall
    )


def _fit(
    canvas: Canvas,
    plates: tuple[PlatePlacement, ...],
    text_scale: float,
    texels: int,
    reductions: tuple[str, ...],
) -> Placement:
    points = _extent(canvas, plates)
    low, high = points.min(axis=0), points.max(axis=0)
    center, scale = (low + high) / 2, SCENE_EXTENT_M / float((high - low).max())
    order = {layer.id: index for index, layer in enumerate(canvas.graph.layers)}
    flat = canvas.view.flat(points)
    width, height = flat.max(axis=0) - flat.min(axis=0)
    return Placement(
        layers=tuple(sorted(canvas.layers, key=lambda place: order[place.id])),
        arcs=(),
        plates=plates,
        text_scale=text_scale,
        scale=scale,
        center=(float(center[0]), float(center[1]), float(center[2])),
        camera=place_camera(canvas.view, (points - center) * scale),
        reductions=reductions,
        solids=tuple(canvas.solids),
        lines=tuple(canvas.lines),
        discs=tuple(canvas.discs),
        signs=tuple(canvas.signs),
        draws_edges=False,
        pixels_per_unit=1600.0 * 0.95 / max(float(width), 2.0 * float(height)),
        most_texels=texels,
    )


def _extent(canvas: Canvas, plates: tuple[PlatePlacement, ...]) -> Points:
    """Everything that must be inside the picture, scene units."""
    clouds = [layer.corners for layer in canvas.layers]
    clouds += [np.asarray(line.points) for line in canvas.lines]
    clouds += [box_corners(solid.low, solid.high) for solid in canvas.solids]
    right = canvas.view.right
    upright: list[PlatePlacement | Sign] = [*plates, *canvas.signs]
    for plate in upright:
        half = np.array([[sx * plate.width / 2, sy * plate.height / 2] for sx in (-1, 1) for sy in (-1, 1)])
        clouds.append(
            np.asarray(plate.center) + half[:, :1] * right + half[:, 1:] * np.array([0.0, 1.0, 0.0])
        )
    for disc in canvas.discs:
        reach = np.array([[sx * disc.radius, sy * disc.radius] for sx in (-1, 1) for sy in (-1, 1)])
        clouds.append(
            np.asarray(disc.center) + reach[:, :1] * right + reach[:, 1:] * np.array([0.0, 1.0, 0.0])
        )
    return np.concatenate(clouds)
