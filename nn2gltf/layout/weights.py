"""Layout ``weights``: a file of weights alone, as shelves of its modules in the order of the file.

A plate for each matrix or set of kernels, strips for vectors below it; blocks stand together on a plinth. Shelves wrap
like words, at the width that makes the picture largest; an arrow says that the order of two modules is proved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nn2gltf.ir.furniture import Measure
from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.placement import Grid, LayerPlacement, Placement, PlateSize, Selection
from nn2gltf.ir.tensor_picture import are_weights, picture_of
from nn2gltf.layout.canvas import Canvas
from nn2gltf.layout.finish import finish_canvas, header_height
from nn2gltf.layout.options import LayoutOptions
from nn2gltf.layout.plugin import Layout
from nn2gltf.layout.stages import count_text
from nn2gltf.layout.weight_groups import Module, read_groups
from nn2gltf.layout.weight_shelves import (
    DETAIL,
    GROUP_GAP,
    MODULE_GAP,
    NAME,
    RIM,
    SHELF_DEPTH,
    SIGN,
    STRIP,
    STRIP_GAP,
    TURN,
    Block,
    Shelf,
    Stand,
    plan_shelves,
    room_above,
    room_below,
)

KERNEL_GAP = 0.16
"""Between kernels, of their width."""
THICKNESS = 5.0
PLINTH = 10.0
LEGEND = (
    "one plate = one tensor: a row an output, a column an input; convolutions: a tile a kernel; strips: vectors",
)
REDUCED = "of a large tensor a texel is the number furthest from zero in its block"


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where a module stands, for the arrows between modules."""

    left: float
    right: float
    y: float
    z: float
    group: str


def fits(graph: Graph, _options: LayoutOptions) -> bool:
    """A graph of tensors."""
    return are_weights(graph.layers)


def select(graph: Graph, _options: LayoutOptions) -> Selection:
    """All tensors but those of folded groups."""
    groups = read_groups(graph)
    drawn = {layer.id for group in groups for module in group.modules for layer in module.tensors}
    folded = sum(group.folded for group in groups)
    notes = (f"{folded} blocks are not drawn: their tensors have the shapes of the one before them.",)
    pooled = any(picture_of(layer.parameters[0].shape).pooled for layer in graph.layers if layer.id in drawn)
    return Selection(
        layout="weights",
        drawn=tuple(layer.id for layer in graph.layers if layer.id in drawn),
        labelled=False,
        legend=(*LEGEND, REDUCED) if pooled else LEGEND,
        reductions=notes if folded else (),
    )


def place(
    graph: Graph, options: LayoutOptions, plates: Mapping[str, PlateSize], measure: Measure
) -> Placement:
    """Shelves below each other, the first at the back, the title above."""
    shelves, pixel = plan_shelves(read_groups(graph), measure)
    canvas = Canvas(graph=graph, measure=measure, pixel=pixel)
    spots: dict[str, Spot] = {}
    y, number = 0.0, 0
    for index, shelf in enumerate(shelves):
        y -= room_below(shelves[index - 1], pixel) + room_above(shelf, pixel) if index else 0.0
        number = _draw_shelf(canvas, shelf, (y, SHELF_DEPTH * index), number, spots)
    _draw_arrows(canvas, spots)
    high = room_above(shelves[0], pixel)
    left, top = (float(v) for v in canvas.view.flat(np.array([[-PLINTH, high, 0.0]]))[0])
    spot = (left, top + header_height(plates, canvas) + 18.0 * pixel)
    return finish_canvas(canvas, plates, title=spot, texels=options.most_texels)


def _draw_shelf(
    canvas: Canvas, shelf: Shelf, spot: tuple[float, float], number: int, spots: dict[str, Spot]
) -> int:
    """Draw a shelf from the left; gives the number of the next group."""
    (y, z), x = spot, 0.0
    tall = max(block.height for block in shelf)
    for block in shelf:
        ink = f"stage {number}" if block.signed else "neutral"
        _draw_block(canvas, block, (x, y, z), ink, spots)
        if block.signed:
            _sign(canvas, block, (x - PLINTH, y + tall, z), ink)
            number += 1
        x += block.width + GROUP_GAP
    return number


def _draw_block(
    canvas: Canvas, block: Block, spot: tuple[float, float, float], ink: str, spots: dict[str, Spot]
) -> None:
    x, y, z = spot
    group = block.group.path
    widest = max(stand.width for stand in block.stands)
    depth = 0.5 * math.cos(math.radians(TURN)) * widest + PLINTH
    for stand in block.stands:
        middle = x + stand.room / 2
        _draw_stand(canvas, stand, (middle, y, z), group, ink)
        _label(canvas, stand, (middle, y, z + depth), group)
        half = stand.width / 2 + RIM
        here = Spot(left=middle - half, right=middle + half, y=y, z=z, group=group)
        spots.update(dict.fromkeys((layer.id for layer in stand.module.tensors), here))
        x += stand.room + MODULE_GAP
    ends = (spot[0] - PLINTH, x - MODULE_GAP + PLINTH)
    canvas.plinth(ends, y - 2.0, (z - depth, z + depth), group)
    if block.signed:
        canvas.line("edge", [(end, y - 9.0, z + depth) for end in ends], 2.4, ink, group=group)


