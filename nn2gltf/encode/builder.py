"""Collects nodes, meshes, materials and images, and keeps names unique and short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.encode.geometry import FloatArray, Triangles
from nn2gltf.errors import safe
from nn2gltf.ir.placement import LayerPlacement
from nn2gltf.ir.scene import Clip, Image, Material, Mesh, Node, Primitive, Scene, Texture, Vector3, Vector4

MAX_NAME_BYTES = 63
"""Blender 4.2 cuts longer names, and two cut names may collide (ENCODING.md)."""
HIDDEN: Vector3 = (0.0, 0.0, 0.0)


def srgb_to_linear(rgb: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """SRGB 0..1 to linear light. Source: IEC 61966-2-1."""
    values = np.asarray(rgb, dtype=np.float64)
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def linear_color(hex_color: str) -> Vector3:
    """``#rrggbb`` to linear RGB factors, rounded so that files stay short."""
    parts = np.array([int(hex_color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    r, g, b = (round(float(v), 5) for v in srgb_to_linear(parts))
    return (r, g, b)


def yaw_rotation(yaw: float) -> Vector4:
    """Quaternion (x, y, z, w) of a turn about +Y, radians."""
    return (0.0, float(np.sin(yaw / 2)), 0.0, float(np.cos(yaw / 2)))


def place_rotation(place: LayerPlacement) -> Vector4:
    """Quaternion (x, y, z, w) of a placement: the lean about +X, then the yaw about +Y."""
    if not place.lean:
        return yaw_rotation(place.yaw)
    (sx, cx), (sy, cy) = ((float(np.sin(a / 2)), float(np.cos(a / 2))) for a in (place.lean, place.yaw))
    return (cy * sx, sy * cx, -sy * sx, cy * cx)


@dataclass
class SceneBuilder:
    """Mutable lists behind a :class:`Scene`; indices are handed out as things are added."""

    nodes: list[Node] = field(default_factory=list)
    meshes: list[Mesh] = field(default_factory=list)
    materials: list[Material] = field(default_factory=list)
    textures: list[Texture] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    _children: dict[int, list[int]] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)
    _materials: dict[Material, int] = field(default_factory=dict)

    def node(
        self,
        name: str,
        *,
        parent: int | None,
        role: str | None = None,
        mesh: int | None = None,
        hidden: bool = False,
        extras: Mapping[str, str | int | float | bool] | None = None,
        **transform: Any,
    ) -> int:
        """Add a node; ``hidden`` gives it a rest scale of exactly zero."""
        if hidden:
            transform["scale"] = HIDDEN
        facts: dict[str, str | int | float | bool] = {"role": role} if role else {}
        facts.update(extras or {})
        self.nodes.append(Node(name=self.unique_name(name), mesh=mesh, extras=facts, **transform))
        index = len(self.nodes) - 1
        if parent is not None:
            self._children.setdefault(parent, []).append(index)
        return index

    def unique_name(self, name: str) -> str:
        """A harmless name of at most 63 bytes that no node has yet."""
        base = _shorten(safe(name) or "unnamed", MAX_NAME_BYTES)
        candidate, count = base, 1
        while candidate in self._names:
            count += 1
            suffix = f" #{count}"
            candidate = _shorten(base, MAX_NAME_BYTES - len(suffix)) + suffix
        self._names.add(candidate)
        return candidate

    def name_of(self, node: int) -> str:
        """Name of a node."""
        return self.nodes[node].name

    def mesh(self, name: str, *primitives: Primitive, targets: tuple[str, ...] = ()) -> int:
        """Add a mesh; morph weights rest at 0."""
        self.meshes.append(
            Mesh(name=name, primitives=primitives, weights=(0.0,) * len(targets), target_names=targets)
        )
        return len(self.meshes) - 1

    def material(self, material: Material) -> int:
        """Index of a material; equal ones are stored once."""
        if material not in self._materials:
            self._materials[material] = len(self.materials)
            self.materials.append(material)
        return self._materials[material]

    def image(self, name: str, png: bytes) -> int:
        """Add a PNG image."""
        self.images.append(Image(name=name, png=png))
        return len(self.images) - 1

    def texture(self, image: int, *, smooth: bool = False, mipmaps: bool = False) -> int:
        """Add a texture over an image."""
        self.textures.append(Texture(image=image, smooth=smooth, mipmaps=mipmaps))
        return len(self.textures) - 1

    def static(self, name: str, parts: Triangles, material: int) -> int:
        """A mesh of plain triangles."""
        return self.mesh(name, plain(parts, material))

    def scene(self, name: str, roots: tuple[int, ...], clips: tuple[Clip, ...], **rest: Any) -> Scene:
        """The finished scene, checked."""
        nodes = tuple(
            replace(node, children=tuple(self._children.get(index, ())))
            for index, node in enumerate(self.nodes)
        )
        return Scene(
            name=name,
            nodes=nodes,
            roots=roots,
            meshes=tuple(self.meshes),
            materials=tuple(self.materials),
            textures=tuple(self.textures),
            images=tuple(self.images),
            clips=clips,
            **rest,
        ).check()


def plain(parts: Triangles, material: int, **attributes: FloatArray) -> Primitive:
    """A primitive with positions and any further attributes."""
    return Primitive(
        attributes={"POSITION": parts.positions, **attributes}, indices=parts.indices, material=material
    )


def _shorten(name: str, limit: int) -> str:
    """Cut the middle out of a name longer than ``limit`` bytes, never through a character."""
    if len(name.encode()) <= limit:
        return name
    room = limit - len("…".encode())
    head = name.encode()[: room // 2].decode("utf-8", "ignore")
    tail = name.encode()[-(room - len(head.encode())) :].decode("utf-8", "ignore")
    return f"{head}…{tail}"
