"""The belt's drawing: lanes, states, machines with their curtains, doors of folded blocks, the answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nn2gltf.ir.furniture import Line, Points, TextLine
from nn2gltf.ir.graph import Layer
from nn2gltf.ir.placement import LayerPlacement, PlateSize
from nn2gltf.layout.belt_parts import attention_tiles, door_rows, panel_row, token_panel
from nn2gltf.layout.belt_plan import BeltPlan, shown_stamps
from nn2gltf.layout.canvas import Canvas, Wish
from nn2gltf.layout.finish import header_width, plate_scale
from nn2gltf.layout.head import Head, draw_head
from nn2gltf.layout.stages import op_text
from nn2gltf.layout.stream import Machine, is_norm, tokens_of

TALL, FLAT = 500.0, 0.85
"""Height of the machines by rule, and of a lane's pitch over that of a machine's row."""
LEAN = math.radians(-42.0)
YAW = math.radians(-38.0)
ABOVE = 46.0
"""Room between the belt's far edge and the machines."""
CURTAIN, NEAR, APART = 74.0, 14.0, 25.0
DOOR_PITCH = 46.0
FLOOR = 0.84
"""Width of a lane's ground over the pitch, in the picture plane: a thin gap stays between lanes."""
STATE, STAMPS, HEADS = "frame / 0.62", "stage 2 / 0.5", "stage 3 / 0.75"
"""Faces of panels without values."""
LANE_INK, CURTAIN_INK = "frame / 0.55", "frame / 0.5"


@dataclass
class Belt:
    """Where things stand: the belt's extent and the machines' foot."""

    canvas: Canvas
    plan: BeltPlan

    @property
    def machine_pitch(self) -> float:
        """Height of a token's row in a machine."""
        return min(40.0, max(16.0, TALL / self.plan.lanes))

    @property
    def pitch(self) -> float:
        """Distance of lanes."""
        return FLAT * self.machine_pitch

    @property
    def tall(self) -> float:
        """Extent of the belt across its lanes."""
        return self.plan.lanes * self.pitch

    @property
    def machine_tall(self) -> float:
        """Height of every machine."""
        return self.plan.lanes * self.machine_pitch

    def lane(self, x: float, index: int, lift: float = 1.0) -> tuple[float, float, float]:
        """A point on a lane."""
        up = ((self.plan.lanes - 1) / 2 - index) * self.pitch
        return self.on_belt(x, up, lift)

    def on_belt(self, x: float, up: float, lift: float = 1.0) -> tuple[float, float, float]:
        """A point of the leaning plane, ``up`` from its middle line and ``lift`` before it."""
        y = up * math.cos(LEAN) - lift * math.sin(LEAN)
        return x, y, up * math.sin(LEAN) + lift * math.cos(LEAN)

    @property
    def foot(self) -> tuple[float, float]:
        """Y and z of the machines' lower edge."""
        _, y, z = self.on_belt(0.0, self.tall / 2)
        return y + ABOVE, z

    def row_height(self, index: int) -> float:
        """Height above the foot of a token's row in a machine."""
        return (self.plan.lanes - 0.5 - index) * self.machine_pitch


def draw_belt(canvas: Canvas, plan: BeltPlan, plates: Mapping[str, PlateSize]) -> tuple[float, float]:
    """Draw everything but the plates.

    Returns:
        Picture coordinates of the title's upper left corner.
    """
    belt = Belt(canvas, plan)
    x = _state(belt, plan.stream.start, 0.0)
    _caption(belt, "embedding", x / 2, "sign embedding")
    first = x
    for machine in plan.opened:
        x = _machine(belt, machine, x)
    _bracket(belt, first + 8.0, x, "block 1, opened")
    doors = x + 40.0
    x = _doors(belt, doors)
    if plan.folded:
        word = "block 2, folded" if plan.folded == 1 else f"blocks 2 to {plan.folded + 1}, folded"
        _bracket(belt, doors, x, word)
        _more(belt, doors, x)
        x = _state(belt, plan.stream.machines[-1].total, x + 34.0)
    _ground(belt, -30.0, x + 24.0)
    _answer(belt, x + 24.0, plates)
    return _title(belt, first, plates)


