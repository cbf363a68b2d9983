"""Layout ``u``: one terrace a resolution, from encoder to decoder, skips straight across (LAYOUTS.md, Terraces 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nn2gltf.ir.furniture import Measure
from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.placement import Placement, PlateSize, Selection
from nn2gltf.layout.canvas import Canvas, Wish, across, panel_size, rounded
from nn2gltf.layout.finish import finish_canvas, header_height
from nn2gltf.layout.items import SYMBOLS
from nn2gltf.layout.levels import Level, Valley, read_valley, shown
from nn2gltf.layout.options import LayoutOptions
from nn2gltf.layout.plugin import Layout
from nn2gltf.layout.shapes import SizeLaw, amount, face_shape, map_shape
from nn2gltf.layout.stages import count_text, op_text, shape_text

TURN, TURN_CARD = 56.0, 30.0
LARGEST = 240.0
ROW_GAP, NEXT_DEPTH = 78.0, 48.0
ARM = 64.0
"""Room left of a level for the arrow that comes down."""
LEGEND = (
    "one terrace = one resolution; across = skip",
    "one tile = one feature map, the nine strongest large",
    "thickness = channels; sides = means",
)


@dataclass
class Arm:
    """One side of a level: where it begins and ends, and where its last panel stands."""

    left: float
    right: float
    last: float
    height: float


def fits(graph: Graph, _options: LayoutOptions) -> bool:
    """A U with links between equal resolutions."""
    return read_valley(graph) is not None


def select(graph: Graph, _options: LayoutOptions) -> Selection:
    """Each level's panels."""
    valley = read_valley(graph)
    drawn = _drawn(valley) if valley else set()
    hidden = len(graph.layers) - len(drawn)
    return Selection(
        layout="u",
        drawn=tuple(layer.id for layer in graph.layers if layer.id in drawn),
        labelled=False,
        legend=LEGEND,
        reductions=(f"{hidden} of {len(graph.layers)} layers are not drawn: joints and inner layers.",)
        if hidden
        else (),
    )


def _drawn(valley: Valley) -> set[str]:
    layers = [valley.source, *([valley.answer] if valley.answer else [])]
    for level in valley.levels:
        layers += [*shown(level.down), *shown(level.up)]
    return {layer.id for layer in layers}


def place(
    graph: Graph, options: LayoutOptions, plates: Mapping[str, PlateSize], measure: Measure
) -> Placement:
    """Levels below each other, the decoder mirrored."""
    valley = read_valley(graph)
    if valley is None:
        from nn2gltf.layout.flow import place as place_flow

        return place_flow(graph, options, plates, measure)
    law = _law(valley)
    pixel = 1.2
    for _ in range(2):
        canvas = Canvas(graph=graph, measure=measure, pixel=pixel)
        title = _draw(canvas, valley, law, plates)
        corners = np.concatenate([canvas.view.flat(layer.corners) for layer in canvas.layers])
        width, height = corners.max(axis=0) - corners.min(axis=0)
        pixel = max(float(width) / 1380.0, float(height) / 700.0)
    return finish_canvas(canvas, plates, title=title, texels=options.most_texels)


def _law(valley: Valley) -> SizeLaw:
    layers = [layer for level in valley.levels for layer in (*level.down, *level.up)]
    return SizeLaw.over([amount(face_shape(layer)) for layer in layers], largest=LARGEST)


def _draw(
    canvas: Canvas, valley: Valley, law: SizeLaw, plates: Mapping[str, PlateSize]
) -> tuple[float, float]:
    """Everything but the plates; returns the title's corner."""
    heights = [
        max(_size(law, layer)[1] for layer in (*shown(lv.down), *shown(lv.up))) for lv in valley.levels
    ]
    grounds = [(0.0, 0.0)]
    for index in range(1, len(heights)):
        y = grounds[-1][0] - heights[index] - 0.10 * heights[index - 1] - ROW_GAP
        grounds.append((y, NEXT_DEPTH * index))
    photo = _photo(canvas, valley.source, law, grounds[0])
    downs: list[Arm] = []
    x = photo + 60.0
    for index, level in enumerate(valley.levels):
        arm = _arm(canvas, shown(level.down), law, x, grounds[index], index)
        downs.append(arm)
        x = arm.last - 0.10 * heights[index] + ARM
    ups: list[Arm | None] = [None] * len(valley.levels)
    x = downs[-1].right
    for index in reversed(range(len(valley.levels))):
        layers = shown(valley.levels[index].up)
        if layers:
            start = (
                max(x, downs[index].right + 110.0)
                if index < len(valley.levels) - 1
                else downs[index].right + 8.0
            )
            arm = _arm(canvas, layers, law, start, grounds[index], index)
            ups[index] = arm
            x = arm.last - 0.10 * heights[index]
    ends = [max(down.right, up.right if up else 0.0) for down, up in zip(downs, ups, strict=True)]
    if valley.answer:
        ends[0] = _answer(canvas, valley.answer, law, ends[0] + 56.0, grounds[0])
    for index, level in enumerate(valley.levels):
        left = -34.0 if index == 0 else downs[index].left - 16.0
        _ground(canvas, (left, ends[index] + 14.0), grounds[index], heights[index], index)
        up = ups[index]
        if up and level.skip:
            _across(canvas, level, downs[index], up, grounds[index], heights[index], index)
        if index:
            _down(canvas, downs[index], grounds[index - 1], grounds[index], heights, index)
            source = ups[index] or downs[index]
            _up(canvas, source, grounds[index - 1], grounds[index], heights, index)
    return _signs(canvas, valley, downs, ends, grounds, heights, plates)


