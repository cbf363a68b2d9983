"""Scene to typed glTF document: everything but the animations and the bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pygltflib

from nn2gltf.errors import EncodingError
from nn2gltf.gltf.accessors import AccessorTable, Array
from nn2gltf.gltf.animation import make_animation
from nn2gltf.gltf.serialize import replace_not_finite
from nn2gltf.ir.scene import Camera, Image, Material, Mesh, Node, Primitive, Scene, Texture
from nn2gltf.version import GENERATOR

UNLIT = "KHR_materials_unlit"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, kw_only=True)
class BuiltDocument:
    """A typed document whose only buffer is ``table.binary``.

    Attributes:
        not_finite: NaN and infinite numbers that became 0 in arrays or null in extras.
    """

    gltf: pygltflib.GLTF2
    table: AccessorTable
    not_finite: int


def build_document(scene: Scene) -> BuiltDocument:
    """Turn a scene into a typed document.

    Raises:
        EncodingError: The scene breaks its own rules or holds something that glTF cannot say.
    """
    scene.check()
    table = AccessorTable()
    extras, not_finite = replace_not_finite(scene.extras)
    node_extras = [replace_not_finite(node.extras) for node in scene.nodes]
    gltf = pygltflib.GLTF2(
        asset=pygltflib.Asset(generator=GENERATOR),
        scene=0,
        scenes=[pygltflib.Scene(name=scene.name, nodes=list(scene.roots), extras={"nn2gltf": extras})],
        meshes=[_make_mesh(mesh, scene.materials, table) for mesh in scene.meshes],
        animations=[make_animation(clip, scene, table) for clip in scene.clips],
        images=[_make_image(image, table) for image in scene.images],
        nodes=[_make_node(node, data) for node, (data, _) in zip(scene.nodes, node_extras, strict=True)],
        cameras=[_make_camera(camera) for camera in scene.cameras],
        materials=[_make_material(material) for material in scene.materials],
    )
    _add_textures(gltf, scene.textures)
    if any(material.unlit for material in scene.materials):
        gltf.extensionsUsed = [UNLIT]
    table.finish()
    gltf.accessors, gltf.bufferViews = table.accessors, table.buffer_views
    total = table.not_finite + not_finite + sum(count for _, count in node_extras)
    return BuiltDocument(gltf=gltf, table=table, not_finite=total)


def _make_mesh(mesh: Mesh, materials: tuple[Material, ...], table: AccessorTable) -> pygltflib.Mesh:
    if not mesh.primitives:
        raise EncodingError("a mesh has no primitives", where=mesh.name)
    for primitive in mesh.primitives:
        if materials[primitive.material].texture is not None and "TEXCOORD_0" not in primitive.attributes:
            raise EncodingError("a textured mesh has no TEXCOORD_0", where=mesh.name)
    extras = {"targetNames": list(mesh.target_names)} if mesh.target_names else {}
    return pygltflib.Mesh(
        name=mesh.name,
        primitives=[_make_primitive(primitive, mesh.name, table) for primitive in mesh.primitives],
        weights=[float(weight) for weight in mesh.weights],
        extras=extras,
    )


def _make_primitive(primitive: Primitive, where: str, table: AccessorTable) -> pygltflib.Primitive:
    counts = {len(values) for values in primitive.attributes.values()}
    counts |= {len(values) for target in primitive.targets for values in target.values()}
    if len(counts) != 1 or "POSITION" not in primitive.attributes:
        raise EncodingError("a mesh's attributes differ in length or lack POSITION", where=where)
    return pygltflib.Primitive(
        attributes=_make_attributes(primitive.attributes, where, table),
        indices=table.indices(primitive.indices, vertices=counts.pop(), where=where),
        material=primitive.material,
        targets=[_make_attributes(target, where, table) for target in primitive.targets],
    )


def _make_attributes(arrays: Mapping[str, Array], where: str, table: AccessorTable) -> pygltflib.Attributes:
    return pygltflib.Attributes(
        **{
            semantic: table.attribute(values, bounds=semantic == "POSITION", where=where)
            for semantic, values in arrays.items()
        }
    )


def _make_node(node: Node, extras: object) -> pygltflib.Node:
    return pygltflib.Node(
        name=node.name,
        mesh=node.mesh,
        camera=node.camera,
        children=list(node.children),
        translation=_floats(node.translation),
        rotation=_floats(node.rotation),
        scale=_floats(node.scale),
        extras=extras,
    )


def _make_camera(camera: Camera) -> pygltflib.Camera:
    return pygltflib.Camera(
        name=camera.name,
        type=pygltflib.PERSPECTIVE,
        perspective=pygltflib.Perspective(
            yfov=float(camera.yfov),
            aspectRatio=float(camera.aspect_ratio),
            znear=float(camera.znear),
            zfar=float(camera.zfar),
        ),
    )


def _make_image(image: Image, table: AccessorTable) -> pygltflib.Image:
    if not image.png.startswith(_PNG_MAGIC):
        raise EncodingError("an image is not a PNG", where=image.name)
    return pygltflib.Image(name=image.name, mimeType=pygltflib.IMAGEPNG, bufferView=table.image(image.png))


def _make_material(material: Material) -> pygltflib.Material:
    pbr = pygltflib.PbrMetallicRoughness(
        baseColorFactor=_floats(material.color),
        metallicFactor=float(material.metallic),
        roughnessFactor=float(material.roughness),
    )
    made = pygltflib.Material(name=material.name, pbrMetallicRoughness=pbr, doubleSided=material.double_sided)
    if material.texture is not None:
        pbr.baseColorTexture = pygltflib.TextureInfo(index=material.texture)
    if material.unlit:
        made.extensions = {UNLIT: {}}
    elif material.emission > 0 and material.texture is not None:
        made.emissiveTexture = pygltflib.TextureInfo(index=material.texture)
        made.emissiveFactor = [float(material.emission)] * 3
    elif material.emission > 0:
        made.emissiveFactor = [float(channel) * float(material.emission) for channel in material.color[:3]]
    return made


def _add_textures(gltf: pygltflib.GLTF2, textures: tuple[Texture, ...]) -> None:
    """Textures, and one sampler per kind in use: NEAREST for data, LINEAR with mipmaps for text."""
    kinds = sorted({(texture.smooth, texture.mipmaps) for texture in textures})
    gltf.samplers = [_make_sampler(smooth=smooth, mipmaps=mipmaps) for smooth, mipmaps in kinds]
    gltf.textures = [
        pygltflib.Texture(sampler=kinds.index((texture.smooth, texture.mipmaps)), source=texture.image)
        for texture in textures
    ]


def _make_sampler(*, smooth: bool, mipmaps: bool) -> pygltflib.Sampler:
    return pygltflib.Sampler(
        magFilter=pygltflib.LINEAR if smooth else pygltflib.NEAREST,
        minFilter=pygltflib.LINEAR_MIPMAP_LINEAR if smooth or mipmaps else pygltflib.NEAREST,
        wrapS=pygltflib.CLAMP_TO_EDGE,
        wrapT=pygltflib.CLAMP_TO_EDGE,
    )


def _floats(values: tuple[float, ...] | None) -> list[float] | None:
    return None if values is None else [float(value) for value in values]
