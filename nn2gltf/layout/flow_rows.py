"""Rows of a flow: columns wrap where few lines cross, at the size that shows most (LAYOUTS.md, Flow 4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from nn2gltf.layout.canvas import across, panel_size
from nn2gltf.layout.grid import Columns
from nn2gltf.layout.shapes import SizeLaw, amount, face_shape
from nn2gltf.layout.things import Thing

TURN = 56.0
LARGEST = (130.0, 165.0, 205.0, 250.0)
RACK_HEIGHTS = (230.0, 300.0, 380.0)
GAP, RACK_GAP, ROW_GAP = 40.0, 34.0, 112.0
SHELF = 6.0
MOST_ROWS = 6
FIGURE_PIXELS, TALL_PIXELS = 1190.0, 720.0
CUT_COST = 30.0
"""Of a line that a break cuts, scene units."""
SLOT = 50.0
"""Pixels for the name of an operation before its card in a rack."""
LOW_TILE, DISC_ROOM = 24.0, 26.0


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Size of a thing: side of its cards, width along the row, height."""

    side: float
    width: float
    height: float
    slot: float = 0.0


@dataclass(frozen=True, kw_only=True)
class FlowPlan:
    """Sizes and rows.

    Attributes:
        spots: Of each thing.
        widths: Of each column.
        rows: First column of each row, and the number of columns as the last entry.
        cells: Height of a lane in each column.
    """

    spots: tuple[Spot, ...]
    widths: tuple[float, ...]
    heights: tuple[float, ...]
    rows: tuple[int, ...]
    cells: tuple[float, ...]
    pixel: float
    score: float


def plan_flow(
    things: Sequence[Thing], edges: Sequence[tuple[int, int]], columns: Columns, tail_pixels: float
) -> FlowPlan:
    """The best of some sizes: the largest sum of what is seen."""
    plans = [
        plan
        for largest in LARGEST
        for height in RACK_HEIGHTS
        for plan in [_plan(things, edges, columns, tail_pixels, largest, height)]
    ]
    return max(plans, key=lambda plan: round(plan.score, 6))


def _plan(
    things: Sequence[Thing],
    edges: Sequence[tuple[int, int]],
    columns: Columns,
    tail_pixels: float,
    largest: float,
    rack: float,
) -> FlowPlan:
    amounts = [amount(face_shape(t.output)) for t in things if not t.block and t.output.kind != "input"] or [
        1.0
    ]
    law = SizeLaw.over([max(a, max(amounts) / 60) for a in amounts], largest=largest, ratio=2.4, most=0.75)
    pixel = 1.4
    best: FlowPlan | None = None
    for _ in range(2):
        spots, cells = _sizes(things, columns, law, rack, pixel)
        widths, heights = _columns(columns, spots, cells)
        best = _wrap(edges, columns, spots, cells, widths, heights, tail_pixels)
        pixel = best.pixel
    assert best is not None
    return best


def _sizes(
    things: Sequence[Thing], columns: Columns, law: SizeLaw, rack: float, pixel: float
) -> tuple[list[Spot], list[float]]:
    cells = [min(150.0, max(46.0, rack / lanes)) if lanes > 1 else 0.0 for lanes in columns.lanes]
    spots = []
    for thing, column in zip(things, columns.column, strict=True):
        lanes = columns.lanes[column]
        most = cells[column] - SHELF - 8.0 if lanes > 1 else 1e9
        factor = 1.0 if lanes == 1 else 0.62 if lanes == 2 else 0.5
        spots.append(_spot(thing, law, factor, most, lanes > 1, pixel))
    return spots, cells


def _spot(thing: Thing, law: SizeLaw, factor: float, most: float, racked: bool, pixel: float) -> Spot:
    if racked and thing.joint and thing.joint != "‖":
        return Spot(side=0.0, width=DISC_ROOM, height=min(most, DISC_ROOM))
    slot = SLOT * pixel if racked and thing.single else 0.0
    if thing.block:
        side = min(most, 74.0)
        return Spot(side=side, width=side + 10.0 + slot, height=side, slot=slot)
    channels, rows, columns = face_shape(thing.output)
    side = max(LOW_TILE, law.side((channels, rows, columns)) * factor)
    width, height = panel_size(side, rows, columns, channels)
    side *= min(1.0, most / height)
    width, height = panel_size(side, rows, columns, channels)
    room = across(width, TURN) + 0.4 * min(30.0, math.sqrt(channels)) + 6.0
    if len(thing.faces) > 1:
        room += (len(thing.faces) - 1) * max(10.0, 0.12 * width) + 0.2 * width
    return Spot(side=side, width=room + slot, height=height, slot=slot)


