"""Pieces of a terrace: panels, blocks with their inner cards, opened blocks and decks of folded ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from nn2gltf.ir.graph import Layer
from nn2gltf.layout.canvas import Canvas, Wish, across, arch, panel_size, rounded
from nn2gltf.layout.items import SYMBOLS, Item
from nn2gltf.layout.shapes import SizeLaw, face_shape
from nn2gltf.layout.stages import op_text

TURN, TURN_IN, TURN_POOL = 56.0, 22.0, 34.0
MOST_CARDS = 3
"""Inner layers that a closed block shows."""
DISC, RISE = 8.0, 9.0
PHOTO = 190.0
"""Least side of an input picture, scene units."""
FOLD_AT = 4
"""Fewer blocks of a stage are never folded."""
THIN_PITCH = 26.0
"""Cards closer than this carry dots for joints."""


@dataclass
class Pen:
    """Where a terrace is being drawn.

    Attributes:
        top: Joint of the last output, None at the start of a row.
        start: Left end of the row, where a shortcut of the first block rises.
    """

    canvas: Canvas
    law: SizeLaw
    y: float
    z: float
    ink: str
    group: str
    start: float = 0.0
    top: tuple[float, float, float] | None = None
    drawn: set[str] = field(default_factory=set)

    def side(self, layer: Layer) -> float:
        """Side of a layer's panel."""
        return self.law.side(face_shape(layer))

    def size(self, layer: Layer) -> tuple[float, float]:
        """Width and height of a layer's panel."""
        channels, rows, columns = face_shape(layer)
        return panel_size(self.side(layer), rows, columns, channels)

    def put(
        self, layer: Layer, x: float, *, turn: float, depth: float, rim: float = 1.6, side: float = 0.0
    ) -> tuple[float, float, float]:
        """A panel at x; returns the middle of its upper edge."""
        place = self.canvas.panel(
            layer,
            (x, self.y, self.z),
            side=side or self.side(layer),
            turn=turn,
            depth=depth,
            ink="frame" if rim > 1.2 else "neutral",
            rim=rim,
            group=self.group,
            tint=f"{self.ink} / 0.26",
        )
        return x, self.y + place.size[1] + rim, self.z

    def label(
        self,
        layer: Layer,
        text: str,
        spot: tuple[float, float, float],
        *,
        ink: str = "fg",
        priority: float = 1.0,
    ) -> None:
        """A label above a panel, or in front of it."""
        line = self.canvas.text(text, 15.5, weight=600, ink=ink)
        x, y, z = spot
        width, height = self.size(layer)
        lift = 3 * self.canvas.pixel + 0.09 * width
        anchors = (
            ((x, y + lift, z), (0.5, 0.0)),
            ((x + 0.2 * width, y + lift, z), (0.5, 0.0)),
            ((x - 0.2 * width, y + lift, z), (0.5, 0.0)),
            ((x, y + lift + 18 * self.canvas.pixel, z), (0.5, 0.0)),
            ((x, y - height - 10 * self.canvas.pixel, z + 0.4 * height), (0.5, 1.0)),
        )
        self.canvas.wish(
            Wish(
                key=f"label {layer.id}",
                lines=(line,),
                anchors=anchors,
                priority=priority,
                layer=layer.id,
                group=self.group,
            )
        )


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Something of a row.

    Attributes:
        width: Its least room along the row.
        gap: Least space after it.
        stretch: Share of the row's slack that it takes.
        most: Largest share that is still good to look at, scene units.
        layers: Ids of the layers that it draws.
        draw: Draws it from x on, with its share of the slack.
        folded: Number of blocks inside that stand folded.
    """

    width: float
    gap: float
    stretch: float
    most: float
    layers: tuple[str, ...]
    draw: Callable[[Pen, float, float], None]
    folded: int = 0
    height: float = 0.0


def panel_piece(item: Item, law: SizeLaw, *, label: bool) -> Piece:
    """One layer that belongs to no block: a panel, a pool as a thinner card."""
    layer = item.output
    channels, rows, columns = face_shape(layer)
    photo = layer.kind == "input"
    side = max(law.side((channels, rows, columns)), PHOTO if photo and channels == 3 else 0.0)
    width, height = panel_size(side, rows, columns, 1 if photo else channels)
    turn = TURN_POOL if layer.kind == "pool" else TURN
    room = across(width, turn)

    def draw(pen: Pen, x: float, _: float) -> None:
        depth = 0.4 if layer.kind == "pool" else 0.8
        top = pen.put(layer, x + room * 0.46, turn=turn, depth=depth, side=side)
        if label or layer.kind in ("pool", "conv"):
            name = (
                "input"
                if photo
                else f"{layer.name}  {op_text(layer)}"
                if layer.kind == "conv" and not layer.name.isdigit()
                else op_text(layer)
            )
            pen.label(layer, name, top, priority=0.5 if label else 2.0)
        pen.top = top

    gap = 12.0 + (0.8 * math.sqrt(channels) * 0.6 if not photo else 16.0)
    return Piece(
        width=room, gap=gap, stretch=1.0, most=0.5 * width, layers=(layer.id,), draw=draw, height=height
    )


def closed_cards(item: Item) -> tuple[Layer, ...]:
    """Inner layers that a closed block shows: the first ones; what only feeds the sum is left to the opened block."""
    inner = item.inner
    if item.output.kind in ("add", "mul") and len(inner) > 1:
        inner = inner[:-1]
    shown = [layer for layer in inner if layer.kind not in ("mul", "add", "op")] or list(inner)
    return tuple(shown[:MOST_CARDS])


def block_piece(item: Item, law: SizeLaw, *, opened: bool) -> Piece:
    """A block: inner cards in a comb, then its output with the joint; opened, every panel faces the viewer."""
    channels, rows, columns = face_shape(item.output)
    wide, height = panel_size(law.side((channels, rows, columns)), rows, columns, channels)
    cards = tuple(item.inner) if opened else closed_cards(item)
    sizes = [panel_size(law.side(face_shape(c)), *face_shape(c)[1:], face_shape(c)[0])[0] for c in cards]
    depths = [0.6 * math.sqrt(face_shape(c)[0]) for c in cards]
    pitch = 0.20 * wide + 6.0
    turned = [opened and not (c is cards[-1] and c.outputs == item.output.outputs) for c in cards]
    if opened:
        inside = 18.0 + sum(
            across(size, TURN) + 24.0 + deep if open_card else pitch + deep
            for size, deep, open_card in zip(sizes, depths, turned, strict=True)
        )
    else:
        inside = 0.06 * wide + pitch * len(cards) + (0.16 * wide if cards else 0.0)
    room = inside + across(wide, TURN)
    tallest = max(
        [
            height,
            *(panel_size(law.side(face_shape(c)), *face_shape(c)[1:], face_shape(c)[0])[1] for c in cards),
        ]
    )

    def draw(pen: Pen, x: float, _: float) -> None:
        begin, here = x, x + (18.0 if opened else 0.06 * wide)
        for card, size, deep, open_card in zip(cards, sizes, depths, turned, strict=True):
            if open_card:
                top = pen.put(card, here + size * 0.41, turn=TURN, depth=0.8)
                pen.label(card, op_text(card), top, ink=pen.ink, priority=0.8)
                here += across(size, TURN) + 24.0 + deep
            else:
                pen.put(card, here + 0.05 * wide + 6.0, turn=TURN_IN, depth=0.5, rim=1.1)
                here += pitch + (deep if opened else 0.0)
        here += 0.16 * wide if cards and not opened else 0.0
        middle = here + wide * 0.43
        x1, y1, z1 = pen.put(item.output, middle, turn=TURN, depth=0.8)
        joint = (x1 - 0.06 * wide, y1 + RISE, z1)
        _join(pen, item, joint, wide, rise=19.0 + (14.0 * pen.canvas.pixel if opened else 0.0))
        if opened:
            _patch(pen, item, begin, middle + wide * 0.5, wide, cards[0])
        pen.top = joint if item.output.kind in SYMBOLS else (x1, y1, z1)

    return Piece(
        width=room,
        gap=14.0 + 0.5 * math.sqrt(channels),
        stretch=1.0,
        most=0.9 * wide,
        layers=(*(card.id for card in cards), item.output.id),
        draw=draw,
        height=tallest,
    )


def _join(pen: Pen, item: Item, joint: tuple[float, float, float], wide: float, *, rise: float) -> None:
    """The skip: from the output before, or up at the row's left edge with a bead for its weights."""
    canvas = pen.canvas
    symbol = SYMBOLS.get(item.output.kind, "") if len(item.output.inputs) != 1 else ""
    if item.skip and (pen.top is None or item.projected):
        high = joint[1] + 15.0
        begin = pen.top if pen.top is not None else (pen.start - 24.0, pen.y - 4.0, pen.z)
        if pen.top is not None:
            begin = (pen.top[0] + 0.08 * wide, pen.top[1], pen.top[2])
            high = max(high, begin[1] + 15.0)
        path = rounded([begin, (begin[0], high, begin[2]), (joint[0], high, joint[2]), joint], 26.0)
        canvas.line(
            "skip",
            path,
            4.4,
            pen.ink,
            bead=8.8 if item.projected else 0.0,
            target=item.output.id,
            group=pen.group,
        )
    elif item.skip and pen.top is not None:
        begin = (pen.top[0] + 10.0, pen.top[1] - 2.0, pen.top[2])
        canvas.line("skip", arch(begin, joint, rise), 4.4, pen.ink, target=item.output.id, group=pen.group)
    if symbol:
        canvas.disc(joint, DISC, symbol, pen.ink, layer=item.output.id, group=pen.group)


