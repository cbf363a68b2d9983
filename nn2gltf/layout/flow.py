"""Layout ``flow``: any graph, by rule: a trunk of slabs, racks of shelves where branches run in parallel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from nn2gltf.ir.furniture import Measure
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.placement import Placement, PlateSize, Selection
from nn2gltf.layout.canvas import Canvas
from nn2gltf.layout.finish import finish_canvas, plate_scale
from nn2gltf.layout.flow_draw import draw_lines, draw_racks, draw_thing, make_ports
from nn2gltf.layout.flow_rows import ROW_GAP, FlowPlan, plan_flow
from nn2gltf.layout.flow_signs import draw_group_signs
from nn2gltf.layout.grid import Columns, arrange
from nn2gltf.layout.groups import Group, read_groups
from nn2gltf.layout.head import Head, draw_head, read_head
from nn2gltf.layout.options import LayoutOptions
from nn2gltf.layout.plugin import Layout
from nn2gltf.layout.things import Thing, read_things
from nn2gltf.layout.tree import Node, build_tree

DEPTH = 55.0
LEAST_PIXELS = 31.0
SHARES = (1.0, 0.7, 0.5, 0.3)
"""Of the wished detail, in the order in which they are tried."""
BARS_PIXELS = 430.0
LEGEND = (
    "one tile = one feature map, the nine strongest large",
    "thickness = channels; shelves = parallel branches",
    "amber = the longest path back from the answer",
)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A graph as the flow sees it."""

    things: list[Thing]
    edges: list[tuple[int, int]]
    columns: Columns
    groups: list[Group]
    head: Head
    plan: FlowPlan

    @property
    def pixels(self) -> float:
        """Side of the middle one of all cards in the picture."""
        return median(
            [spot.side / self.plan.pixel for spot in self.plan.spots if spot.side] or [LEAST_PIXELS]
        )

    @property
    def shown(self) -> list[int]:
        """Things that have a panel of their own: all but what the bars show."""
        bars = self.head.bars.id if self.head.bars else ""
        return [i for i, thing in enumerate(self.things) if thing.output.id != bars]


def read_flow(graph: Graph, options: LayoutOptions) -> Reading:
    """Things, columns, groups and rows: as much detail as can be seen.

    Where half of the cards would be smaller than :data:`LEAST_PIXELS`, fewer modules are opened.
    """
    tree = build_tree(graph)
    readings: list[Reading] = []
    for share in SHARES:
        reading = _read(graph, tree, options, max(2, round(share * options.detail)))
        if reading.pixels >= LEAST_PIXELS:
            return reading
        readings.append(reading)
    return max(readings, key=lambda found: found.pixels)


def _read(graph: Graph, tree: Node, options: LayoutOptions, detail: int) -> Reading:
    things, edges = read_things(graph, tree, detail)
    last = things[-1] if things else None
    head = read_head(graph, [last.output] if last and last.single else [], options)
    head = Head(vectors=(), bars=head.bars, count=head.count)
    columns = arrange(len(things), edges)
    plan = plan_flow(things, edges, columns, BARS_PIXELS if head.bars else 0.0)
    return Reading(
        things=things, edges=edges, columns=columns, groups=read_groups(things), head=head, plan=plan
    )


def select(graph: Graph, options: LayoutOptions) -> Selection:
    """Every visible thing's faces."""
    things = read_flow(graph, options).things
    drawn = {face.id for thing in things if not thing.block for face in thing.faces}
    drawn |= {thing.output.id for thing in things if thing.block}
    last = things[-1] if things else None
    head = read_head(graph, [last.output] if last and last.single else [], options)
    hidden = len(graph.layers) - len(drawn)
    notes = (
        [f"{hidden:,} of {len(graph.layers):,} layers are not drawn: they are inside closed modules."]
        if hidden
        else []
    )
    return Selection(
        layout="flow",
        drawn=tuple(layer.id for layer in graph.layers if layer.id in drawn),
        labelled=False,
        legend=LEGEND,
        top_classes=head.count if head.bars else 0,
        reductions=tuple(notes),
    )


def place(
    graph: Graph, options: LayoutOptions, plates: Mapping[str, PlateSize], measure: Measure
) -> Placement:
    """Columns in rows, signs on the left."""
    reading = read_flow(graph, options)
    plan, columns = reading.plan, reading.columns
    canvas = Canvas(graph=graph, measure=measure, pixel=plan.pixel)
    spans = list(zip(plan.rows[:-1], plan.rows[1:], strict=True))
    grounds: list[tuple[float, float]] = []
    y = 0.0
    for row, (a, b) in enumerate(spans):
        tall = max(plan.heights[a:b])
        y = y - tall - ROW_GAP if row else 0.0
        grounds.append((y, DEPTH * row))
    ink = {i: f"stage {group.number}" for group in reading.groups for i in group.things}
    ports = make_ports(columns, plan, grounds)
    for index in reading.shown:
        draw_thing(canvas, reading.things[index], plan.spots[index], ports[index], ink.get(index, "neutral"))
    draw_racks(
        canvas,
        columns,
        plan,
        reading.things,
        grounds,
        ink,
        skip=-1 if not reading.head.bars else ports[-1].column,
    )
    draw_lines(canvas, reading.edges, ports, ink, [g[0] for g in grounds], set(reading.shown))
    if reading.head.bars:
        end = ports[-1]
        ground = grounds[-1]
        width = max(plan.heights[spans[-1][0] : spans[-1][1]])
        before = [a for a, b in reading.edges if b == len(reading.things) - 1]
        if before:
            leave = ports[before[-1]].leave
            canvas.line("path", [leave, (end.left + 24.0, leave[1], leave[2])], 3.6, "accent")
        start = (end.left, ground[0] + 34.0, ground[1])
        draw_head(canvas, reading.head, start, min(width, 160.0), plates, plate_scale(canvas), ink="neutral")
    title = draw_group_signs(
        canvas, reading.groups, reading.things, plates, max(plan.heights[spans[0][0] : spans[0][1]])
    )
    return finish_canvas(canvas, plates, title=title, texels=options.most_texels)


LAYOUT = Layout(fits=lambda _graph, _options: True, select=select, place=place)