def _columns(
    columns: Columns, spots: Sequence[Spot], cells: Sequence[float]
) -> tuple[list[float], list[float]]:
    count = len(columns.lanes)
    widths, heights = [0.0] * count, [0.0] * count
    for thing, column in enumerate(columns.column):
        racked = columns.lanes[column] > 1
        widths[column] = max(widths[column], spots[thing].width + (RACK_GAP if racked else GAP))
        tall = columns.lanes[column] * cells[column] if racked else spots[thing].height
        heights[column] = max(heights[column], tall)
    return widths, heights


def _wrap(
    edges: Sequence[tuple[int, int]],
    columns: Columns,
    spots: Sequence[Spot],
    cells: Sequence[float],
    widths: list[float],
    heights: list[float],
    tail_pixels: float,
) -> FlowPlan:
    """Break positions by dynamic programming over rows: least (widest row + cost of cut lines)."""
    count = len(widths)
    crossing = _cuts(columns, edges, count)
    if tail_pixels:
        crossing[-1] += 1e5  # bars stay behind what they read
    best: FlowPlan | None = None
    for rows in range(1, min(MOST_ROWS, count) + 1):
        breaks = _breaks(widths, crossing, rows)
        if breaks is None:
            continue
        plan = _measured(breaks, spots, cells, widths, heights, tail_pixels, columns)
        if best is None or plan.score > best.score * 1.02:
            best = plan
    assert best is not None
    return best


def _cuts(columns: Columns, edges: Sequence[tuple[int, int]], count: int) -> list[float]:
    """Cost of a break before each column: a line that it cuts beyond the first, more inside a rack."""
    change = [0] * (count + 1)
    for a, b in edges:
        change[columns.column[a] + 1] += 1
        change[columns.column[b] + 1 if columns.column[b] + 1 <= count else count] -= 1
    total, costs = 0, []
    for column in range(count):
        total += change[column]
        inside = column > 0 and columns.lanes[column] > 1 and columns.lanes[column - 1] > 1
        costs.append(CUT_COST * max(0, total - 1) + (160.0 if inside else 0.0))
    return costs


def _breaks(widths: list[float], crossing: list[float], rows: int) -> list[int] | None:
    count = len(widths)
    total = [0.0]
    for width in widths:
        total.append(total[-1] + width)
    cost: list[dict[int, tuple[float, float, int]]] = [{0: (0.0, 0.0, 0)}]
    for _ in range(rows):
        here: dict[int, tuple[float, float, int]] = {}
        for end in range(1, count + 1):
            options = [
                (max(widest, total[end] - total[start]), paid + (crossing[start] if start else 0.0), start)
                for start, (widest, paid, _) in cost[-1].items()
                if start < end
            ]
            if options:
                here[end] = min(options, key=lambda o: (o[0] + o[1], o[2]))
        cost.append(here)
    if count not in cost[-1]:
        return None
    breaks, end = [count], count
    for layer in reversed(cost[1:]):
        end = layer[end][2]
        breaks.append(end)
    return breaks[::-1]


def _measured(
    breaks: list[int],
    spots: Sequence[Spot],
    cells: Sequence[float],
    widths: list[float],
    heights: list[float],
    tail_pixels: float,
    columns: Columns,
) -> FlowPlan:
    spans = list(pairwise(breaks))
    pixel = 1.2
    for _ in range(2):
        wide = [sum(widths[a:b]) for a, b in spans]
        wide[-1] += tail_pixels * pixel
        tall = sum(max(heights[a:b]) + ROW_GAP for a, b in spans)
        pixel = max(0.6, max(wide) / FIGURE_PIXELS, tall / TALL_PIXELS)
    seen = 0.0
    for spot, column in zip(spots, columns.column, strict=True):
        racked = columns.lanes[column] > 1
        seen += min(spot.side / pixel, 64.0 if racked else 150.0) * (1.0 if racked else 0.45)
    fill = min(1.0, sum(wide) / len(wide) / max(wide) / 0.8)
    return FlowPlan(
        spots=tuple(spots),
        widths=tuple(widths),
        heights=tuple(heights),
        rows=tuple(breaks),
        cells=tuple(cells),
        pixel=pixel,
        score=seen * (0.6 + 0.4 * fill),
    )