def _state(belt: Belt, layer: Layer, x: float) -> float:
    """A state lying on the belt; returns where it ends."""
    rects, width, cell = token_panel(belt.plan, layer, belt.pitch)
    place = panel_row(
        layer, rects, cell, position=belt.on_belt(x + width / 2, 0.0, 3.0), yaw=0.0, lean=LEAN, tint=STATE
    )
    belt.canvas.layers.append(place)
    return x + width


def _machine(belt: Belt, machine: Machine, x: float) -> float:
    """Curtain up, stamps, attention, curtain down, the sum; returns where the sum ends."""
    canvas, start = belt.canvas, x
    x += CURTAIN
    stamps = shown_stamps(machine)
    cut = _cut(machine, stamps)
    places: list[LayerPlacement] = []
    for layer in stamps[:cut]:
        x = _stand(belt, layer, x, places) + NEAR
    if machine.heads is not None:
        x = _heads(belt, machine.heads, x + APART - NEAR, places) + APART
    for layer in stamps[cut:]:
        x = _stand(belt, layer, x, places) + NEAR
    end = x - NEAR + CURTAIN
    if places:
        _curtain(belt, (start, places[0], True))
        _curtain(belt, (end, places[-1], False))
        _joined(belt, places)
    after = _state(belt, machine.total, end)
    spot = belt.on_belt((end + after) / 2, belt.tall / 2 + 14.0, 4.0)
    canvas.disc(spot, 11.0, "+", "stage 0", layer=machine.total.id)
    _headline(belt, machine, places)
    return after


def _cut(machine: Machine, stamps: Sequence[Layer]) -> int:
    """How many stamps come before the attention weights."""
    if machine.heads is None:
        return len(stamps)
    order = {layer.id: i for i, layer in enumerate(machine.inner)}
    at = order[machine.heads.id]
    return sum(1 for layer in stamps if order[layer.id] < at)


def _stand(belt: Belt, layer: Layer, x: float, places: list[LayerPlacement]) -> float:
    """A panel of stamps above the belt; returns where it ends along X."""
    thin = is_norm(layer)
    rects, width, cell = token_panel(belt.plan, layer, belt.machine_pitch, thin=thin)
    return _above(belt, layer, (rects, width, cell), x, places)


def _heads(belt: Belt, layer: Layer, x: float, places: list[LayerPlacement]) -> float:
    rects, width, cell = attention_tiles(layer, belt.machine_tall)
    return _above(belt, layer, (rects, width, cell), x, places)


def _above(
    belt: Belt,
    layer: Layer,
    panel: tuple[Points, float, tuple[int, int]],
    x: float,
    places: list[LayerPlacement],
) -> float:
    rects, width, cell = panel
    y, z = belt.foot
    room = width * math.cos(YAW)
    place = panel_row(
        layer,
        rects,
        cell,
        position=(x + room / 2, y + belt.machine_tall / 2, z),
        yaw=YAW,
        lean=0.0,
        tint=HEADS if len(layer.outputs[0].shape) == 4 else STAMPS,
    )
    belt.canvas.layers.append(place)
    places.append(place)
    return x + room


def _curtain(belt: Belt, way: tuple[float, LayerPlacement, bool]) -> None:
    """Ribbons from every lane to its row in a machine, or back; the read-out token's is amber."""
    x, place, rises = way
    side = (-1.0 if rises else 1.0) * (place.size[0] / 2 + 1.5)
    for lane in range(belt.plan.lanes):
        height = belt.row_height(lane) - belt.machine_tall / 2
        spot = place.world(np.array([[side, height, 0.4]]))[0]
        ground = np.array(belt.lane(x, lane, 3.0))
        ends = (ground, spot) if rises else (spot, ground)
        _ribbon(belt, swung(*ends), lane == belt.plan.amber)


def _ribbon(belt: Belt, points: Points, amber: bool) -> None:
    belt.canvas.line("lane", points, 4.0 if amber else 2.0, "accent" if amber else CURTAIN_INK)


def swung(start: Points, end: Points) -> Points:
    """(25, 3) a curve that leaves and arrives along X."""
    reach = np.array([0.62 * (end[0] - start[0]), 0.0, 0.0])
    t = np.linspace(0.0, 1.0, 25)[:, None]
    points: Points = (
        (1 - t) ** 3 * start
        + 3 * (1 - t) ** 2 * t * (start + reach)
        + 3 * (1 - t) * t**2 * (end - reach)
        + t**3 * end
    )
    return points


