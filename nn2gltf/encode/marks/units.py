"""Units of a vector: coloured bodies on a tray; one mesh a step whose one morph target is the next step.

ENCODING.md, rule 3: heights move smoothly, and each step has its own texture coordinates, so each body is
also coloured by its value.
"""

from __future__ import annotations

import numpy as np

from nn2gltf.encode.builder import place_rotation
from nn2gltf.encode.clips import EPOCHS, FORWARD
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.geometry import FloatArray, Triangles, boxes, quads
from nn2gltf.encode.marks.still import light_still
from nn2gltf.encode.timing import ramp, visibility
from nn2gltf.ir.placement import LayerPlacement
from nn2gltf.ir.scene import Primitive

REST = 0.9
"""Length of a body at zero, scene units: a zero unit stays visible."""
TRAY_LOW, TRAY_HIGH, TRAY_MARGIN = -0.9, -0.1, 1.2
BACK = -1.2
"""Bodies reach through the tray, so that values can be seen from behind too."""


def draw_structure(drawing: Drawing, layer_id: str) -> None:
    """The tray behind the bodies."""
    place = drawing.place(layer_id)
    width, height = place.grid.size
    half = np.array([width / 2 + TRAY_MARGIN, height / 2 + TRAY_MARGIN])
    tray = boxes(np.array([*-half, TRAY_LOW]), np.array([*half, TRAY_HIGH]))
    builder = drawing.builder
    mesh = builder.static(f"{layer_id} tray", tray, drawing.structure("tray", drawing.style.structure.tray))
    builder.node(
        f"{layer_id} frame",
        parent=drawing.layer_nodes[layer_id],
        role="frame",
        mesh=mesh,
        extras={"layer": layer_id},
    )
    drawing.facts.setdefault(layer_id, {})["length"] = {"zero": REST, "full": REST + place.length}


def draw_steps(drawing: Drawing, layer_id: str) -> None:
    """A step mesh is visible from its step to the next while its weight goes from 0 to 1."""
    builder, timing = drawing.builder, drawing.timing
    group = builder.node(
        f"{layer_id} units", parent=drawing.layer_nodes[layer_id], role="units", extras={"layer": layer_id}
    )
    drawing.clips.own(drawing.main_clip, group)
    for step in range(timing.steps):
        name, still = f"{layer_id} units step {step}", step == drawing.last
        mesh = _step_mesh(drawing, layer_id, step, name)
        node = builder.node(
            name,
            parent=group,
            role="unit_step",
            mesh=mesh,
            hidden=not still,
            extras={"layer": layer_id, "step": step},
        )
        if still:
            drawing.facts.setdefault(layer_id, {})["still"] = node
        if timing.steps == 1:
            continue
        start, end = timing.shown(step)
        drawing.clips.track(EPOCHS, node, visibility(start, end, timing.duration))
        if not still:
            keys = ramp(start, end, timing.duration)
            drawing.clips.track(EPOCHS, node, keys, path="weights", interpolation="LINEAR")


def draw_forward(drawing: Drawing, layer_id: str, group: int, start: float) -> None:
    """The last step's bodies, from ``start`` on."""
    if light_still(drawing, layer_id, start):
        return
    place, builder = drawing.place(layer_id), drawing.builder
    primitive = _bodies(drawing, layer_id, drawing.last)
    node = builder.node(
        f"{layer_id} forward",
        parent=group,
        role="forward_layer",
        mesh=builder.mesh(f"{layer_id} forward", primitive),
        hidden=True,
        extras={"layer": layer_id},
        translation=place.position,
        rotation=place_rotation(place),
    )
    duration = drawing.clips.duration(FORWARD)
    drawing.clips.track(FORWARD, node, visibility(start, duration, duration))


def probe_quads(drawing: Drawing, layer_id: str, step: int) -> tuple[Triangles, FloatArray]:
    """One flat square a unit, a little above the tray."""
    place = drawing.place(layer_id)
    local = quads(place.grid.centers(), place.grid.width, place.grid.height, z=0.15)
    world = place.world(local.positions).astype(np.float32)
    return Triangles(world, local.indices), drawing.page(layer_id).texel_uvs(layer_id, step, 4)


def _step_mesh(drawing: Drawing, layer_id: str, step: int, name: str) -> int:
    primitive = _bodies(drawing, layer_id, step)
    if step == drawing.last:
        return drawing.builder.mesh(name, primitive)
    following = _positions(drawing, layer_id, step + 1).positions
    target = {"POSITION": following - primitive.attributes["POSITION"]}
    morphing = Primitive(
        attributes=primitive.attributes,
        indices=primitive.indices,
        material=primitive.material,
        targets=(target,),
    )
    return drawing.builder.mesh(name, morphing, targets=(f"step {step + 1}",))


def _bodies(drawing: Drawing, layer_id: str, step: int) -> Primitive:
    body = _positions(drawing, layer_id, step)
    return Primitive(
        attributes={
            "POSITION": body.positions,
            "TEXCOORD_0": drawing.page(layer_id).texel_uvs(layer_id, step, 8),
        },
        indices=body.indices,
        material=drawing.body_material(layer_id, drawing.main),
    )


def _positions(drawing: Drawing, layer_id: str, step: int) -> Triangles:
    place = drawing.place(layer_id)
    share = drawing.values.drawn(layer_id, drawing.values.steps[step])[drawing.main]
    return unit_bodies(place, share)


def unit_bodies(place: LayerPlacement, share: FloatArray) -> Triangles:
    """Boxes towards +Z whose length is ``REST`` at share 0 and ``REST + length`` at 1."""
    centers = place.grid.centers()
    half = np.array([place.grid.width / 2, place.grid.height / 2])
    low = np.concatenate([centers - half, np.full((len(centers), 1), BACK)], axis=1)
    high = np.concatenate([centers + half, (REST + place.length * share)[:, None]], axis=1)
    return boxes(low, high)
