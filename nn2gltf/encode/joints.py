"""Joints: a small disc with the symbol of what happens where paths meet."""

from __future__ import annotations

import numpy as np

from nn2gltf.encode.builder import yaw_rotation
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.geometry import Triangles, boxes, merge, prism
from nn2gltf.ir.placement import LayerPlacement

RADIUS, THICKNESS = 4.6, 1.4
STROKE, REACH = 1.1, 2.7
RISE = 13.0
"""Height of the disc above its panel; the same as the arcs' end (layout/arcs.py)."""


def draw_joints(drawing: Drawing, parent: int) -> None:
    """A disc above every layer where paths meet, with a stem down to its panel."""
    for place in drawing.placement.layers:
        if place.joint:
            _draw_joint(drawing, parent, place)


def _draw_joint(drawing: Drawing, parent: int, place: LayerPlacement) -> None:
    builder, structure = drawing.builder, drawing.style.structure
    angle = np.linspace(0, 2 * np.pi, 25)[:-1]
    circle = RADIUS * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    stem = boxes(np.array([-0.5, -RISE, -0.4]), np.array([0.5, -RADIUS, 0.4]))
    disc = merge([prism(circle, -THICKNESS / 2, THICKNESS / 2), stem])
    top = place.world(np.array([0.0, place.grid.size[1] / 2 + RISE, 0.0]))
    node = builder.node(
        f"{place.id} joint",
        parent=parent,
        role="joint",
        mesh=builder.static(f"{place.id} joint", disc, drawing.structure("stage 1", structure.stages[1])),
        extras={"layer": place.id},
        translation=(float(top[0]), float(top[1]), float(top[2])),
        rotation=yaw_rotation(drawing.placement.camera.azimuth),
    )
    sign = builder.static(
        f"{place.id} sign", _symbol(place.joint), drawing.structure("joint sign", structure.mark)
    )
    builder.node(f"{place.id} sign", parent=node, role="joint", mesh=sign, extras={"layer": place.id})


def _symbol(symbol: str) -> Triangles:
    """Two bars through the disc, so that they show on both faces."""
    depth = THICKNESS / 2 + 0.25
    across = boxes(np.array([-REACH, -STROKE / 2, -depth]), np.array([REACH, STROKE / 2, depth]))
    upright = boxes(np.array([-STROKE / 2, -REACH, -depth]), np.array([STROKE / 2, REACH, depth]))
    if symbol == "‖":
        shift = np.array([1.5, 0, 0], np.float32)
        return merge([Triangles(upright.positions + s * shift, upright.indices) for s in (-1, 1)])
    cross = merge([across, upright])
    if symbol == "×":
        turn = np.array([[1, -1, 0], [1, 1, 0], [0, 0, np.sqrt(2)]]) / np.sqrt(2)
        return Triangles((cross.positions @ turn.T).astype(np.float32), cross.indices)
    return cross
