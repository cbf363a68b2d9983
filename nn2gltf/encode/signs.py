"""Signs of the whole scene: name plates, title, epoch counter and legend."""

from __future__ import annotations

import numpy as np

from nn2gltf.encode.builder import yaw_rotation
from nn2gltf.encode.clips import FORWARD
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.plates import counter_key
from nn2gltf.encode.text_mesh import text_plate
from nn2gltf.encode.timing import visibility
from nn2gltf.ir.placement import LayerPlacement, PlatePlacement
from nn2gltf.ir.scene import Vector3


def draw_signs(drawing: Drawing, root: int) -> None:
    """Every placed plate: a layer's hangs in the layer's node, the others under the root."""
    for plate in drawing.placement.plates:
        if plate.key in drawing.layer_nodes:
            _draw_label(drawing, plate)
        elif plate.key in drawing.plates:
            _draw_sign(drawing, root, plate)


def _draw_label(drawing: Drawing, plate: PlatePlacement) -> None:
    place = drawing.place(plate.key)
    name = f"{plate.key} label"
    mesh = drawing.builder.mesh(name, text_plate(drawing, plate.key, scale=drawing.placement.text_scale))
    drawing.builder.node(
        name,
        parent=drawing.layer_nodes[plate.key],
        role="label",
        mesh=mesh,
        extras={"layer": plate.key},
        translation=_local(place, plate.center),
        rotation=yaw_rotation(drawing.placement.camera.azimuth - place.yaw),
    )


def _local(place: LayerPlacement, point: Vector3) -> Vector3:
    """A scene point in a layer's local frame."""
    offset = np.asarray(point) - np.asarray(place.position)
    cosine, sine = np.cos(place.yaw), np.sin(place.yaw)
    return (
        float(offset[0] * cosine - offset[2] * sine),
        float(offset[1]),
        float(offset[0] * sine + offset[2] * cosine),
    )


def _draw_sign(drawing: Drawing, root: int, plate: PlatePlacement) -> None:
    _sign_node(drawing, root, plate.key, plate.key, plate.center)


def _left_aligned(drawing: Drawing, room: PlatePlacement, width: float) -> Vector3:
    """Centre of a plate at the left of its room."""
    azimuth, across = drawing.placement.camera.azimuth, (width - room.width) / 2
    x, y, z = room.center
    return (x + across * float(np.cos(azimuth)), y, z - across * float(np.sin(azimuth)))


def _sign_node(
    drawing: Drawing,
    parent: int,
    key: str,
    role: str,
    center: Vector3,
    *,
    hidden: bool = False,
    step: int | None = None,
) -> int:
    builder = drawing.builder
    name = role if step is None else f"{role} step {step}"
    return builder.node(
        name,
        parent=parent,
        role=role,
        mesh=builder.mesh(name, text_plate(drawing, key, scale=drawing.placement.text_scale)),
        hidden=hidden,
        extras={} if step is None else {"step": step},
        translation=center,
        rotation=yaw_rotation(drawing.placement.camera.azimuth),
    )


def draw_counter(drawing: Drawing, root: int) -> None:
    """One plate a step, epoch and accuracy; every clip over epochs flips them, the forward pass keeps the last."""
    room = drawing.placement.plate_by_key.get("counter")
    if room is None or counter_key(0) not in drawing.plates:
        return
    scale, timing = drawing.placement.text_scale, drawing.timing
    for step in range(timing.steps):
        key = counter_key(step)
        center = _left_aligned(drawing, room, drawing.plates.size(key).width * scale)
        still = step == drawing.last
        node = _sign_node(drawing, root, key, "counter", center, hidden=not still, step=step)
        if timing.steps == 1:
            continue
        for clip, draft in drawing.clips.drafts.items():
            shown = timing.shown(step) if clip != FORWARD else ((0.0, draft.duration) if still else None)
            keys = visibility(*shown, draft.duration) if shown else None
            if keys is None:
                times = np.array([0.0, draft.duration], np.float32)
                keys = (times, np.zeros((2, 3), np.float32))
            drawing.clips.track(clip, node, keys)
