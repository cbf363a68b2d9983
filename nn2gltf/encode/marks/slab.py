"""Slabs: a tensor as a solid whose face is a mosaic of its maps and whose sides are mean projections (LAYOUTS.md).

The quads of the face stay in the order of the channels, so that whatever reads a panel of maps reads a slab; only their
places follow the rank.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.furniture import STRUCTURE
from nn2gltf.encode.geometry import FloatArray, Triangles, boxes, frames, merge, quad_indices
from nn2gltf.encode.marks import flat
from nn2gltf.encode.parts import ink_color
from nn2gltf.encode.rank import rank_channels
from nn2gltf.encode.reduce import side_key, top_key
from nn2gltf.ir.placement import LayerPlacement
from nn2gltf.ir.scene import Primitive

FACE = 0.3
"""Distance of the tiles before the slab's ground."""


def draw_structure(drawing: Drawing, layer_id: str) -> None:
    """Ground, rim and plain sides; neutral tiles where there are no values."""
    place = drawing.place(layer_id)
    width, height = place.size
    rim, depth = place.rim, max(place.thickness, 0.6)
    half = np.array([width / 2 + rim, height / 2 + rim])
    body = boxes(np.array([-half[0], -half[1], -depth]), np.array([half[0], half[1], -0.05]))
    known = drawing.recorded(layer_id)
    _add(drawing, place, body, "back")
    _add(drawing, place, _quads(np.array([[0.0, 0.0, width, height]]), 0.0), "ground")
    if rim:
        rails = frames(np.zeros((1, 2)), width, height, border=rim, low=-0.04, high=FACE + 0.1)
        _add(drawing, place, rails, place.ink)
    if not known:
        _add(drawing, place, _quads(_rects(place), FACE), place.tint or "neutral / 0.40")


def _rects(place: LayerPlacement) -> npt.NDArray[Any]:
    if place.rects is not None:
        return np.asarray(place.rects)
    centers = place.grid.centers()
    size = np.tile([place.grid.width, place.grid.height], (len(centers), 1))
    return np.concatenate([centers, size], axis=1)


def _quads(rects: npt.NDArray[Any], z: float) -> Triangles:
    """A quad a rectangle (x, y, width, height), vertices from bottom left counter-clockwise."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2
    flat_corners = rects[:, None, :2] + corners[None] * rects[:, None, 2:]
    depth = np.full((len(rects), 4, 1), z)
    positions = np.concatenate([flat_corners, depth], axis=2).reshape(-1, 3).astype(np.float32)
    return Triangles(positions, quad_indices(len(rects)))


def _add(drawing: Drawing, place: LayerPlacement, local: Triangles, ink: str) -> None:
    world = Triangles(place.world(local.positions).astype(np.float32), local.indices)
    group = place.group or drawing.graph.layer_by_id[place.id].scope
    drawing.parts.add(group, STRUCTURE, world, ink_color(drawing.style, ink))


def draw_steps(drawing: Drawing, layer_id: str) -> None:
    """One panel a step."""
    flat.draw_steps(drawing, layer_id, lambda step: _panel(drawing, layer_id, step))


def draw_forward(drawing: Drawing, layer_id: str, group: int, start: float) -> None:
    """The last step's panel, from ``start`` on."""
    flat.draw_forward(drawing, layer_id, group, start, lambda step: _panel(drawing, layer_id, step))


def probe_quads(drawing: Drawing, layer_id: str, step: int) -> tuple[Triangles, FloatArray]:
    """The tiles in scene units."""
    place = drawing.place(layer_id)
    local = _face(drawing, layer_id, place)
    world = place.world(local.positions).astype(np.float32)
    return Triangles(world, local.indices), drawing.page(layer_id).tile_uvs(layer_id, step)


def _face(drawing: Drawing, layer_id: str, place: LayerPlacement) -> Triangles:
    """The tiles, one quad a channel in the channels' order."""
    rects = _rects(place)
    if place.ranked:
        facts = drawing.facts.setdefault(layer_id, {})
        if "order" not in facts:
            facts["order"] = rank_channels(drawing.values.read(layer_id, drawing.values.steps[-1]))
        order = facts["order"]
        assert isinstance(order, np.ndarray)
        placed = np.empty_like(rects)
        placed[order] = rects
        rects = placed
    return _quads(rects, FACE)


def _panel(drawing: Drawing, layer_id: str, step: int) -> list[Primitive]:
    """The face, and the projections on the sides of a thick slab; a primitive each, equal geometry for all steps."""
    place = drawing.place(layer_id)
    local = _face(drawing, layer_id, place)
    page, material = drawing.page(layer_id), drawing.page_material(layer_id, drawing.main)
    face = Primitive(
        attributes={"POSITION": local.positions, "TEXCOORD_0": page.tile_uvs(layer_id, step)},
        indices=local.indices,
        material=material,
    )
    if side_key(layer_id) not in page.tiles:
        return [face]
    sides = _sides(place)
    uvs = np.concatenate([page.tile_uvs(key(layer_id), step) for key in (side_key, top_key)])
    attributes = {"POSITION": sides.positions, "TEXCOORD_0": uvs}
    return [face, Primitive(attributes=attributes, indices=sides.indices, material=material)]


def _sides(place: LayerPlacement) -> Triangles:
    """The right face (front to back = first to last channel), then the upper face."""
    width, height = place.size
    x, y, deep, out = width / 2 + place.rim, height / 2 + place.rim, -place.thickness, 0.08
    right = [[x + out, -y, 0], [x + out, -y, deep], [x + out, y, deep], [x + out, y, 0]]
    upper = [[-x, y + out, 0], [x, y + out, 0], [x, y + out, deep], [-x, y + out, deep]]
    one = np.arange(4, dtype=np.uint32)[[0, 1, 2, 0, 2, 3]]
    return merge([Triangles(np.array(q, np.float32), one) for q in (right, upper)])
