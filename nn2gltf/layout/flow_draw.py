"""Drawing a flow: panels, decks, blocks, shelves, lines and labels."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from nn2gltf.errors import safe
from nn2gltf.ir.furniture import Solid
from nn2gltf.ir.placement import Grid, LayerPlacement
from nn2gltf.layout.canvas import Canvas, Wish, across
from nn2gltf.layout.flow_rows import SHELF, TURN, FlowPlan, Spot
from nn2gltf.layout.grid import Columns
from nn2gltf.layout.routes import Port, Router
from nn2gltf.layout.shapes import face_shape
from nn2gltf.layout.stages import common_parts
from nn2gltf.layout.things import Thing

TURN_CARD = 22.0
INDENT = 20.0


def make_ports(columns: Columns, plan: FlowPlan, grounds: Sequence[tuple[float, float]]) -> list[Port]:
    """Where every thing stands and where lines meet it."""
    row_of, left = {}, {}
    for row, (a, b) in enumerate(zip(plan.rows[:-1], plan.rows[1:], strict=True)):
        x = INDENT
        for column in range(a, b):
            row_of[column], left[column] = row, x
            x += plan.widths[column]
    ports = []
    for index, column in enumerate(columns.column):
        row, spot = row_of[column], plan.spots[index]
        y, z = grounds[row]
        racked = columns.lanes[column] > 1
        if racked:
            y += (columns.lanes[column] - 1 - columns.lane[index]) * plan.cells[column] + SHELF
        start = left[column] + (plan.widths[column] - spot.width) / 2
        middle = y + spot.height / 2
        turn = math.radians(TURN)
        deep = 0.5 * spot.side * math.cos(turn)
        first = start + spot.slot
        ports.append(
            Port(
                column=column,
                row=row,
                lane=columns.lane[index],
                enter=(first, middle, z - 0.6 * deep),
                leave=(start + spot.width, middle, z + 0.6 * deep),
                left=left[column] - 2.0,
                right=left[column] + plan.widths[column] - 4.0,
                top=grounds[row][0] + plan.heights[column],
                racked=racked,
            )
        )
    return ports


def draw_thing(canvas: Canvas, thing: Thing, spot: Spot, port: Port, ink: str) -> None:
    """A panel, a deck, a block or a joint with its label."""
    x, middle, _ = port.enter
    z = (port.enter[2] + port.leave[2]) / 2
    foot = middle - spot.height / 2
    if not spot.side:
        center = (x + spot.width / 2, middle, z)
        _joint_layer(canvas, thing, center)
        canvas.disc(center, 10.0, thing.joint, ink if ink != "neutral" else "frame", layer=thing.output.id)
        return
    if thing.block:
        _block(canvas, thing, (x + spot.side / 2, middle, z), spot.side)
    elif len(thing.faces) > 1:
        _deck(canvas, thing, spot, (x, foot, z), ink)
    else:
        width = spot.width - spot.slot
        canvas.panel(
            thing.output,
            (x + 0.46 * width, foot, z),
            side=spot.side,
            turn=TURN,
            depth=0.6,
            ink="frame",
            rim=1.0 if port.racked else 1.6,
            tint=f"{ink} / 0.28",
        )
    _label(canvas, thing, spot, port, foot)


def _joint_layer(canvas: Canvas, thing: Thing, center: tuple[float, float, float]) -> None:
    """A small block behind the disc stands for the joining layer."""
    canvas.layers.append(
        LayerPlacement(
            id=thing.output.id,
            mark="block",
            grid=Grid(count=1, columns=1, width=6.0, height=6.0, gap=0.0),
            position=(center[0], center[1], center[2] - 6.0),
            yaw=canvas.view.azimuth,
        )
    )


def _block(canvas: Canvas, thing: Thing, center: tuple[float, float, float], side: float) -> None:
    canvas.layers.append(
        LayerPlacement(
            id=thing.output.id,
            mark="block",
            grid=Grid(count=1, columns=1, width=side * 0.9, height=side * 0.9, gap=0.0),
            position=center,
            yaw=math.radians(TURN - 90.0),
            thickness=0.3 * side,
        )
    )


def _deck(canvas: Canvas, thing: Thing, spot: Spot, start: tuple[float, float, float], ink: str) -> None:
    """Thin cards, the last one facing the viewer, with a badge."""
    x, foot, z = start
    count = len(thing.faces)
    last = across(spot.side, TURN)
    pitch = max(8.0, (spot.width - spot.slot - last - 0.2 * spot.side) / max(1, count - 1))
    for index, face in enumerate(thing.faces[:-1]):
        canvas.panel(
            face,
            (x + 0.2 * spot.side + index * pitch * 0.9, foot, z),
            side=spot.side,
            turn=TURN_CARD,
            depth=0.15,
            ink="neutral",
            rim=1.0,
            tint=f"{ink} / 0.28",
        )
    canvas.panel(
        thing.faces[-1],
        (x + spot.width - 0.52 * last, foot, z),
        side=spot.side,
        turn=TURN,
        depth=0.6,
        tint=f"{ink} / 0.28",
    )


def _label(canvas: Canvas, thing: Thing, spot: Spot, port: Port, foot: float) -> None:
    """Above a thing of the trunk; before a card in a rack, where the arrow arrives."""
    z = (port.enter[2] + port.leave[2]) / 2
    name = canvas.text(thing.name, 15.0, weight=600)
    key = f"label {thing.nodes[0].first} {thing.output.id}"
    if spot.slot:
        line = canvas.text(thing.name, 14.0, weight=600)
        x, y = port.enter[0] - 5.0, port.enter[1]
        lift = 9.0 * canvas.pixel
        anchors: list[tuple[tuple[float, float, float], tuple[float, float]]] = [
            ((x, y + lift, port.enter[2]), (1.0, 0.4)),
            ((x, y - lift, port.enter[2]), (1.0, 0.6)),
            ((x, y + 2 * lift, port.enter[2]), (1.0, 0.3)),
            ((x, y - 2 * lift, port.enter[2]), (1.0, 0.7)),
        ]
        canvas.wish(
            Wish(
                key=key,
                lines=(line,),
                anchors=tuple(anchors),
                priority=2.0,
                pad=1.0,
                forward=70.0,
                layer=thing.output.id,
            )
        )
        return
    lines = (name, canvas.text(thing.detail, 14.0, ink="dim")) if thing.detail else (name,)
    top = foot + spot.height
    middle = (port.enter[0] + port.leave[0]) / 2
    near = 0.09 * spot.side + 4 * canvas.pixel
    anchors = [
        ((middle + shift * spot.width, top + near + up * canvas.pixel, z), (0.5, 0.0))
        for up in (0.0, 14.0, 30.0)
        for shift in (0.0, 0.15, -0.15)
    ]
    anchors += [((middle, foot - (16.0 + down) * canvas.pixel, z), (0.5, 1.0)) for down in (0.0, 12.0, 26.0)]
    priority = 0.4 if thing.nodes[0].children else 1.0
    canvas.wish(
        Wish(
            key=key,
            lines=lines,
            short=(name,),
            anchors=tuple(anchors),
            priority=priority,
            layer=thing.output.id,
        )
    )


def draw_racks(
    canvas: Canvas,
    columns: Columns,
    plan: FlowPlan,
    things: Sequence[Thing],
    grounds: Sequence[tuple[float, float]],
    ink: Mapping[int, str],
    *,
    skip: int,
) -> None:
    """A plinth under every run of the trunk, shelves under the lanes of a rack."""
    for row, (a, b) in enumerate(zip(plan.rows[:-1], plan.rows[1:], strict=True)):
        y, z = grounds[row]
        x = INDENT
        for first, last in _runs(columns, a, b - 1 if b - 1 == skip else b):
            width = sum(plan.widths[first:last])
            tall = max(plan.heights[first:last])
            racked = columns.lanes[first] > 1
            deep = 0.30 * min(tall, 240.0) if not racked else 0.5 * plan.cells[first]
            canvas.plinth((x - 10.0, x + width - 16.0), y - 3.0, (z - deep, z + deep))
            inside = [i for i, column in enumerate(columns.column) if first <= column < last]
            _front_line(canvas, things, inside, ink, (x - 10.0, x + width - 16.0), y, z + deep + 4.0)
            if racked:
                _rack_label(canvas, [things[i] for i in inside], (x, y + tall, z))
            if racked:
                for lane in range(1, columns.lanes[first]):
                    level = y + lane * plan.cells[first]
                    canvas.solids.append(
                        Solid(
                            kind="shelf",
                            low=(x - 4.0, level - 1.5, z - 0.8 * deep),
                            high=(x + width - 22.0, level + 1.5, z + 0.8 * deep),
                            ink="plinth",
                            top="plinth_top",
                        )
                    )
            x += width


def _front_line(
    canvas: Canvas,
    things: Sequence[Thing],
    inside: Sequence[int],
    ink: Mapping[int, str],
    x: tuple[float, float],
    y: float,
    z: float,
) -> None:
    """Under a plinth's front, in the group's colour, as wide as there are channels."""
    if not inside:
        return
    inks = Counter(ink.get(i, "neutral") for i in inside)
    channels = max(face_shape(things[i].output)[0] for i in inside)
    half = max(1.5, 0.13 * math.sqrt(channels))
    canvas.line(
        "edge", [(x[0], y - 9.0 - half, z), (x[1], y - 9.0 - half, z)], 2 * half, inks.most_common(1)[0][0]
    )


def _rack_label(canvas: Canvas, things: Sequence[Thing], corner: tuple[float, float, float]) -> None:
    """The module that a rack shows the inside of."""
    paths = [
        thing.nodes[0].path.replace("/", ".").split(".") for thing in things if thing.output.kind != "input"
    ]
    common = common_parts([path[:-1] for path in paths])
    if not common:
        return
    path = ".".join(common)
    kind = next((scope.type for scope in canvas.graph.scopes if scope.path == path), "")
    text = f"{safe(common[-1], limit=20)}  {safe(kind, limit=24)}"
    x, y, z = corner
    anchors = tuple(
        ((x + right, y + up * canvas.pixel, z), (0.0, 0.0))
        for up in (6.0, 20.0, 34.0)
        for right in (0.0, 60.0)
    )
    canvas.wish(
        Wish(
            key=f"rack {things[0].output.id}",
            lines=(canvas.text(text, 15.0, weight=700),),
            anchors=anchors,
            priority=0.3,
        )
    )


def _runs(columns: Columns, a: int, b: int) -> list[tuple[int, int]]:
    """Runs of columns of one kind inside a row."""
    runs: list[tuple[int, int]] = []
    for column in range(a, b):
        if runs and columns.lanes[runs[-1][0]] == columns.lanes[column] and runs[-1][1] == column:
            runs[-1] = (runs[-1][0], column + 1)
        else:
            runs.append((column, column + 1))
    return runs


def draw_lines(
    canvas: Canvas,
    edges: Sequence[tuple[int, int]],
    ports: Sequence[Port],
    ink: dict[int, str],
    floors: Sequence[float],
    shown: set[int],
) -> None:
    """A line an edge; the longest path to the answer in the accent's colour."""
    best = _longest_path(len(ports), edges)
    router = Router(ports=ports, floors=[y - 30.0 for y in floors], margin=-44.0)
    for a, b in edges:
        if a not in shown or b not in shown:
            continue
        amber = (a, b) in best
        points = router.route(a, b)
        width = 3.6 if amber else 2.0
        color = "accent" if amber else f"{ink.get(b, 'neutral')} / 0.75"
        points = np.asarray(points) + (canvas.view.back * 0.6 if amber else 0.0)
        canvas.line("path" if amber else "link", points, width, color)


def _longest_path(count: int, edges: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    before: dict[int, list[int]] = {}
    for a, b in edges:
        before.setdefault(b, []).append(a)
    length = [0] * count
    for thing in range(count):
        length[thing] = 1 + max((length[p] for p in before.get(thing, [])), default=0)
    path, here = set(), count - 1
    while here in before:
        previous = max(before[here], key=lambda p: (length[p], -p))
        path.add((previous, here))
        here = previous
    return path
