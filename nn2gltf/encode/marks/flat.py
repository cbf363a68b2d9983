"""What flip-book marks share: one panel node a step, and the forward pass's panel."""

from __future__ import annotations

from collections.abc import Callable

from nn2gltf.encode.builder import place_rotation
from nn2gltf.encode.clips import EPOCHS, FORWARD
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.marks.still import light_still
from nn2gltf.encode.timing import visibility
from nn2gltf.ir.scene import Primitive

Panel = Callable[[int], list[Primitive]]
"""Step to the primitives of its panel, in the layer's local frame."""


def draw_steps(drawing: Drawing, layer_id: str, panel: Panel) -> None:
    """One panel a step in the layer's group; a layer that never changes has one."""
    builder = drawing.builder
    group = builder.node(
        f"{layer_id} panels", parent=drawing.layer_nodes[layer_id], role="panels", extras={"layer": layer_id}
    )
    drawing.clips.own(drawing.main_clip, group)
    steps = 1 if drawing.values.layers[layer_id].constant else drawing.timing.steps
    for step in range(steps):
        name = f"{layer_id} step {step}"
        mesh = builder.mesh(name, *panel(step))
        still = step == steps - 1
        node = builder.node(
            name,
            parent=group,
            role="panel",
            mesh=mesh,
            hidden=not still,
            extras={"layer": layer_id, "step": step},
        )
        if still:
            drawing.facts.setdefault(layer_id, {})["still"] = node
        if steps > 1:
            start, end = drawing.timing.shown(step)
            drawing.clips.track(EPOCHS, node, visibility(start, end, drawing.timing.duration))


def draw_forward(drawing: Drawing, layer_id: str, group: int, start: float, panel: Panel) -> None:
    """The last step's panel, from ``start`` on."""
    if light_still(drawing, layer_id, start):
        return
    place = drawing.place(layer_id)
    node = drawing.builder.node(
        f"{layer_id} forward",
        parent=group,
        role="forward_layer",
        mesh=drawing.builder.mesh(f"{layer_id} forward", *panel(drawing.last)),
        hidden=True,
        extras={"layer": layer_id},
        translation=place.position,
        rotation=place_rotation(place),
    )
    duration = drawing.clips.duration(FORWARD)
    drawing.clips.track(FORWARD, node, visibility(start, duration, duration))
