"""Inside Blender: plays clips and reads what is visible, in the file's coordinates (+Y up)."""

from __future__ import annotations

import base64
from typing import Any

import bpy
import numpy as np

WATCHED = {
    "panel": True,
    "unit_step": True,
    "bar": True,
    "probe_step": True,
    "forward_layer": True,
    "percent": False,
    "outline": False,
    "counter": False,
}
"""Roles of nodes that depend on the moment, and whether their shape matters; as in tests/js/pages/shared.js."""
HIDDEN_SCALE = 1e-6
FRAMES_PER_SECOND = 24
# Blender's (x, y, z) is the file's (x, -z, y).
TO_FILE = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)


def play_clip(name: str) -> None:
    """Assign the action of the NLA track of that name to every object that has one, as a person would.

    4.2 has an action per object, 4.4 and later one action with a slot per object. An object without such a track
    keeps what it has.
    """
    found = False
    for owner in [*bpy.data.objects, *bpy.data.shape_keys]:
        data = owner.animation_data
        track = next((t for t in data.nla_tracks if t.name == name), None) if data else None
        if track is None:
            continue
        found = True
        strip = track.strips[0]
        data.action = strip.action
        if hasattr(strip, "action_slot"):
            data.action_slot = strip.action_slot
    if not found:
        raise ValueError(f"no clip named {name}")


def go_to(seconds: float) -> None:
    """Set the scene's frame, with its fraction."""
    frame = seconds * FRAMES_PER_SECOND
    bpy.context.scene.frame_set(int(frame), subframe=frame - int(frame))


def last_frame() -> float:
    """End of what plays now."""
    owners = [*bpy.data.objects, *bpy.data.shape_keys]
    playing = [o.animation_data.action for o in owners if o.animation_data and o.animation_data.action]
    return max((action.frame_range[1] for action in playing), default=1.0)


def read_keys() -> list[dict[str, Any]]:
    """Watched objects that are visible, without their geometry."""
    return read_shown(parts=False)


def read_shown(*, parts: bool = True) -> list[dict[str, Any]]:
    """Watched objects that are visible, each with its parts: material, world positions, texture coordinates."""
    graph = bpy.context.evaluated_depsgraph_get()
    shown = []
    for item in bpy.data.objects:
        role = item.get("role")
        if role not in WATCHED:
            continue
        evaluated = item.evaluated_get(graph)
        if min(abs(s) for s in evaluated.matrix_world.to_scale()) <= HIDDEN_SCALE:
            continue
        entry = {key: item.get(key) for key in ("role", "layer", "step", "probe", "unit")}
        wanted = parts and WATCHED[role] and item.type == "MESH"
        shown.append({**entry, "name": item.name, "parts": _read_parts(evaluated) if wanted else []})
    return shown


def _read_parts(evaluated: Any) -> list[dict[str, Any]]:
    """One part a material slot; a slot's vertices stand in the order of the file's primitive."""
    mesh = evaluated.to_mesh()
    world = np.array(evaluated.matrix_world)
    positions = _read(mesh.vertices, "co", 3) @ world[:3, :3].T + world[:3, 3]
    corners = _read(mesh.loops, "vertex_index", 1, int)[:, 0]
    uvs = np.zeros((len(positions), 2))
    if mesh.uv_layers:
        uvs[corners] = _read(mesh.uv_layers[0].data, "uv", 2)
    uvs[:, 1] = 1 - uvs[:, 1]
    slot_of_corner = np.repeat(
        _read(mesh.polygons, "material_index", 1, int)[:, 0], _read(mesh.polygons, "loop_total", 1, int)[:, 0]
    )
    parts = []
    for index, material in enumerate(mesh.materials):
        kept = np.unique(corners[slot_of_corner == index])
        points = (positions[kept] @ TO_FILE.T).ravel().tolist()
        parts.append({"material": material.name, "positions": points, "uvs": uvs[kept].ravel().tolist()})
    evaluated.to_mesh_clear()
    return parts


def _read(items: Any, key: str, width: int, kind: type = float) -> Any:
    flat = np.zeros(len(items) * width, np.int32 if kind is int else np.float32)
    items.foreach_get(key, flat)
    return flat.reshape(-1, width)


def read_textures(wanted: list[str]) -> dict[str, Any]:
    """Pixels of the wanted materials' base colour images, by the material's name, top row first."""
    textures = {}
    for material in (m for m in bpy.data.materials if m.name in wanted):
        nodes = material.node_tree.nodes if material.node_tree else ()
        image = next((node.image for node in nodes if node.type == "TEX_IMAGE" and node.image), None)
        if image is None:
            continue
        width, height = image.size
        flat = np.zeros(width * height * image.channels, np.float32)
        image.pixels.foreach_get(flat)
        rows = np.rint(flat * 255).astype(np.uint8).reshape(height, width, image.channels)[::-1]
        rgba = base64.b64encode(np.ascontiguousarray(rows).tobytes()).decode()
        textures[material.name] = {"width": width, "height": height, "rgba": rgba}
    return textures
