"""How a layer is drawn and how big: its mark and its grid of cells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.placement import Grid, Mark, PlateSize
from nn2gltf.layout.options import LayoutOptions

TILE_GAP = 3.0
UNIT, UNIT_GAP, UNIT_LENGTH, UNIT_ROWS = 4.4, 2.0, 13.0, 16
WIDE_UNIT, WIDE_UNIT_GAP, WIDE_UNIT_COUNT = 6.0, 3.0, 16
BAR, BAR_GAP, BAR_LENGTH = 6.4, 2.8, 52.0
BLOCK = (34.0, 20.0)
TOP_CLASSES = 5
"""Bars of a classifier with more classes than can be read."""
LARGEST_PANEL = 128.0
PANEL_RATIO = 3.0
"""Preferred height over width of a panel of maps: narrow along the flow (VISUAL.md, Layout)."""


@dataclass(frozen=True, kw_only=True)
class Body:
    """A layer's extent before it has a place; fields as in :class:`LayerPlacement`."""

    mark: Mark
    grid: Grid
    cell_shape: tuple[int, int] = (1, 1)
    length: float = 0.0
    tail: float = 0.0


def size_layers(
    graph: Graph, options: LayoutOptions, plates: Mapping[str, PlateSize], text_scale: float = 1.0
) -> dict[str, Body]:
    """Body of every layer, all panels drawn to one monotone law of size.

    Args:
        plates: Sizes of text plates; ``classes`` and ``percent`` set the bars' margins.
        text_scale: Factor on text; the class bars are as large as their text.
    """
    shapes = {layer.id: _shown_shape(layer) for layer in graph.layers}
    law = _size_law(shape for shape in shapes.values() if len(shape) == 3)
    bars = {layer.id: bar_count(graph, layer, options) for layer in graph.layers}
    return {
        layer.id: _bars(bars[layer.id], plates, text_scale)
        if bars[layer.id]
        else _body(layer, shapes[layer.id], law, options)
        for layer in graph.layers
    }


def _shown_shape(layer: Layer) -> tuple[int, ...]:
    """Shape without the batch axis; a flat input that is a square picture counts as one."""
    shape = layer.outputs[0].shape[1:] if layer.outputs else ()
    if layer.kind == "input" and len(shape) == 1 and shape[0] >= 64 and math.isqrt(shape[0]) ** 2 == shape[0]:
        side = math.isqrt(shape[0])
        return (1, side, side)
    if len(shape) == 3 and shape[1:] == (1, 1):
        return (shape[0],)
    if len(shape) == 2:
        return (1, *shape)
    return shape


def bar_count(graph: Graph, layer: Layer, options: LayoutOptions) -> int:
    """Bars of an output: one a class, the likeliest of more classes than can be read; 0 where it is no classifier's."""
    shape = _shown_shape(layer)
    if len(shape) != 1 or layer.id not in graph.outputs or shape[0] < 2:
        return 0
    if shape[0] <= options.max_bars:
        return shape[0]
    return TOP_CLASSES if options.classifier and options.has_values else 0


def is_vector_input(layer: Layer, options: LayoutOptions) -> bool:
    """Whether an input is drawn as bodies: measurements, no picture."""
    shape = _shown_shape(layer)
    return layer.kind == "input" and len(shape) == 1 and shape[0] <= options.max_units


def _size_law(shapes: Iterable[tuple[int, ...]]) -> tuple[float, float]:
    """Factor and exponent of panel side = factor * sqrt(numbers) ** exponent (LAYOUTS.md, Terraces 1).

    One number is one unit while the largest panel stays within the limit; beyond, all are compressed by one law.
    """
    sides = [math.sqrt(math.prod(shape)) for shape in shapes] or [1.0]
    largest, smallest = max(sides), max(1.0, min(sides))
    if largest <= LARGEST_PANEL:
        return 1.0, 1.0
    exponent = min(1.0, math.log(1.9) / math.log(largest / smallest)) if largest > smallest else 1.0
    return LARGEST_PANEL / largest**exponent, exponent


def _bars(count: int, plates: Mapping[str, PlateSize], text_scale: float) -> Body:
    names, percent = plates.get("classes", PlateSize(width=8, height=7)), plates.get("percent")
    grid = Grid(
        count=count,
        columns=1,
        width=names.width * text_scale,
        height=BAR * text_scale,
        gap=BAR_GAP * text_scale,
    )
    tail = (percent.width + 2) * text_scale if percent else 0.0
    return Body(mark="bars", grid=grid, length=BAR_LENGTH * text_scale, tail=tail)


def _body(layer: Layer, shape: tuple[int, ...], law: tuple[float, float], options: LayoutOptions) -> Body:
    if len(shape) == 1 and shape[0] <= options.max_units:
        return Body(mark="units", grid=_unit_grid(shape[0]), length=UNIT_LENGTH)
    if len(shape) == 1:
        rows, columns = _mosaic_shape(shape[0])
        return _maps((1, rows, columns), law, "maps")
    if len(shape) == 3 and math.prod(shape) > 0:
        return _maps((shape[0], shape[1], shape[2]), law, _map_mark(layer, options))
    return Body(mark="block", grid=Grid(count=1, columns=1, width=BLOCK[0], height=BLOCK[1], gap=0.0))


def _map_mark(layer: Layer, options: LayoutOptions) -> Mark:
    if layer.kind != "input":
        return "maps"
    colored = len(layer.outputs[0].shape) == 4 and layer.outputs[0].shape[1] == 3
    return "photo" if colored and options.has_values else "image"


def _maps(shape: tuple[int, int, int], law: tuple[float, float], mark: Mark) -> Body:
    channels, height, width = shape
    if mark in ("image", "photo") and channels == 3:
        channels = 1
    factor, exponent = law
    numbers = math.sqrt(channels * height * width)
    scale = factor * numbers**exponent / numbers
    grid = Grid(
        count=channels,
        columns=_map_columns(channels, height, width),
        width=width * scale,
        height=height * scale,
        gap=TILE_GAP * min(1.0, max(scale, 0.25)),
    )
    return Body(mark=mark, grid=grid, cell_shape=(height, width))


def _map_columns(count: int, height: int, width: int) -> int:
    """Columns that make a narrow panel without a ragged last row where possible."""

    def cost(columns: int) -> float:
        rows = -(-count // columns)
        waste = rows * columns - count
        ratio = rows * height / (columns * width)
        return abs(math.log(ratio / PANEL_RATIO)) + (0.3 + 2 * waste / count if waste else 0.0)

    return min(range(1, count + 1), key=lambda c: (round(cost(c), 9), c))


def _unit_grid(count: int) -> Grid:
    if count <= WIDE_UNIT_COUNT:
        return Grid(count=count, columns=1, width=WIDE_UNIT, height=WIDE_UNIT, gap=WIDE_UNIT_GAP)
    fewest = -(-count // UNIT_ROWS)
    columns = min(range(fewest, fewest + 6), key=lambda c: (-(-count // c) * c - count, c))
    return Grid(count=count, columns=columns, width=UNIT, height=UNIT, gap=UNIT_GAP)


def _mosaic_shape(count: int) -> tuple[int, int]:
    """Rows and columns that fold a long vector into a tall tile."""
    columns = max(1, math.isqrt(count // 2))
    return -(-count // columns), columns
