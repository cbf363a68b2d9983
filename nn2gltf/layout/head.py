"""The head of a classifier: vectors as folded tiles, then the bars of the most likely classes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.placement import Grid, LayerPlacement, PlateSize
from nn2gltf.layout.canvas import Canvas, Wish, across, panel_size
from nn2gltf.layout.options import LayoutOptions
from nn2gltf.layout.shapes import face_shape
from nn2gltf.layout.size import TOP_CLASSES
from nn2gltf.layout.stages import op_text

MOST_VECTORS = 5
BAR_HEIGHT, BAR_GAP, BAR_LENGTH = 6.4, 2.2, 62.0
TURN = 56.0
TILE = 0.72
"""Height of a vector's tile over the row's."""
BAR_TEXT = 0.74
"""Of the composed plates of classes and percentages."""
"""Lengths of a bar at text scale 1, scene units."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """What stands after the last map.

    Attributes:
        vectors: Layers drawn as tiles.
        bars: The classifier's output, drawn as bars, or None.
        count: Number of bars.
    """

    vectors: tuple[Layer, ...]
    bars: Layer | None
    count: int = 0

    @property
    def drawn(self) -> tuple[str, ...]:
        """Ids of its layers."""
        return (*(layer.id for layer in self.vectors), *((self.bars.id,) if self.bars else ()))


def read_head(graph: Graph, layers: Sequence[Layer], options: LayoutOptions) -> Head:
    """Tiles and bars for the layers after the last map."""
    bars, count = None, 0
    if layers and options.has_values and layers[-1].id in graph.outputs:
        shape = layers[-1].outputs[0].shape if layers[-1].outputs else ()
        if len(shape) == 2 and shape[1] >= 2:
            bars, count = layers[-1], shape[1] if shape[1] <= options.max_bars else TOP_CLASSES
    vectors = [layer for layer in layers if layer is not bars and layer.outputs]
    if len(vectors) > MOST_VECTORS:
        vectors = [*vectors[: MOST_VECTORS - 1], vectors[-1]]
    return Head(vectors=tuple(vectors), bars=bars, count=min(count, 10) if count > 10 else count)


def tile_size(layer: Layer, height: float) -> tuple[float, float, float]:
    """Side, width and height of a vector's tile, at most ``height`` tall."""
    channels, rows, columns = face_shape(layer)
    side = height / math.sqrt(max(1 / 6, rows / columns)) if rows > columns else height
    width, tall = panel_size(side, rows, columns, channels)
    if tall > height:
        side *= height / tall
        width, tall = panel_size(side, rows, columns, channels)
    return side, width, tall


def head_width(head: Head, height: float, plates: Mapping[str, PlateSize], scale: float) -> float:
    """Room that the head needs along the row."""
    tiles = sum(across(tile_size(layer, TILE * height)[1], TURN) + 46.0 for layer in head.vectors)
    return tiles + (_bars_width(plates, scale * BAR_TEXT) + 60.0 if head.bars else 0.0)


def _bars_width(plates: Mapping[str, PlateSize], scale: float) -> float:
    names = plates.get("classes", PlateSize(width=14.0, height=7.0))
    percent = plates.get("percent", PlateSize(width=13.0, height=6.0))
    return (names.width + BAR_LENGTH + percent.width + 4.0) * scale


def draw_head(
    canvas: Canvas,
    head: Head,
    start: tuple[float, float, float],
    height: float,
    plates: Mapping[str, PlateSize],
    scale: float,
    *,
    ink: str,
    group: str = "",
) -> float:
    """Draw tiles and bars from a point on the ground; returns where it ends along X."""
    x, y, z = start
    before: tuple[float, float, float] | None = None
    for layer in head.vectors:
        side, width, tall = tile_size(layer, TILE * height)
        x += 18.0
        place = canvas.panel(
            layer,
            (x + 0.42 * width, y, z),
            side=side,
            turn=TURN,
            depth=0.0,
            group=group,
            least=0.0,
            tint=f"{ink} / 0.26",
        )
        middle = (place.position[0], y + tall / 2, z)
        if before is not None:
            canvas.line("link", [before, (middle[0] - 0.5 * width, before[1], z)], 2.4, ink, group=group)
        _name(canvas, layer, (middle[0], y + tall, z), width, group)
        x += across(width, TURN) + 28.0
        before = (middle[0] + 0.5 * width, middle[1], z)
    if head.bars is None:
        return x
    return _draw_bars(canvas, head, (x + 20.0, y, z), before, plates, scale, group)


def _name(
    canvas: Canvas, layer: Layer, top: tuple[float, float, float], tile_width: float, group: str
) -> None:
    lift = 7 * canvas.pixel + 0.1 * tile_width
    numbers = math.prod(layer.outputs[0].shape[1:])
    lines = (
        canvas.text(op_text(layer), 15.5, weight=600),
        canvas.text(f"{numbers:,}", 14.0, ink="dim"),
    )
    anchors = tuple(
        ((top[0] + shift, top[1] + lift + up * canvas.pixel, top[2]), (0.5, 0.0))
        for up in (0.0, 36.0)
        for shift in (0.0, 12.0, -12.0)
    )
    canvas.wish(
        Wish(
            key=f"label {layer.id}",
            lines=lines,
            short=lines[:1],
            anchors=anchors,
            priority=0.9,
            layer=layer.id,
            group=group,
        )
    )


def _draw_bars(
    canvas: Canvas,
    head: Head,
    start: tuple[float, float, float],
    before: tuple[float, float, float] | None,
    plates: Mapping[str, PlateSize],
    scale: float,
    group: str,
) -> float:
    names = plates.get("classes", PlateSize(width=14.0, height=7.0))
    percent = plates.get("percent", PlateSize(width=13.0, height=6.0))
    text = BAR_TEXT
    scale *= text
    grid = Grid(
        count=head.count,
        columns=1,
        width=names.width * scale,
        height=BAR_HEIGHT * scale,
        gap=BAR_GAP * scale,
    )
    x, y, z = start
    assert head.bars is not None
    tall = grid.size[1]
    middle = y + tall / 2 - 26.0 * canvas.pixel
    place = LayerPlacement(
        id=head.bars.id,
        mark="bars",
        grid=grid,
        position=(x + 44.0 + grid.width / 2, middle, z),
        yaw=canvas.view.azimuth,
        length=BAR_LENGTH * scale,
        tail=(percent.width + 2.0) * scale,
        text=text,
        group=group,
    )
    canvas.layers.append(place)
    if before is not None:
        canvas.line("path", [before, (x + 40.0, before[1], z)], 3.6, "accent", group=group)
    total = head.bars.outputs[0].shape[1]
    words = f"top {head.count} of {total:,} classes" if total > head.count else f"{total} classes"
    name = f"{head.bars.name} · {words}"
    spot = place.world(np.array([0.0, tall / 2 + 6 * canvas.pixel, 0.0]))
    anchors = tuple(
        ((float(spot[0]) - grid.width / 2, float(spot[1]) + up * canvas.pixel, z), (0.0, 0.0))
        for up in (0.0, 12.0, 24.0)
    )
    line = canvas.text(name, 15.5, weight=600)
    canvas.wish(
        Wish(
            key=f"label {head.bars.id}",
            lines=(line,),
            anchors=anchors,
            priority=0.2,
            layer=head.bars.id,
            group=group,
        )
    )
    return x + 44.0 + _bars_width(plates, scale)
