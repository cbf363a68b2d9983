"""Inside Blender: one Cycles picture through the file's own camera."""

from __future__ import annotations

import json
import struct
from math import atan, radians, tan
from pathlib import Path
from typing import Any

import bpy
from mathutils import Matrix, Vector


def draw_picture(wish: dict[str, Any]) -> None:
    """Render the current frame to wish["output"]."""
    scene = bpy.context.scene
    scene.camera = next(o for o in bpy.data.objects if o.type == "CAMERA")
    _widen_camera(scene.camera.data, wish)
    _turn_camera(scene.camera, wish["turn"])
    _set_up_world(wish["background"], wish["light"])
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = wish["samples"]
    scene.cycles.max_bounces = 3
    scene.cycles.use_denoising = True
    scene.cycles.denoiser = "OPENIMAGEDENOISE"
    scene.render.resolution_x, scene.render.resolution_y = wish["size"]
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "Standard"
    scene.view_settings.look = "None"
    _hide_what_has_no_size()
    scene.render.filepath = wish["output"]
    bpy.ops.render.render(write_still=True)


def _hide_what_has_no_size() -> None:
    """Objects of scale 0 would only slow Cycles down."""
    for item in bpy.data.objects:
        item.hide_render = item.hide_render or max(abs(s) for s in item.matrix_world.to_scale()) == 0


def _set_up_world(background: str, light: str) -> None:
    """The camera sees one colour, the scene is lit by the other."""
    world = bpy.data.worlds.new("world")
    bpy.context.scene.world = world
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    lit = nodes["Background"]
    lit.inputs["Color"].default_value = _linear(light)
    seen = nodes.new("ShaderNodeBackground")
    seen.inputs["Color"].default_value = _linear(background)
    rays, mix = nodes.new("ShaderNodeLightPath"), nodes.new("ShaderNodeMixShader")
    links.new(rays.outputs["Is Camera Ray"], mix.inputs["Fac"])
    links.new(lit.outputs["Background"], mix.inputs[1])
    links.new(seen.outputs["Background"], mix.inputs[2])
    links.new(mix.outputs["Shader"], nodes["World Output"].inputs["Surface"])


def _linear(color: str) -> tuple[float, float, float, float]:
    """``#rrggbb`` as linear RGBA (IEC 61966-2-1)."""
    parts = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return red, green, blue, 1.0


def _widen_camera(camera: Any, wish: dict[str, Any]) -> None:
    """Open the camera so that a squarer picture than the file's still holds the whole width."""
    data = Path(wish["file"]).read_bytes()
    document = json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])
    own = document["cameras"][0]["perspective"]
    wanted = wish["size"][0] / wish["size"][1]
    camera.sensor_fit = "VERTICAL"
    camera.angle_y = 2 * atan(tan(own["yfov"] / 2) * max(1.0, own.get("aspectRatio", wanted) / wanted))


def _turn_camera(camera: Any, degrees: float) -> None:
    """Carry the camera round the middle of what is shown."""
    if degrees == 0:
        return
    shown = [o for o in bpy.data.objects if o.type == "MESH" and max(o.matrix_world.to_scale()) > 0]
    corners = [o.matrix_world @ Vector(corner) for o in shown for corner in o.bound_box]
    low, high = (Vector(f(c[i] for c in corners) for i in range(3)) for f in (min, max))
    middle = (low + high) / 2
    move = (
        Matrix.Translation(middle) @ Matrix.Rotation(radians(degrees), 4, "Z") @ Matrix.Translation(-middle)
    )
    camera.matrix_world = move @ camera.matrix_world