def _draw_stand(canvas: Canvas, stand: Stand, foot: tuple[float, float, float], group: str, ink: str) -> None:
    """Strips at the foot, the last one lowest; plates side by side above them."""
    x, y, z = foot
    low = y + RIM
    for layer in reversed(stand.module.strips):
        canvas.layers.append(_panel(layer, (stand.width, STRIP), (x, low + STRIP / 2, z), group, ink))
        low += STRIP + STRIP_GAP
    cosine, sine = math.cos(math.radians(TURN - 90.0)), math.sin(math.radians(TURN - 90.0))
    left = -stand.width / 2
    for layer, size in zip(stand.module.plates, stand.sizes, strict=True):
        along = left + size[0] / 2
        center = (x + along * cosine, low + size[1] / 2, z - along * sine)
        canvas.layers.append(_panel(layer, size, center, group, ink))
        left += size[0] + 2 * RIM + STRIP_GAP


def _panel(
    layer: Layer, size: tuple[float, float], center: tuple[float, float, float], group: str, ink: str
) -> LayerPlacement:
    """A plate or strip of that width and height."""
    picture = picture_of(layer.parameters[0].shape)
    gap = 0.0
    if picture.count > 1:
        gap = KERNEL_GAP * min(size[0] / picture.columns, size[1] / picture.rows)
    grid = Grid(
        count=picture.count,
        columns=picture.columns,
        width=(size[0] + gap) / picture.columns - gap,
        height=(size[1] + gap) / picture.rows - gap,
        gap=gap,
    )
    return LayerPlacement(
        id=layer.id,
        mark="weights",
        grid=grid,
        position=center,
        yaw=math.radians(TURN - 90.0),
        cell_shape=picture.tile,
        thickness=THICKNESS,
        rim=RIM,
        ink="frame" if ink == "neutral" else ink,
        group=group,
    )


def _label(canvas: Canvas, stand: Stand, foot: tuple[float, float, float], group: str) -> None:
    """Name, kind and shape in front of the plinth."""
    lines = [canvas.text(stand.name, NAME, weight=700)]
    lines += [canvas.text(line, DETAIL, ink="dim") for line in stand.details]
    width = max(canvas.measure(line.text, line.size, line.weight) for line in lines)
    x, y, z = foot
    u, v = (float(n) for n in canvas.view.flat(np.array([[x, y - 13.0, z]]))[0])
    canvas.sign_at(
        f"label {stand.module.path or 'own parameters'}",
        lines,
        u - width / 2,
        v,
        depth=canvas.view.ground_depth(foot),
        layer=_main(stand.module).id,
        group=group,
    )


def _main(module: Module) -> Layer:
    return max(module.tensors, key=lambda layer: layer.parameters[0].count)


def _sign(canvas: Canvas, block: Block, spot: tuple[float, float, float], ink: str) -> None:
    """A group's name above its left end, with what is folded into it."""
    group = block.group
    name = f"{group.path}  (the last of {group.folded + 2})" if group.folded else group.path
    facts = [group.type, count_text(group.parameters)]
    lines = [
        canvas.text(name, SIGN, weight=700, ink=ink),
        canvas.text(" · ".join(fact for fact in facts if fact), DETAIL, ink="dim"),
    ]
    u, v = (float(n) for n in canvas.view.flat(np.array([spot]))[0])
    top = v + 2.5 * SIGN * canvas.pixel
    canvas.sign_at(
        f"sign {group.path}", lines, u, top, align="left", role="sign", group=group.path,
        depth=canvas.view.ground_depth(spot),
    )  # fmt: skip


def _draw_arrows(canvas: Canvas, spots: Mapping[str, Spot]) -> None:
    """Between neighbours on a shelf; what wraps or jumps is in the record alone."""
    for edge in canvas.graph.edges:
        here, after = spots.get(edge.source), spots.get(edge.target)
        if here is None or after is None or here.y != after.y or after.left <= here.right:
            continue
        if any(here.right < spot.left < after.left - 1e-6 for spot in spots.values() if spot.y == here.y):
            continue
        ends = [(here.right + 1.0, here.y + 3.0, here.z), (after.left - 1.0, here.y + 3.0, here.z)]
        canvas.line("link", ends, 2.0, "neutral", arrow=6.0, source=edge.source, target=edge.target)


LAYOUT = Layout(fits=fits, select=select, place=place)
