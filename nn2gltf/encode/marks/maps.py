"""Feature maps and pictures: a grid of framed tiles, one panel mesh a step (ENCODING.md, rule 2)."""

from __future__ import annotations

import numpy as np

from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.geometry import FloatArray, Triangles, boxes, frames, quads
from nn2gltf.encode.marks import flat
from nn2gltf.ir.placement import LayerPlacement
from nn2gltf.ir.scene import Primitive

BORDER = 0.55
RAIL_LOW, RAIL_HIGH = -0.55, 0.55


def draw_structure(drawing: Drawing, layer_id: str) -> None:
    """Frames around the tiles; a neutral back plate where there are no values."""
    place, structure = drawing.place(layer_id), drawing.style.structure
    color = structure.frame_photo if place.mark == "image" else structure.frame
    border = min(BORDER, place.grid.gap * 0.42) or BORDER
    rails = frames(
        place.grid.centers(), place.grid.width, place.grid.height, border=border, low=RAIL_LOW, high=RAIL_HIGH
    )
    builder, parent = drawing.builder, drawing.layer_nodes[layer_id]
    frame = builder.static(f"{layer_id} frame", rails, drawing.structure("frame " + color, color))
    builder.node(f"{layer_id} frame", parent=parent, role="frame", mesh=frame, extras={"layer": layer_id})
    if not drawing.recorded(layer_id):
        _draw_blank(drawing, layer_id, place)


def _draw_blank(drawing: Drawing, layer_id: str, place: LayerPlacement) -> None:
    half = np.array([place.grid.width / 2, place.grid.height / 2])
    centers = place.grid.centers()
    low = np.concatenate([centers - half, np.full((len(centers), 1), -0.2)], axis=1)
    high = np.concatenate([centers + half, np.full((len(centers), 1), 0.0)], axis=1)
    color = drawing.style.structure.back
    mesh = drawing.builder.static(f"{layer_id} back", boxes(low, high), drawing.structure("back", color))
    drawing.builder.node(
        f"{layer_id} back",
        parent=drawing.layer_nodes[layer_id],
        role="frame",
        mesh=mesh,
        extras={"layer": layer_id},
    )


def draw_steps(drawing: Drawing, layer_id: str) -> None:
    """One panel a step in the layer's group; a layer that never changes has one."""
    flat.draw_steps(drawing, layer_id, lambda step: [_panel(drawing, layer_id, step)])


def draw_forward(drawing: Drawing, layer_id: str, group: int, start: float) -> None:
    """The last step's panel, from ``start`` on."""
    flat.draw_forward(drawing, layer_id, group, start, lambda step: [_panel(drawing, layer_id, step)])


def probe_quads(drawing: Drawing, layer_id: str, step: int) -> tuple[Triangles, FloatArray]:
    """The tiles in scene units."""
    place = drawing.place(layer_id)
    local = quads(place.grid.centers(), place.grid.width, place.grid.height)
    world = place.world(local.positions).astype(np.float32)
    return Triangles(world, local.indices), drawing.page(layer_id).tile_uvs(layer_id, step)


def _panel(drawing: Drawing, layer_id: str, step: int) -> Primitive:
    """Positions and indices are equal for all steps, so the writer stores them once."""
    place = drawing.place(layer_id)
    tiles = quads(place.grid.centers(), place.grid.width, place.grid.height)
    return Primitive(
        attributes={
            "POSITION": tiles.positions,
            "TEXCOORD_0": drawing.page(layer_id).tile_uvs(layer_id, step),
        },
        indices=tiles.indices,
        material=drawing.page_material(layer_id, drawing.main),
    )
