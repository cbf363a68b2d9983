"""Layout ``row``: small CNNs and MLPs in one row, like a line of open doors (VISUAL.md, Layout).

Panels face upstream and are turned towards the viewer; the class bars face the hero camera. Distances come from
both neighbours' extents on the picture plane, their name plates included, never from a constant step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from nn2gltf.ir.furniture import Measure, Points
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.placement import Arc, LayerPlacement, Placement, PlatePlacement, PlateSize, Selection
from nn2gltf.layout.arcs import JOINT_RISE, place_arcs
from nn2gltf.layout.camera import ASPECT_RATIO, View, hero_view, place_camera
from nn2gltf.layout.options import LayoutOptions
from nn2gltf.layout.picture import Rect, bounds
from nn2gltf.layout.plugin import Layout
from nn2gltf.layout.signs import Crowd, place_signs
from nn2gltf.layout.size import Body, bar_count, is_vector_input, size_layers
from nn2gltf.layout.trunk import find_trunk

TURN_DEG = 38.0
"""Angle between a panel's plane and the view across the row; 0 would be edge-on."""
GAP = 17.0
LABEL_DROP = 5.0
LABEL_PAD = 4.0
DROP_PRICE = 12.0
"""A label hangs a row lower only where that saves so much of the row's length: near its layer it reads better."""
WIDEST_GAP = 58.0
MOST_ROUNDS = 8
LARGEST_TEXT = 2.2
"""Beyond this labels would need more room than the layers: the scene is too wide for one row."""
SCENE_EXTENT_M = 10.0
READABLE_WIDTH = 430.0
"""Picture width, scene units, at which plates of text scale 1 have 14 px text in a 1600 px picture."""
MOST_LAYERS = 20
"""More do not stay readable in one row."""
PHOTO_RIM = 0.55
JOINTS = {"add": "+", "mul": "×", "concat": "‖"}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A placed layer with its rectangles on the picture plane."""

    layer: LayerPlacement
    body: Rect
    label: Rect | None


def place_row(graph: Graph, options: LayoutOptions, plates: Mapping[str, PlateSize]) -> Placement:
    """Place a graph in one row; text grows until it is readable in the whole picture."""
    view = hero_view()
    text_scale, gap = 1.0, GAP
    for _ in range(MOST_ROUNDS):
        bodies = size_layers(graph, options, plates, text_scale)
        standing = _place_layers(graph, bodies, view, plates, text_scale, gap)
        width, height = _frame(graph, standing, view, plates, text_scale)
        wanted = min(LARGEST_TEXT, max(1.0, width / READABLE_WIDTH))
        spare = (height * ASPECT_RATIO - width) / max(1, len(find_trunk(graph)) - 1)
        wider = min(WIDEST_GAP, gap + spare) if spare > 1.0 else gap
        if wanted <= text_scale * 1.02 and wider <= gap + 0.5:
            break
        text_scale, gap = max(text_scale, wanted), wider
    bodies = size_layers(graph, options, plates, text_scale)
    standing = _place_layers(graph, bodies, view, plates, text_scale, gap)
    return _finish(graph, standing, view, plates, text_scale)


def _frame(
    graph: Graph, standing: list[Standing], view: View, plates: Mapping[str, PlateSize], text_scale: float
) -> tuple[float, float]:
    """Width and height of the whole picture, scene units."""
    crowd = _crowd(graph, standing, view)
    whole = bounds([*crowd.front, *place_signs(crowd, plates, text_scale).values()])
    return whole.right - whole.left, whole.top - whole.bottom


def _crowd(graph: Graph, standing: list[Standing], view: View) -> Crowd:
    """Everything that signs must keep clear of."""
    layers = tuple(s.layer for s in standing)
    clouds = [layer.corners for layer in layers]
    clouds += [arc.points for arc in place_arcs(graph, layers)]
    clouds += [_joint_points(layer) for layer in layers if layer.joint]
    clouds += [
        _plate_corners(_plate(s.layer.id, s.label, view, view.ground_depth(s.layer.position)), view)
        for s in standing
        if s.label
    ]
    return Crowd(
        front=tuple(Rect.around(view.flat(cloud)) for cloud in clouds),
        behind=tuple(Rect.around(view.flat_behind(cloud)) for cloud in clouds),
        slope=view.row_slope,
    )


def _place_layers(
    graph: Graph,
    bodies: Mapping[str, Body],
    view: View,
    plates: Mapping[str, PlateSize],
    text_scale: float,
    gap: float,
) -> list[Standing]:
    trunk = find_trunk(graph)
    placed: list[Standing] = []
    for layer_id in trunk:
        placed.append(_next_in_row(layer_id, graph, bodies[layer_id], view, plates, text_scale, gap, placed))
    for layer in graph.layers:
        if layer.id not in set(trunk):
            placed.append(_on_branch(layer.id, graph, bodies[layer.id], view, plates, text_scale, placed))
    order = {layer.id: index for index, layer in enumerate(graph.layers)}
    return sorted(placed, key=lambda s: order[s.layer.id])


def _place(layer_id: str, graph: Graph, body: Body, *, off_trunk: bool = False) -> LayerPlacement:
    facing_camera = body.mark in ("bars", "block")
    yaw = hero_view().azimuth if facing_camera else math.radians(TURN_DEG - 90.0)
    layer = graph.layer_by_id[layer_id]
    joint = JOINTS.get(layer.kind, "") if len(graph.inputs_of[layer_id]) > 1 else ""
    return LayerPlacement(
        id=layer_id,
        mark=body.mark,
        grid=body.grid,
        position=(0.0, 0.0, 0.0),
        yaw=yaw,
        cell_shape=body.cell_shape,
        length=body.length,
        tail=body.tail,
        joint=joint,
        off_trunk=off_trunk,
        rim=PHOTO_RIM if body.mark == "photo" else 0.0,
        ink="frame_photo" if body.mark == "photo" else "frame",
    )


def _next_in_row(
    layer_id: str,
    graph: Graph,
    body: Body,
    view: View,
    plates: Mapping[str, PlateSize],
    text_scale: float,
    gap: float,
    placed: list[Standing],
) -> Standing:
    layer = _place(layer_id, graph, body)
    choices: list[tuple[float, Standing]] = []
    for drop in _label_drops(placed, text_scale):
        here = _stand(layer, view, plates, text_scale, drop=drop)
        if placed:
            here = _shifted(here, placed[-1].body.right + gap - here.body.left, view)
        here = _clear(here, placed, text_scale, view)
        price = DROP_PRICE * text_scale if drop else 0.0
        choices.append((round(here.layer.position[0] + price, 3), here))
    return min(choices, key=lambda choice: choice[0])[1]


def _label_drops(placed: list[Standing], text_scale: float) -> list[float]:
    """How far a label may hang: right below its layer, or below the label before it."""
    if not placed or placed[-1].label is None:
        return [0.0]
    before = placed[-1].label
    return [0.0, before.top - before.bottom + LABEL_PAD * text_scale * 1.5]


def _clear(here: Standing, placed: list[Standing], text_scale: float, view: View) -> Standing:
    """Move right until nothing clashes."""
    for _ in range(2 * len(placed) + 2):
        clash = max((_clash(here, other, text_scale) for other in placed), default=0.0)
        if clash <= 1e-6:
            break
        here = _shifted(here, clash, view)
    return here


def _clash(here: Standing, other: Standing, text_scale: float) -> float:
    """How far ``here`` must move right so that its rectangles leave the other's."""
    pad = LABEL_PAD * text_scale
    worst = 0.0
    for mine in (here.body, here.label):
        for theirs in (other.body, other.label):
            if (
                mine
                and theirs
                and (mine is here.label or theirs is other.label)
                and mine.overlaps(theirs, pad)
            ):
                worst = max(worst, theirs.right + pad - mine.left)
    return worst