def _patch(pen: Pen, item: Item, left: float, right: float, wide: float, first: Layer) -> None:
    """A lighter ground under the opened block, with a word in front."""
    from nn2gltf.ir.furniture import Solid

    canvas = pen.canvas
    front = pen.z + 0.34 * wide
    canvas.solids.append(
        Solid(
            kind="patch",
            low=(left, pen.y - 1.0, pen.z - 0.30 * wide),
            high=(right, pen.y + 0.2, front),
            ink="patch",
            group=pen.group,
        )
    )
    line = canvas.text("one block, opened", 14.0, ink="fg")
    above = pen.y + 1.15 * pen.size(first)[1]
    anchors = (
        *(((left + shift, pen.y - 3.0, front + 4.0), (0.0, 1.0)) for shift in (12.0, 40.0, 80.0)),
        *(
            ((left + shift, above + up * canvas.pixel, pen.z), (0.0, 0.0))
            for up in (26.0, 40.0, 56.0)
            for shift in (12.0, 60.0)
        ),
    )
    canvas.wish(
        Wish(
            key=f"opened {item.scope}",
            lines=(line,),
            anchors=anchors,
            priority=0.7,
            ground="patch",
            pad=3.0,
            group=pen.group,
        )
    )


def deck_piece(items: tuple[Item, ...], law: SizeLaw, count: int) -> Piece:
    """Folded blocks: their outputs as thin cards, each with its joint, and a badge in front.

    Args:
        count: Blocks that are folded; more than there are cards where the cards were thinned.
    """
    sides = [
        panel_size(law.side(face_shape(i.output)), *face_shape(i.output)[1:], face_shape(i.output)[0])
        for i in items
    ]
    wide, tall = sides[0]
    least = 9.0 * len(items) + across(wide, 4.0)

    def draw(pen: Pen, x: float, slack: float) -> None:
        pitch = min(0.55 * wide, 9.0 + slack / len(items))
        turn = min(40.0, max(4.0, math.degrees(math.asin(min(1.0, 0.95 * pitch / wide))) - 10.0))
        here = x + across(wide, turn - 4.0) * 0.5
        first, before = here, pen.top
        for index, item in enumerate(items):
            x1, y1, z1 = pen.put(item.output, here, turn=turn, depth=0.25, rim=1.0)
            joint = (x1, y1 + RISE, z1)
            if item.skip and before is not None and (index == 0 or pitch >= THIN_PITCH):
                begin = (before[0] + (10.0 if index == 0 else 4.0), before[1] - 2.0, before[2])
                pen.canvas.line(
                    "skip", arch(begin, joint, 15.0), 4.0, pen.ink, target=item.output.id, group=pen.group
                )
            if item.skip:
                thick = pitch >= THIN_PITCH
                pen.canvas.disc(
                    joint,
                    DISC if thick else 3.4,
                    "+" if thick else "",
                    pen.ink,
                    layer=item.output.id,
                    group=pen.group,
                )
            before = joint if item.skip else (x1, y1, z1)
            here += pitch
        pen.top = before
        _badge(pen, items, (first + here - pitch) / 2, wide, count)

    return Piece(
        width=least,
        gap=30.0,
        stretch=len(items) * 1.2,
        most=0.5 * wide * len(items),
        layers=tuple(item.output.id for item in items),
        draw=draw,
        folded=count,
        height=tall,
    )


def _badge(pen: Pen, items: tuple[Item, ...], middle: float, wide: float, count: int) -> None:
    line = pen.canvas.text(f"× {count} folded", 16.0, weight=700, ink="mark")
    anchors = tuple(
        ((middle + shift * wide, pen.y + lift, pen.z + 0.60 * wide), (0.5, 0.5))
        for lift in (6.0, 16.0, 30.0, 60.0)
        for shift in (0.1, 0.5, -0.4, 1.0)
    )
    pen.canvas.wish(
        Wish(
            key=f"badge {items[0].output.id}",
            lines=(line,),
            anchors=anchors,
            priority=0.1,
            ground=pen.ink,
            pad=5.0,
            over=frozenset(item.output.id for item in items),
            group=pen.group,
        )
    )