def _size(law: SizeLaw, layer: Layer) -> tuple[float, float]:
    channels, rows, columns = face_shape(layer)
    return panel_size(law.side((channels, rows, columns)), rows, columns, channels)


def _photo(canvas: Canvas, layer: Layer, law: SizeLaw, ground: tuple[float, float]) -> float:
    y, z = ground
    channels, rows, columns = face_shape(layer)
    side = max(law.side((channels, rows, columns)), 0.85 * LARGEST)
    width, height = panel_size(side, rows, columns, 1)
    canvas.panel(layer, (0.43 * width, y, z), side=side, turn=TURN)
    _name(canvas, layer, "input", (0.43 * width, y + height, z), width)
    return across(width, TURN)


def _answer(canvas: Canvas, layer: Layer, law: SizeLaw, x: float, ground: tuple[float, float]) -> float:
    y, z = ground
    channels, rows, columns = face_shape(layer)
    side = max(law.side((channels, rows, columns)), 0.8 * LARGEST)
    width, height = panel_size(side, rows, columns, channels)
    canvas.panel(layer, (x + 0.43 * width, y, z), side=side, turn=TURN, tint="stage 0 / 0.3")
    canvas.line("path", [(x - 16.0, y + 0.4 * height, z), (x + 2.0, y + 0.4 * height, z)], 3.6, "accent")
    _name(canvas, layer, "output", (x + 0.43 * width, y + height, z), width)
    return x + across(width, TURN)


def _arm(
    canvas: Canvas, layers: Sequence[Layer], law: SizeLaw, x: float, ground: tuple[float, float], index: int
) -> Arm:
    """Cards, then the last layer as a slab that faces the viewer."""
    y, z = ground
    left, tint = x, f"stage {index} / 0.28"
    sizes = [_size(law, layer) for layer in layers]
    height = max(tall for _, tall in sizes)
    for layer, (width, tall) in zip(layers[:-1], sizes[:-1], strict=True):
        spot = (x + 0.22 * width, y, z)
        canvas.panel(
            layer, spot, side=law.side(face_shape(layer)), turn=TURN_CARD, depth=0.5, rim=1.1, tint=tint
        )
        _name(canvas, layer, op_text(layer), (spot[0], y + tall, z), 0.6 * width, priority=2.0)
        x += 0.36 * width + 8.0
    width, tall = sizes[-1]
    x += 0.12 * width if len(layers) > 1 else 0.0
    middle = x + 0.43 * width
    canvas.panel(
        layers[-1], (middle, y, z), side=law.side(face_shape(layers[-1])), turn=TURN, depth=0.8, tint=tint
    )
    _name(canvas, layers[-1], op_text(layers[-1]), (middle, y + tall, z), width, priority=1.5)
    deep = 0.45 * face_shape(layers[-1])[0] ** 0.5
    return Arm(left=left, right=x + across(width, TURN) + deep, last=middle, height=height)


def _name(
    canvas: Canvas,
    layer: Layer,
    text: str,
    top: tuple[float, float, float],
    width: float,
    priority: float = 0.5,
) -> None:
    x, y, z = top
    lift = 0.10 * width + 5 * canvas.pixel
    anchors = tuple(
        ((x + shift * width, y + lift + up * canvas.pixel, z), (0.5, 0.0))
        for up in (0.0, 14.0)
        for shift in (0.0, 0.15, -0.15)
    )
    line = canvas.text(text, 15.0, weight=600)
    canvas.wish(
        Wish(key=f"label {layer.id}", lines=(line,), anchors=anchors, priority=priority, layer=layer.id)
    )


