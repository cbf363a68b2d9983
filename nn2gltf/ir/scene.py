"""Scene: glTF's concepts without byte offsets.

Arrays that are the same object become one accessor, so sharing geometry between nodes costs nothing.
Lengths are metres, times seconds, colours linear, +Y up (glTF 2.0, section 3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy.typing as npt

from nn2gltf.errors import EncodingError
from nn2gltf.ir.json import JsonObject

Array = npt.NDArray[Any]
Vector3 = tuple[float, float, float]
Vector4 = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Image:
    """A PNG file. ``name`` becomes the image's name in the file."""

    name: str
    png: bytes


@dataclass(frozen=True, kw_only=True)
class Texture:
    """An image with a sampler.

    Attributes:
        image: Index into :attr:`Scene.images`.
        smooth: LINEAR magnification and LINEAR_MIPMAP_LINEAR minification for text; NEAREST both ways for data.
        mipmaps: NEAREST magnification and LINEAR_MIPMAP_LINEAR minification, for mosaics of many small tiles.
    """

    image: int
    smooth: bool = False
    mipmaps: bool = False


@dataclass(frozen=True, kw_only=True)
class Material:
    """Metallic-roughness or unlit (KHR_materials_unlit).

    Attributes:
        color: Linear RGBA base colour factor.
        texture: Index into :attr:`Scene.textures`, for base colour.
        emission: Factor of the emissive texture (the base texture again) or of ``color`` without a texture.
    """

    name: str
    color: Vector4 = (1.0, 1.0, 1.0, 1.0)
    texture: int | None = None
    emission: float = 0.0
    metallic: float = 0.0
    roughness: float = 1.0
    unlit: bool = False
    double_sided: bool = False


@dataclass(frozen=True, kw_only=True)
class Primitive:
    """Triangles.

    Attributes:
        attributes: Semantic (POSITION, NORMAL, TEXCOORD_0, COLOR_0) to (n, k) float32.
        indices: (3 t,) unsigned integers.
        material: Index into :attr:`Scene.materials`.
        targets: Morph targets, each semantic to (n, 3) float32 displacements.
    """

    attributes: Mapping[str, Array]
    indices: Array
    material: int
    targets: tuple[Mapping[str, Array], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """One or more primitives; ``target_names`` names the morph targets, weights at rest are ``weights``."""

    name: str
    primitives: tuple[Primitive, ...]
    weights: tuple[float, ...] = ()
    target_names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A perspective camera: vertical field of view in radians, clip distances in metres."""

    name: str
    yfov: float
    aspect_ratio: float
    znear: float
    zfar: float


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node of the tree.

    Attributes:
        name: Unique in the scene, at most 63 bytes (Blender 4.2 cuts longer ones).
        children, mesh, camera: Indices into the scene's lists.
        translation, rotation (x, y, z, w quaternion), scale: None is the identity.
        extras: Flat scalars; Blender shows them as custom properties.
    """

    name: str
    children: tuple[int, ...] = ()
    mesh: int | None = None
    camera: int | None = None
    translation: Vector3 | None = None
    rotation: Vector4 | None = None
    scale: Vector3 | None = None
    extras: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Track:
    """One animated property of one node.

    Attributes:
        node: Index into :attr:`Scene.nodes`.
        path: ``scale``, ``translation``, ``rotation`` or ``weights``.
        times: (k,) float32 seconds, strictly increasing, first 0 and last the clip's end.
        values: (k, 3), (k, 4), or for weights (k, targets), float32.
    """

    node: int
    path: Literal["scale", "translation", "rotation", "weights"]
    times: Array
    values: Array
    interpolation: Literal["STEP", "LINEAR"] = "STEP"


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A named animation."""

    name: str
    tracks: tuple[Track, ...]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Everything a .glb holds; lists refer to each other by index.

    Attributes:
        roots: Node indices at the top of the tree.
        clips: Animations; the main one first.
        extras: The value of ``scenes[0].extras.nn2gltf`` (docs/scene-format.md).
    """

    name: str
    nodes: tuple[Node, ...]
    roots: tuple[int, ...]
    meshes: tuple[Mesh, ...] = ()
    materials: tuple[Material, ...] = ()
    textures: tuple[Texture, ...] = ()
    images: tuple[Image, ...] = ()
    cameras: tuple[Camera, ...] = ()
    clips: tuple[Clip, ...] = ()
    extras: JsonObject = field(default_factory=dict)

    def check(self) -> Scene:
        """Return itself, or raise on a broken rule.

        Raises:
            EncodingError: An index out of range, a repeated node name, or a node with two parents.
        """
        names: set[str] = set()
        parented: set[int] = set(self.roots)
        for node in self.nodes:
            if node.name in names:
                raise EncodingError("two nodes have the same name", where=node.name)
            names.add(node.name)
            for child in node.children:
                if not 0 <= child < len(self.nodes) or child in parented:
                    raise EncodingError("a node has two parents or none exists", where=node.name)
                parented.add(child)
            _in_range(node.mesh, self.meshes, node.name)
            _in_range(node.camera, self.cameras, node.name)
        for mesh in self.meshes:
            for primitive in mesh.primitives:
                _in_range(primitive.material, self.materials, mesh.name)
        for material in self.materials:
            _in_range(material.texture, self.textures, material.name)
        for clip in self.clips:
            for track in clip.tracks:
                _in_range(track.node, self.nodes, clip.name)
        return self


def _in_range(index: int | None, items: tuple[object, ...], where: str) -> None:
    if index is not None and not 0 <= index < len(items):
        raise EncodingError("an index leads nowhere", where=where)