def _stand(
    layer: LayerPlacement,
    view: View,
    plates: Mapping[str, PlateSize],
    text_scale: float,
    *,
    drop: float = 0.0,
) -> Standing:
    body = Rect.around(view.flat(layer.corners))
    size = plates.get(layer.id)
    if size is None:
        return Standing(layer=layer, body=body, label=None)
    width, height = size.width * text_scale, size.height * text_scale
    middle = _label_center(layer, view)
    if layer.off_trunk:
        label = Rect(
            middle - width / 2, body.top + LABEL_DROP, middle + width / 2, body.top + LABEL_DROP + height
        )
    else:
        top = body.bottom - LABEL_DROP - drop
        label = Rect(middle - width / 2, top - height, middle + width / 2, top)
    return Standing(layer=layer, body=body, label=label)


def _label_center(layer: LayerPlacement, view: View) -> float:
    """The panel's middle on the picture plane, bodies of units left out; the middle of bars with their names."""
    if layer.mark == "bars":
        across = view.flat(layer.corners)[:, 0]
        return float(across.min() + across.max()) / 2
    return float(view.flat(np.asarray([layer.position]))[0, 0])


def _shifted(standing: Standing, u: float, view: View) -> Standing:
    """Move along the row until the picture has moved by u."""
    x, y, z = standing.layer.position
    layer = replace(standing.layer, position=(x + u / float(view.right[0]), y, z))
    v = u / float(view.right[0]) * float(view.up[0])
    label = standing.label.moved(u, v) if standing.label else None
    return Standing(layer=layer, body=standing.body.moved(u, v), label=label)