def _joined(belt: Belt, places: Sequence[LayerPlacement]) -> None:
    """Short ribbons between neighbouring panels of a machine."""
    step = max(1, belt.plan.lanes // 8)
    amber = belt.plan.lanes - 1 if belt.plan.amber is None else belt.plan.amber
    lanes = {*range(0, belt.plan.lanes - 1, step), belt.plan.lanes - 1, amber}
    for one, two in pairwise(places):
        for lane in sorted(lanes):
            height = belt.row_height(lane) - belt.machine_tall / 2
            a = one.world(np.array([[one.size[0] / 2 + 1.5, height, 0.4]]))[0]
            b = two.world(np.array([[-two.size[0] / 2 - 1.5, height, 0.4]]))[0]
            _ribbon(belt, np.stack([a, b]), lane == belt.plan.amber)


def _headline(belt: Belt, machine: Machine, places: Sequence[LayerPlacement]) -> None:
    """What stands here, over every panel, short names where there is no room."""
    canvas, graph = belt.canvas, belt.canvas.graph
    for place in places:
        layer = graph.layer_by_id[place.id]
        lines: tuple[TextLine, ...] = (canvas.text(_name(machine, layer), 15.5, weight=600),)
        if layer is machine.heads:
            heads = layer.outputs[0].shape[1]
            words = "who looks at whom" if layer is machine.weights else "their outputs"
            lines = (
                canvas.text("attention", 19.0, weight=700),
                canvas.text(f"{heads} heads: {words}", 14.5, ink="dim"),
            )
        top = place.world(np.array([[0.0, place.size[1] / 2, 0.0]]))[0]
        anchors = tuple(
            ((float(top[0]) + shift, float(top[1]) + (26.0 + up) * canvas.pixel, float(top[2])), (0.5, 0.0))
            for up in (0.0, 22.0, 44.0, 66.0)
            for shift in (0.0, 14.0, -14.0)
        )
        canvas.wish(
            Wish(
                key=f"label {layer.id}",
                lines=lines,
                short=lines[:1],
                anchors=anchors,
                priority=0.4 if layer is machine.heads else 1.0,
                layer=layer.id,
            )
        )


def _name(machine: Machine, layer: Layer) -> str:
    """A norm is called so; other layers by their own name, or by their op where that is a canvas."""
    if is_norm(layer):
        return "norm"
    found = tokens_of(layer)
    name = op_text(layer) if layer.name.split("@")[0].isdigit() else layer.name
    return f"{name} {found[1]:,}" if found and not machine.attends else name


def _doors(belt: Belt, x: float) -> float:
    """One thin door a folded block: heads in a column over the MLP; returns where they end."""
    y, z = belt.foot
    tall = belt.machine_tall
    canvas = belt.canvas
    for index, door in enumerate(belt.plan.doors):
        low = 0.0
        room = 0.0
        for layer in reversed(door):
            weights = len(layer.outputs[0].shape) == 4
            share = 0.70 * tall if weights else (0.25 * tall if len(door) > 1 else tall)
            if weights:
                rects, width, cell = attention_tiles(layer, share, rows=door_rows(layer))
            else:
                found = tokens_of(layer) or (1, 1)
                width, cell = 38.0, found
                rects = np.array([[0.0, 0.0, width, share]])
            yaw = YAW
            room = max(room, width * math.cos(yaw))
            position = (x + width * math.cos(yaw) / 2, y + low + share / 2, z)
            canvas.layers.append(
                panel_row(
                    layer,
                    rects,
                    cell,
                    position=position,
                    yaw=yaw,
                    lean=0.0,
                    tint=HEADS if weights else STAMPS,
                )
            )
            low += share + 0.05 * tall
        for shift in (0.35, 0.65):
            stem = [(x + shift * room, y, z), belt.on_belt(x + shift * room, belt.tall / 2, 2.0)]
            canvas.line("lane", stem, 1.6, LANE_INK)
        line = canvas.text(str(index + 2), 15.5, weight=700)
        spot = (x + room / 2, y + low + 18.0 * canvas.pixel, z)
        if belt.plan.folded == len(belt.plan.doors):
            canvas.wish(Wish(key=f"door {index}", lines=(line,), anchors=((spot, (0.5, 0.0)),), priority=1.5))
        x += max(DOOR_PITCH, room + 16.0)
    return x


def _more(belt: Belt, left: float, right: float) -> None:
    """How many blocks stand folded, over their doors."""
    canvas, plan = belt.canvas, belt.plan
    y, z = belt.foot
    lines = [canvas.text(f"{plan.folded} more blocks", 19.0, weight=700)]
    if plan.folded > len(plan.doors):
        lines.append(canvas.text(f"{len(plan.doors)} of them drawn", 14.5, ink="dim"))
    spots = [((left + right) / 2, y + belt.machine_tall + up * canvas.pixel, z) for up in (62.0, 84.0, 106.0)]
    anchors = tuple((spot, (0.5, 0.0)) for spot in spots)
    canvas.wish(Wish(key="more blocks", lines=tuple(lines), anchors=anchors, priority=1.7))


def _ground(belt: Belt, left: float, right: float) -> None:
    """Lanes and the belt's two edges, the read-out lane amber."""
    canvas = belt.canvas
    for lane in range(belt.plan.lanes):
        amber = lane == belt.plan.amber
        ink, ground = ("accent", "accent / 0.16") if amber else (LANE_INK, "plinth")
        floor = [belt.lane(x, lane, -4.0) for x in (left, right)]
        canvas.line("lane", floor, FLOOR * belt.pitch, ground)
        canvas.line("lane", [belt.lane(left, lane), belt.lane(right, lane)], 4.0 if amber else 2.0, ink)
    for up in (-belt.tall / 2 - 5.0, belt.tall / 2 + 5.0):
        canvas.line("edge", [belt.on_belt(left, up), belt.on_belt(right, up)], 3.0, "frame")
    every = max(1, math.ceil(17.0 * canvas.pixel / belt.pitch))
    for lane in range(0, belt.plan.lanes, every):
        if belt.plan.stream.tokens > belt.plan.lanes:
            break
        line = canvas.text(str(lane + 1), 14.0, weight=600)
        spots = [belt.lane(left - away * belt.pitch, lane) for away in (0.6, 1.0, 1.5, 2.0)]
        canvas.wish(
            Wish(
                key=f"token {lane}",
                lines=(line,),
                anchors=tuple((spot, (1.0, 0.5)) for spot in spots),
                priority=0.6,
            )
        )


def _bracket(belt: Belt, left: float, right: float, text: str) -> None:
    """A dimension line in front of the belt with a name."""
    down = -belt.tall / 2 - 16.0
    points = [belt.on_belt(x, down + up) for x, up in ((left, 7.0), (left, 0.0), (right, 0.0), (right, 7.0))]
    belt.canvas.line("detail", points, 1.6, LANE_INK)
    _caption(belt, text, (left + right) / 2, f"sign {text}")


def _caption(belt: Belt, text: str, x: float, key: str) -> None:
    canvas = belt.canvas
    spots = [belt.on_belt(x, -belt.tall / 2 - 22.0 - down) for down in (0.0, 14.0, 28.0, 42.0)]
    anchors = tuple((spot, (0.5, 1.0)) for spot in spots)
    canvas.wish(Wish(key=key, lines=(canvas.text(text, 17.0, weight=700),), anchors=anchors, priority=0.3))


def _answer(belt: Belt, x: float, plates: Mapping[str, PlateSize]) -> None:
    """Bars of the likeliest classes right of the belt, at the end of the read-out lane."""
    canvas, plan = belt.canvas, belt.plan
    if plan.answer is None:
        return
    start = belt.on_belt(x, 0.0) if plan.amber is None else belt.lane(x, plan.amber)
    head = Head(vectors=(), bars=plan.answer, count=plan.bars)
    foot = (x + 20.0, belt.foot[0], belt.foot[1])
    draw_head(canvas, head, foot, belt.machine_tall, plates, plate_scale(canvas), ink="stage 0")
    bars = canvas.layers[-1]
    high = (bars.size[1] - bars.grid.height) / 2
    goal = bars.world(np.array([-bars.size[0] / 2 - 6.0 * canvas.pixel, high, 0.0]))
    canvas.lines.append(Line(kind="path", points=swung(np.array(start), goal), width=4.0, ink="accent"))


def _title(belt: Belt, first: float, plates: Mapping[str, PlateSize]) -> tuple[float, float]:
    """Left of the machines, level with their tops."""
    canvas = belt.canvas
    y, z = belt.foot
    corner = canvas.view.flat(np.array([[first + 0.3 * CURTAIN, y + belt.machine_tall, z]]))[0]
    return float(corner[0]) - header_width(plates, canvas) - 10 * canvas.pixel, float(corner[1])
