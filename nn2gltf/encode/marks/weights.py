"""Weights: kernels as framed tiles, matrices as plates, vectors as strips, around zero; one panel mesh a step."""

from __future__ import annotations

import numpy as np

from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.furniture import STRUCTURE
from nn2gltf.encode.geometry import FloatArray, Triangles, boxes, frames, quads
from nn2gltf.encode.marks import flat
from nn2gltf.encode.parts import ink_color
from nn2gltf.ir.placement import LayerPlacement
from nn2gltf.ir.scene import Primitive

FACE = 0.3
"""Distance of the tiles before the slab's ground."""


def draw_structure(drawing: Drawing, layer_id: str) -> None:
    """The slab that the tiles lie on, and a rim around them all."""
    place = drawing.place(layer_id)
    width, height = place.size
    half = np.array([width / 2 + place.rim, height / 2 + place.rim])
    body = boxes(np.array([*-half, -max(place.thickness, 0.6)]), np.array([*half, -0.05]))
    _add(drawing, place, body, "back")
    _add(drawing, place, quads(np.zeros((1, 2)), width, height, z=0.0), "ground")
    rails = frames(np.zeros((1, 2)), width, height, border=place.rim, low=-0.04, high=FACE + 0.1)
    _add(drawing, place, rails, place.ink)


def _add(drawing: Drawing, place: LayerPlacement, local: Triangles, ink: str) -> None:
    world = Triangles(place.world(local.positions).astype(np.float32), local.indices)
    group = place.group or drawing.graph.layer_by_id[place.id].scope
    drawing.parts.add(group, STRUCTURE, world, ink_color(drawing.style, ink))


def draw_steps(drawing: Drawing, layer_id: str) -> None:
    """One panel a step."""
    flat.draw_steps(drawing, layer_id, lambda step: [_panel(drawing, layer_id, step)])


def draw_forward(drawing: Drawing, layer_id: str, group: int, start: float) -> None:
    """Nothing passes through weights alone."""


def probe_quads(drawing: Drawing, layer_id: str, step: int) -> tuple[Triangles, FloatArray]:
    """The tiles in scene units."""
    place = drawing.place(layer_id)
    local = _tiles(place)
    world = place.world(local.positions).astype(np.float32)
    return Triangles(world, local.indices), drawing.page(layer_id).tile_uvs(layer_id, step)


def _tiles(place: LayerPlacement) -> Triangles:
    return quads(place.grid.centers(), place.grid.width, place.grid.height, z=FACE)


def _panel(drawing: Drawing, layer_id: str, step: int) -> Primitive:
    local = _tiles(drawing.place(layer_id))
    uvs = drawing.page(layer_id).tile_uvs(layer_id, step)
    return Primitive(
        attributes={"POSITION": local.positions, "TEXCOORD_0": uvs},
        indices=local.indices,
        material=drawing.page_material(layer_id, drawing.main),
    )
