"""Turn one moment of a scene into OBJ, STL or USD with Blender, for programs and printers that read no glTF.

    blender --background --python samples/blender_export.py -- SCENE.glb OUTPUT.obj|.stl|.usdz|.usdc [STEP]

STEP is a recorded step, the last one when omitted. It also runs as a plain program where Blender's Python module is
installed (``pip install bpy``, ``make blender``). Needs nothing but Blender.
"""

import json
import struct
import sys
from pathlib import Path

import bpy

FRAMES_PER_SECOND = 24
SMALLEST = 1e-6


def open_scene(path: str, step: int | None) -> None:
    """Import into an empty file, go to a step, and leave out what is not visible then: it has no size."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=path)
    if step is not None:
        frame = step * seconds_per_step(path) * FRAMES_PER_SECOND
        bpy.context.scene.frame_set(int(frame), subframe=frame - int(frame))
    bpy.context.view_layer.update()
    for item in list(bpy.data.objects):
        if item.type == "MESH" and min(abs(side) for side in item.matrix_world.to_scale()) < SMALLEST:
            bpy.data.objects.remove(item)


def seconds_per_step(path: str) -> float:
    """From the scene's extras, which stand in the file's first chunk as JSON (docs/scene-format.md)."""
    data = Path(path).read_bytes()
    document = json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])
    return document["scenes"][0]["extras"]["nn2gltf"]["time"]["secondsPerStep"]


def light_materials() -> None:
    """Give unlit materials a surface with the same colours: OBJ and USD know no other."""
    for material in bpy.data.materials:
        nodes = material.node_tree.nodes if material.node_tree else []
        if any(node.type == "BSDF_PRINCIPLED" for node in nodes):
            continue
        image = next((node.image for node in nodes if node.type == "TEX_IMAGE"), None)
        glow = next((node for node in nodes if node.type == "EMISSION"), None)
        color = tuple(glow.inputs["Color"].default_value) if glow else (0.8, 0.8, 0.8, 1.0)
        nodes.clear()
        surface, output = nodes.new("ShaderNodeBsdfPrincipled"), nodes.new("ShaderNodeOutputMaterial")
        material.node_tree.links.new(surface.outputs["BSDF"], output.inputs["Surface"])
        surface.inputs["Base Color"].default_value = color
        if image:
            texture = nodes.new("ShaderNodeTexImage")
            texture.image, texture.interpolation = image, "Closest"
            material.node_tree.links.new(texture.outputs["Color"], surface.inputs["Base Color"])


def save_pictures(folder: Path) -> None:
    """Write the pages beside an OBJ, whose materials name files; Blender holds them packed."""
    shown = {slot.material for item in bpy.data.objects for slot in item.material_slots}
    nodes = [node for material in shown if material for node in material.node_tree.nodes]
    for image in {node.image for node in nodes if node.type == "TEX_IMAGE"}:
        if image.packed_file:
            image.filepath_raw = str(folder / f"{image.name.replace(' ', '-')}.png")
            image.file_format = "PNG"
            image.save()


def write(output: Path) -> None:
    """Export by suffix."""
    suffix = output.suffix.lower()
    output.parent.mkdir(parents=True, exist_ok=True)
    if suffix == ".obj":
        save_pictures(output.parent)
        bpy.ops.wm.obj_export(filepath=str(output), path_mode="STRIP", export_animation=False)
    elif suffix == ".stl":
        bpy.ops.wm.stl_export(filepath=str(output))
    elif suffix in (".usd", ".usdc", ".usdz"):
        bpy.ops.wm.usd_export(filepath=str(output), export_animation=False)
    else:
        sys.exit(f"{output.name}: use .obj, .stl, .usdc or .usdz")


def main() -> None:
    """Read the arguments behind Blender's own."""
    words = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    if len(words) not in (2, 3):
        sys.exit(__doc__)
    open_scene(words[0], int(words[2]) if len(words) == 3 else None)
    light_materials()
    write(Path(words[1]).resolve())
    print(words[1])


if __name__ == "__main__":
    main()
