"""Panels of a belt: a stamp a token, attention heads as tiles."""

from __future__ import annotations

import math

import numpy as np

from nn2gltf.ir.furniture import Points
from nn2gltf.ir.graph import Layer
from nn2gltf.ir.placement import Grid, LayerPlacement
from nn2gltf.layout.belt_plan import STAMP, BeltPlan
from nn2gltf.layout.stream import tokens_of

GAP = 4.0
"""Between stamps."""
THIN = 7.0
"""Width of a norm's post."""
TILE_GAP = 5.0
MOST_COLUMN = 16
"""Heads of a door in one column at most."""
MOST_STAMP = 224.0
"""Widest stamp; wider ones are compressed."""
Panel = tuple[Points, float, tuple[int, int]]
"""Rectangles of the cells, width, and numbers (rows, columns) in a cell."""


def token_panel(plan: BeltPlan, layer: Layer, pitch: float, *, thin: bool = False) -> Panel:
    """One stamp a token with its vector folded into the plan's rows; above 32 tokens one map (tokens x numbers)."""
    tokens, width = tokens_of(layer) or (plan.stream.tokens, plan.stream.width)
    rows = plan.rows if width % plan.rows == 0 else 1
    across = THIN if thin else min(MOST_STAMP, STAMP * width / plan.rows**2)
    tall = plan.lanes * pitch
    if tokens != plan.lanes:
        return np.array([[0.0, 0.0, across, tall - GAP]]), across, (tokens, width)
    if thin:
        rows = width
    y = ((tokens - 1) / 2 - np.arange(tokens)) * pitch
    rects = np.stack([np.zeros(tokens), y, np.full(tokens, across), np.full(tokens, pitch - GAP)], axis=1)
    return rects, across, (rows, width // rows)


def attention_tiles(layer: Layer, tall: float, *, rows: int = 0) -> Panel:
    """A square tile a head: at most four rows, above 16 heads a square of tiles."""
    heads, tokens, across = layer.outputs[0].shape[1:4]
    rows = rows or (min(4, heads) if 4 < heads <= MOST_COLUMN else math.ceil(math.sqrt(heads)))
    columns = math.ceil(heads / rows)
    gap = min(TILE_GAP, 0.1 * tall / rows)
    side = (tall + gap) / rows - gap
    index = np.arange(heads)
    x = (index % columns - (columns - 1) / 2) * (side + gap)
    y = ((rows - 1) / 2 - index // columns) * (side + gap)
    rects = np.stack([x, y, np.full(heads, side), np.full(heads, side)], axis=1)
    return rects, columns * (side + gap) - gap, (tokens, across)


def door_rows(layer: Layer) -> int:
    """Heads of a door stand in one column, above 16 in two."""
    heads = layer.outputs[0].shape[1]
    return heads if heads <= MOST_COLUMN else math.ceil(heads / 2)


def panel_row(
    layer: Layer,
    rects: Points,
    cell: tuple[int, int],
    *,
    position: tuple[float, float, float],
    yaw: float,
    lean: float,
    tint: str,
) -> LayerPlacement:
    """A thin slab with those cells."""
    width, height = (float(v) for v in rects[0, 2:])
    return LayerPlacement(
        id=layer.id,
        mark="slab",
        grid=Grid(count=len(rects), columns=1, width=width, height=height, gap=0.0),
        position=position,
        yaw=yaw,
        lean=lean,
        cell_shape=cell,
        rects=rects,
        thickness=2.0,
        rim=1.4,
        ink="frame",
        tint=tint,
    )
