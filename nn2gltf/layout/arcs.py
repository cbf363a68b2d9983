"""Skip connections: arcs over the trunk that clear every box between their ends."""

from __future__ import annotations

import numpy as np

from nn2gltf.ir.furniture import Points
from nn2gltf.ir.graph import Edge, Graph
from nn2gltf.ir.placement import Arc, LayerPlacement

CLEARANCE = 9.0
JOINT_RISE = 13.0
"""Height of a joint's disc above its panel, scene units."""
SAMPLES = 33


def joint_position(layer: LayerPlacement) -> Points:
    """(3,) centre of the joint's disc above a layer, scene units."""
    _, height = layer.grid.size
    return layer.world(np.array([0.0, height / 2 + JOINT_RISE, 0.0]))


def place_arcs(graph: Graph, layers: tuple[LayerPlacement, ...]) -> tuple[Arc, ...]:
    """One arc for each edge that passes over a layer of the row, or climbs to a branch."""
    by_id = {layer.id: layer for layer in layers}
    row = sorted((layer for layer in layers if not layer.off_trunk), key=lambda layer: layer.position[0])
    return tuple(_arc(edge, by_id, row) for edge in graph.edges if is_skip(edge, by_id, row))


def is_skip(edge: Edge, by_id: dict[str, LayerPlacement], row: list[LayerPlacement]) -> bool:
    """Whether an edge leaves the row: its ends are not neighbours in it."""
    source, target = by_id[edge.source], by_id[edge.target]
    if source.off_trunk or target.off_trunk:
        return True
    names = [layer.id for layer in row]
    return names.index(target.id) - names.index(source.id) != 1


def _arc(edge: Edge, by_id: dict[str, LayerPlacement], row: list[LayerPlacement]) -> Arc:
    source, target = by_id[edge.source], by_id[edge.target]
    start, end = _leave(source), _arrive(target)
    if target.off_trunk or source.off_trunk:
        points = _curve(start, end)
    else:
        between = [layer for layer in row if source.position[0] < layer.position[0] < target.position[0]]
        points = _arch(start, end, between)
    return Arc(source=edge.source, target=edge.target, kind="skip", points=points)


def _leave(source: LayerPlacement) -> Points:
    width, height = source.grid.size
    if source.off_trunk:
        return source.world(np.array([width / 2 + 0.8, 0.0, -0.6]))
    return source.world(np.array([0.0, height / 2 + 0.8, 0.0]))


def _arrive(target: LayerPlacement) -> Points:
    width, _ = target.grid.size
    if target.off_trunk:
        return target.world(np.array([-width / 2 - 0.8, 0.0, -0.6]))
    if target.joint:
        return joint_position(target)
    return target.world(np.array([0.0, target.grid.size[1] / 2 + 0.8, 0.0]))


def _arch(start: Points, end: Points, between: list[LayerPlacement]) -> Points:
    """A flat-topped arch, as high as the tallest box between needs at its own place."""
    t = np.linspace(0.0, 1.0, SAMPLES)
    base: Points = start[None] * (1 - t)[:, None] + end[None] * t[:, None]
    shape = 1 - (2 * t - 1) ** 4
    rise = 14.0
    for layer in between:
        top = (
            layer.position[1]
            + layer.grid.size[1] / 2
            + CLEARANCE
            + (JOINT_RISE + 6.0 if layer.joint else 0.0)
        )
        inside = (base[:, 0] >= layer.corners[:, 0].min()) & (base[:, 0] <= layer.corners[:, 0].max())
        if inside.any():
            rise = max(rise, float(((top - base[inside, 1]) / np.maximum(shape[inside], 0.2)).max()))
    base[:, 1] += rise * shape
    return base


def _curve(start: Points, end: Points) -> Points:
    """An S that leaves and arrives upright at the row's end and level at the branch's end."""
    t = np.linspace(0.0, 1.0, SAMPLES)
    rising = end[1] > start[1]
    ease_x, ease_y = (1 - np.cos(t * np.pi / 2), np.sin(t * np.pi / 2))
    if not rising:
        ease_x, ease_y = ease_y, ease_x
    points: Points = start[None] + (end - start)[None] * ease_x[:, None]
    points[:, 1] = start[1] + (end[1] - start[1]) * ease_y
    return points