def _on_branch(
    layer_id: str,
    graph: Graph,
    body: Body,
    view: View,
    plates: Mapping[str, PlateSize],
    text_scale: float,
    placed: list[Standing],
) -> Standing:
    """Above the trunk, midway between what it reads and what reads it, clear of everything placed."""
    by_id = {s.layer.id: s for s in placed}
    ends = [by_id[e.source] for e in graph.inputs_of[layer_id] if e.source in by_id]
    ends += [by_id[e.target] for e in graph.outputs_of[layer_id] if e.target in by_id]
    middle = float(np.mean([s.layer.position[0] for s in ends])) if ends else 0.0
    start = replace(_place(layer_id, graph, body, off_trunk=True), position=(middle, 0.0, 0.0))
    here = _stand(start, view, plates, text_scale)
    rise = 0.0
    for _ in range(2 * len(placed) + 2):
        mine = bounds([r for r in (here.body, here.label) if r])
        tops = [r.top for s in placed for r in (s.body, s.label) if r and r.overlaps(mine, GAP)]
        if not tops:
            break
        rise += (max(tops) + GAP + 1e-3 - mine.bottom) / float(view.up[1])
        here = _stand(replace(start, position=(middle, rise, 0.0)), view, plates, text_scale)
    return here


def _finish(
    graph: Graph, standing: list[Standing], view: View, plates: Mapping[str, PlateSize], text_scale: float
) -> Placement:
    layers = tuple(s.layer for s in standing)
    arcs = place_arcs(graph, layers)
    crowd = _crowd(graph, standing, view)
    labels = {s.layer.id: s.label for s in standing if s.label}
    labels.update(place_signs(crowd, plates, text_scale))
    depth = {layer.id: view.ground_depth(layer.position) for layer in layers}
    placed = tuple(
        _plate(key, rect, view, depth[key] if key in depth else view.row_depth((rect.left + rect.right) / 2))
        for key, rect in labels.items()
    )
    points = _extent_points(layers, arcs, placed, view)
    low, high = points.min(axis=0), points.max(axis=0)
    center, scale = (low + high) / 2, SCENE_EXTENT_M / float((high - low).max())
    return Placement(
        layers=layers,
        arcs=arcs,
        plates=placed,
        text_scale=text_scale,
        scale=scale,
        center=(float(center[0]), float(center[1]), float(center[2])),
        camera=place_camera(view, (points - center) * scale),
    )


def _joint_points(layer: LayerPlacement) -> Points:
    height = layer.grid.size[1]
    return layer.world(np.array([[-5.0, height / 2, 0.0], [5.0, height / 2 + JOINT_RISE + 5.0, 0.0]]))


def _plate_corners(plate: PlatePlacement, view: View) -> Points:
    """(4, 3) corners of an upright plate, scene units."""
    half = np.array([[sx * plate.width / 2, sy * plate.height / 2] for sx in (-1, 1) for sy in (-1, 1)])
    upright = np.array([0.0, 1.0, 0.0])
    corners: Points = np.asarray(plate.center) + half[:, :1] * view.right + half[:, 1:] * upright
    return corners


def _plate(key: str, rect: Rect, view: View, depth: float) -> PlatePlacement:
    x, y, z = view.stand((rect.left + rect.right) / 2, (rect.bottom + rect.top) / 2, depth)
    return PlatePlacement(
        key=key,
        center=(float(x), float(y), float(z)),
        width=rect.right - rect.left,
        height=rect.top - rect.bottom,
    )


def _extent_points(
    layers: tuple[LayerPlacement, ...], arcs: tuple[Arc, ...], plates: tuple[PlatePlacement, ...], view: View
) -> Points:
    """Everything that must be inside the picture, scene units."""
    clouds = [layer.corners for layer in layers] + [arc.points for arc in arcs]
    clouds += [_plate_corners(plate, view) for plate in plates]
    clouds += [_joint_points(layer) for layer in layers if layer.joint]
    return np.concatenate(clouds)


def _select(graph: Graph, options: LayoutOptions) -> Selection:
    bars = max((bar_count(graph, layer, options) for layer in graph.layers), default=0)
    widest = max((graph.layer_by_id[i].outputs[0].shape[-1:] for i in graph.outputs), default=())
    return Selection(
        layout="row",
        drawn=tuple(layer.id for layer in graph.layers),
        top_classes=bars if widest > (bars,) else 0,
        vector_inputs=tuple(layer.id for layer in graph.layers if is_vector_input(layer, options)),
    )


def _place_measured(
    graph: Graph, options: LayoutOptions, plates: Mapping[str, PlateSize], _measure: Measure
) -> Placement:
    return place_row(graph, options, plates)


LAYOUT = Layout(fits=lambda graph, _: len(graph.layers) <= MOST_LAYERS, select=_select, place=_place_measured)