def _ground(
    canvas: Canvas, x: tuple[float, float], ground: tuple[float, float], height: float, index: int
) -> None:
    y, z = ground
    deep = 0.36 * height
    canvas.plinth(x, y - 3.0, (z - deep, z + deep))
    canvas.line(
        "edge",
        [(x[0], y - 11.0, z + deep + 2.0), (x[1], y - 11.0, z + deep + 2.0)],
        5.0,
        f"stage {index} / 0.6",
    )


def _across(
    canvas: Canvas, level: Level, down: Arm, up: Arm, ground: tuple[float, float], height: float, index: int
) -> None:
    """A straight ribbon into the joint."""
    y, z = ground[0] + 0.24 * height, ground[1]
    disc = (up.left - 20.0, y, z)
    assert level.skip is not None
    canvas.line(
        "skip",
        [(down.right + 2.0, y, z), (disc[0] - 6.0, y, z)],
        9.0,
        f"stage {index}",
        source=level.skip.source,
        target=level.skip.target,
    )
    canvas.disc(disc, 13.0, SYMBOLS[level.joint], f"stage {index}", layer=level.skip.target)


def _down(
    canvas: Canvas,
    arm: Arm,
    above: tuple[float, float],
    ground: tuple[float, float],
    heights: list[float],
    index: int,
) -> None:
    """From below the terrace above to the first card."""
    front = above[1] + 0.36 * heights[index - 1] + 2.0
    middle = ground[0] + 0.5 * heights[index]
    x, end = arm.left - 46.0, arm.left - 24.0
    path = rounded([(x, above[0] - 16.0, front), (x, middle, ground[1]), (end, middle, ground[1])], 14.0)
    canvas.line("link", path, 5.0, f"stage {index - 1}", ink_end=f"stage {index}", arrow=17.0)


def _up(
    canvas: Canvas,
    arm: Arm,
    above: tuple[float, float],
    ground: tuple[float, float],
    heights: list[float],
    index: int,
) -> None:
    """From the last panel of a level up to the terrace above."""
    x = arm.last - 0.2 * heights[index]
    front = above[1] + 0.36 * heights[index - 1] + 2.0
    start = (x, ground[0] + heights[index] * 1.06 + 4.0, ground[1])
    end = (x + 4.0, above[0] - 34.0, front)
    canvas.line("link", [start, end], 5.0, f"stage {index}", ink_end=f"stage {index - 1}", arrow=17.0)


def _signs(
    canvas: Canvas,
    valley: Valley,
    downs: Sequence[Arm],
    ends: Sequence[float],
    grounds: Sequence[tuple[float, float]],
    heights: Sequence[float],
    plates: Mapping[str, PlateSize],
) -> tuple[float, float]:
    """The finest level's sign stands with the title between its arms, the others right of their levels."""
    most = max(level.parameters for level in valley.levels) or 1
    top = float(canvas.view.flat(np.array([[0.0, grounds[0][0] + 1.12 * heights[0], 0.0]]))[0, 1])
    left = float(canvas.view.flat(np.array([[downs[0].right + 44.0, 0.0, 0.0]]))[0, 0])
    for index, level in enumerate(valley.levels):
        channels, rows, columns = map_shape(level.down[-1]) or (1, 1, 1)
        name = "bottom" if index == len(valley.levels) - 1 else f"level {index + 1}"
        lines = [
            canvas.text(name, 21.0, weight=700, ink=f"stage {index}"),
            canvas.text(shape_text((channels, rows, columns)), 15.5, weight=600),
            canvas.text(count_text(level.parameters), 14.5, ink="dim"),
        ]
        y, z = grounds[index]
        if index == 0:
            lines = [canvas.text("  ·  ".join(line.text for line in lines), 15.5, weight=600, ink="stage 0")]
            across_y = canvas.view.flat(np.array([[downs[0].right + 44.0, y + 0.24 * heights[0], z]]))[0]
            corner = (float(across_y[0]), float(across_y[1]) + 42.0 * canvas.pixel)
            canvas.sign_at(f"sign {index}", lines, *corner, align="left", role="sign")
            continue
        spot = canvas.view.flat(np.array([[ends[index] + 44.0, y + 0.9 * heights[index], z]]))[0]
        canvas.sign_at(
            f"sign {index}",
            lines,
            float(spot[0]),
            float(spot[1]),
            align="left",
            role="sign",
            depth=z,
            bar=level.parameters / most,
            bar_ink=f"stage {index}",
            bar_length=170.0 * canvas.pixel,
        )
    room = header_height(plates, canvas)
    return left, max(
        top,
        float(canvas.view.flat(np.array([[0.0, grounds[0][0] + 0.24 * heights[0], 0.0]]))[0, 1])
        + room
        + 64.0 * canvas.pixel,
    )


LAYOUT = Layout(fits=fits, select=select, place=place)
