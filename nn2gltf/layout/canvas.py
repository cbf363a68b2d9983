"""A canvas: what a layout has put down so far, with the few shapes that all big layouts share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nn2gltf.ir.furniture import Disc, Line, LineKind, Measure, Points, Sign, Solid, TextLine, sign_size
from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.placement import Grid, LayerPlacement
from nn2gltf.layout.camera import View, hero_view
from nn2gltf.layout.mosaic import is_plain, mosaic_rects
from nn2gltf.layout.shapes import face_shape

AZIMUTH_DEG, ELEVATION_DEG = -10.0, 15.0
LEAN_IN_DEG = 14.0
"""Added to a panel's turn for its width on the picture: the camera stands 10 degrees to the left, and a margin."""
RIM = 1.6


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A label that wants a place.

    Attributes:
        anchors: Candidate spots, best first: a scene point and which point of the plate lies there (0..1 from left and
            bottom).
        priority: The lowest is placed first.
        short: Fewer lines for when the whole does not fit.
        forward: Scene units towards the viewer, in front of shelves.
        over: Layers that it may cover: a badge lies on its own deck.
    """

    key: str
    lines: tuple[TextLine, ...]
    anchors: tuple[tuple[tuple[float, float, float], tuple[float, float]], ...]
    priority: float = 1.0
    short: tuple[TextLine, ...] = ()
    ground: str = "plate"
    pad: float = 2.0
    over: frozenset[str] = frozenset()
    forward: float = 0.0
    layer: str = ""
    group: str = ""


@dataclass
class Canvas:
    """Everything placed so far.

    Attributes:
        pixel: Scene units of a pixel in a picture 1,600 pixels wide, as planned.
    """

    graph: Graph
    measure: Measure
    pixel: float = 1.2
    view: View = field(default_factory=lambda: hero_view(AZIMUTH_DEG, ELEVATION_DEG))
    layers: list[LayerPlacement] = field(default_factory=list)
    solids: list[Solid] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    discs: list[Disc] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    dropped: int = 0

    def panel(
        self,
        layer: Layer,
        foot: tuple[float, float, float],
        *,
        side: float,
        turn: float,
        depth: float = 1.0,
        ink: str = "frame",
        rim: float = RIM,
        group: str = "",
        least: float = 28.0,
        tint: str = "",
    ) -> LayerPlacement:
        """A slab or card whose lower edge's middle stands at ``foot``.

        Args:
            side: Geometric mean of width and height.
            turn: Degrees, 90 faces +Z, 0 is edge-on.
            depth: Thickness over the square root of the channels.
            least: Narrowest tile of a plain mosaic.
        """
        channels, rows, columns = face_shape(layer)
        photo = layer.kind == "input" and channels in (1, 3)
        count = 1 if photo else channels
        width, height = panel_size(side, rows, columns, count)
        place = LayerPlacement(
            id=layer.id,
            mark="photo" if photo and channels == 3 else "slab",
            grid=Grid(count=count, columns=1, width=width, height=height, gap=0.0),
            position=(foot[0], foot[1] + height / 2, foot[2]),
            yaw=math.radians(turn - 90.0),
            cell_shape=(rows, columns),
            rects=mosaic_rects(count, width, height, plain=is_plain(count, side, least=least)),
            ranked=not is_plain(count, side, least=least),
            thickness=max(2.0, depth * math.sqrt(channels)) if not photo else 4.0,
            rim=rim,
            ink="frame_photo" if photo else ink,
            tint=tint,
            group=group,
        )
        self.layers.append(place)
        return place

    def line(
        self, kind: LineKind, points: Points | Sequence[Sequence[float]], width: float, ink: str, **rest: Any
    ) -> None:
        """Add a line."""
        self.lines.append(Line(kind=kind, points=np.asarray(points, float), width=width, ink=ink, **rest))

    def disc(self, center: Sequence[float], radius: float, symbol: str, ink: str, **rest: str) -> None:
        """Add a joint."""
        x, y, z = (float(v) for v in center)
        self.discs.append(Disc(center=(x, y, z), radius=radius, symbol=symbol, ink=ink, **rest))

    def plinth(self, x: tuple[float, float], y: float, z: tuple[float, float], group: str = "") -> None:
        """A foot whose upper face lies at y, seen under everything of a stage."""
        self.solids.append(
            Solid(
                kind="plinth",
                low=(x[0], y - 5.0, z[0]),
                high=(x[1], y, z[1]),
                ink="plinth",
                top="plinth_top",
                group=group,
            )
        )

    def text(self, text: str, pixels: float, *, weight: int = 500, ink: str = "fg") -> TextLine:
        """A line so many pixels high at the hero camera."""
        return TextLine(text=text, size=pixels * self.pixel, weight=weight, ink=ink)

    def wish(self, wish: Wish) -> None:
        """Ask for a place for a label."""
        self.wishes.append(wish)

    def sign_at(
        self, key: str, lines: Sequence[TextLine], left: float, top: float, *, depth: float = 0.0, **rest: Any
    ) -> Sign:
        """A sign whose upper left corner lies at picture coordinates (left, top), on a ground depth."""
        width, height = sign_size(
            lines, self.measure, pad=rest.get("pad", 0.0), bar_length=rest.get("bar_length", 0.0)
        )
        x, y, z = self.view.stand(left + width / 2, top - height * float(self.view.up[1]) / 2, depth)
        sign = Sign(
            key=key,
            lines=tuple(lines),
            center=(float(x), float(y), float(z)),
            width=width,
            height=height,
            **rest,
        )
        self.signs.append(sign)
        return sign


def panel_size(side: float, rows: int, columns: int, count: int) -> tuple[float, float]:
    """Width and height of a panel of that geometric mean; the mosaic of many maps has the proportions of one."""
    ratio = math.sqrt(min(3.0, max(1 / 3.0, columns / rows)))
    if count == 1 and rows * columns > 1:
        ratio = math.sqrt(min(6.0, max(1 / 6.0, columns / rows)))
    return side * ratio, side / ratio


def across(width: float, turn: float) -> float:
    """Width of a turned panel on the row, scene units."""
    return width * math.sin(math.radians(min(90.0, turn + LEAN_IN_DEG)))


def arch(start: Sequence[float], end: Sequence[float], rise: float) -> Points:
    """(33, 3) an arc that rises above both ends."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    t = np.linspace(0.0, 1.0, 33)
    ease = t * t * (3 - 2 * t)
    points: Points = a + (b - a) * ease[:, None]
    points[:, 1] = a[1] + (b[1] - a[1]) * t + rise * np.sin(np.pi * t) ** 0.75
    return points


def rounded(points: Sequence[Sequence[float]], radius: float) -> Points:
    """A polyline with rounded corners (quadratic curves)."""
    corners = np.asarray(points, float)
    path = [corners[0]]
    for before, here, after in zip(corners[:-2], corners[1:-1], corners[2:], strict=True):
        into, out = before - here, after - here
        reach = min(radius, float(np.linalg.norm(into)) / 2, float(np.linalg.norm(out)) / 2)
        a = here + into / (np.linalg.norm(into) or 1.0) * reach
        b = here + out / (np.linalg.norm(out) or 1.0) * reach
        t = np.linspace(0.0, 1.0, 8)[:, None]
        path += list((1 - t) ** 2 * a + 2 * t * (1 - t) * here + t * t * b)
    path.append(corners[-1])
    return np.array(path)
