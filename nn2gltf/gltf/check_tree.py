"""Checks of nodes, meshes, materials and animations: references, names, sharing and size."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn2gltf.gltf.check_data import read_accessor
from nn2gltf.gltf.read import GlbDocument
from nn2gltf.gltf.report import Findings

MAX_NAME_BYTES = 63
"""Blender 4.2 cuts longer names."""

MAX_ANIMATED_NODES = 1_000
"""Blender's import grows faster than linearly above."""

MAX_COORDINATE = 1e4
"""Metres from the origin; float32 and depth buffers get coarse beyond."""

_REFERENCES = {
    "nodes": (("mesh", "meshes"), ("camera", "cameras")),
    "textures": (("source", "images"), ("sampler", "samplers")),
    "images": (("bufferView", "bufferViews"),),
}
_INDEX_TYPES = (5121, 5123, 5125)
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def check_references(document: GlbDocument, findings: Findings) -> bool:
    """Check that every index leads to something; return whether all do."""
    data: Any = document.json
    before = len(findings.problems)
    for kind, links in _REFERENCES.items():
        for index, item in enumerate(data.get(kind, [])):
            for key, target in links:
                _check_index(data, item.get(key), target, findings, f"/{kind}/{index}/{key}")
    for index, node in enumerate(data["nodes"]):
        for child in node.get("children", ()):
            _check_index(data, child, "nodes", findings, f"/nodes/{index}/children")
    for index, scene in enumerate(data["scenes"]):
        for root in scene["nodes"]:
            _check_index(data, root, "nodes", findings, f"/scenes/{index}/nodes")
    for index, material in enumerate(data.get("materials", [])):
        for info in (
            material.get("pbrMetallicRoughness", {}).get("baseColorTexture"),
            material.get("emissiveTexture"),
        ):
            _check_index(data, info and info["index"], "textures", findings, f"/materials/{index}")
    _check_mesh_references(data, findings)
    _check_animation_references(data, findings)
    return len(findings.problems) == before


def check_nodes(document: GlbDocument, findings: Findings) -> None:
    """Check names, and that the nodes are a tree (no cycle, one parent each)."""
    data: Any = document.json
    names: set[str] = set()
    for index, node in enumerate(data["nodes"]):
        where, name = f"/nodes/{index}", node["name"]
        if name in names:
            findings.error("NODE_NAME_REPEATED", f"the name {name!r} is used twice", where)
        names.add(name)
        if len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
            findings.error("NODE_NAME_TOO_LONG", f"its name has more than {MAX_NAME_BYTES} bytes", where)
    links = list(data["scenes"][0]["nodes"])
    links += [child for node in data["nodes"] for child in node.get("children", ())]
    if len(links) != len(set(links)):
        findings.error("NODE_TREE", "a node has two parents, or is both a root and a child", "/nodes")
    elif len(_reachable(data)) != len(data["nodes"]):
        findings.error("NODE_TREE", "a node cannot be reached from the scene", "/nodes")
    else:
        _check_coordinates(data, findings)


def check_meshes(document: GlbDocument, findings: Findings) -> None:
    """Check that attributes agree in length and that indices are vertices."""
    data: Any = document.json
    accessors = data.get("accessors", [])
    largest: dict[int, int] = {}
    for index, mesh in enumerate(data.get("meshes", [])):
        targets = {len(primitive.get("targets", ())) for primitive in mesh["primitives"]}
        if len(targets) > 1 or len(mesh.get("weights", [])) not in (0, max(targets)):
            findings.error(
                "MESH_TARGETS", "its primitives and weights disagree on morph targets", f"/meshes/{index}"
            )
        for place, primitive in enumerate(mesh["primitives"]):
            where = f"/meshes/{index}/primitives/{place}"
            groups = (primitive["attributes"], *primitive.get("targets", ()))
            counts = {accessors[accessor]["count"] for group in groups for accessor in group.values()}
            if len(counts) > 1:
                findings.error("MESH_ATTRIBUTE_COUNT", "its attributes differ in length", where)
            if any("min" not in accessors[group["POSITION"]] for group in groups):
                findings.error("MESH_POSITION_BOUNDS", "its POSITION has no min and max", where)
            if "TEXCOORD_0" not in primitive["attributes"] and _is_textured(
                data["materials"][primitive["material"]]
            ):
                findings.error("MESH_TEXCOORD", "its material has a texture, but it has no TEXCOORD_0", where)
            indices = primitive["indices"]
            if (
                accessors[indices]["componentType"] not in _INDEX_TYPES
                or accessors[indices]["type"] != "SCALAR"
            ):
                findings.error("MESH_INDEX_TYPE", "its indices are not unsigned integers", where)
            elif largest.setdefault(indices, int(read_accessor(document, indices).max())) >= min(counts):
                findings.error("MESH_INDEX_OUT_OF_BOUNDS", "an index is no vertex", where)


def check_animations(document: GlbDocument, findings: Findings) -> None:
    """Check key times, numbers of keys, the range of weights, and how many nodes move."""
    data: Any = document.json
    animated: set[int] = set()
    for index, animation in enumerate(data.get("animations", [])):
        seen: set[tuple[int, str]] = set()
        for place, channel in enumerate(animation["channels"]):
            where = f"/animations/{index}/channels/{place}"
            target = (channel["target"]["node"], channel["target"]["path"])
            if target in seen:
                findings.error("ANIMATION_TWICE", "the same property is animated twice", where)
            seen.add(target)
            animated.add(target[0])
            _check_channel(document, animation["samplers"][channel["sampler"]], target, findings, where)
    if len(animated) > MAX_ANIMATED_NODES:
        findings.warn(
            "ANIMATED_NODES", f"{len(animated)} nodes are animated: Blender imports it slowly", "/animations"
        )


def check_images(document: GlbDocument, findings: Findings) -> None:
    """Check that every image begins as a PNG does."""
    data: Any = document.json
    for index, image in enumerate(data.get("images", [])):
        view = data["bufferViews"][image["bufferView"]]
        offset = view.get("byteOffset", 0)
        if bytes(document.binary[offset : offset + 8]) != _PNG_MAGIC:
            findings.error("IMAGE_NOT_PNG", "it is not a PNG", f"/images/{index}")


def _check_index(data: Any, index: int | None, kind: str, findings: Findings, where: str) -> None:
    if index is not None and index >= len(data.get(kind, ())):
        findings.error("BAD_REFERENCE", f"there is no {kind}[{index}]", where)


def _check_mesh_references(data: Any, findings: Findings) -> None:
    for index, mesh in enumerate(data.get("meshes", [])):
        for place, primitive in enumerate(mesh["primitives"]):
            where = f"/meshes/{index}/primitives/{place}"
            _check_index(data, primitive["material"], "materials", findings, where)
            _check_index(data, primitive["indices"], "accessors", findings, where)
            for group in (primitive["attributes"], *primitive.get("targets", ())):
                for accessor in group.values():
                    _check_index(data, accessor, "accessors", findings, where)


def _check_animation_references(data: Any, findings: Findings) -> None:
    for index, animation in enumerate(data.get("animations", [])):
        where = f"/animations/{index}"
        for channel in animation["channels"]:
            _check_index(data, channel["target"]["node"], "nodes", findings, where)
            _check_index(animation, channel["sampler"], "samplers", findings, where)
        for sampler in animation["samplers"]:
            _check_index(data, sampler["input"], "accessors", findings, where)
            _check_index(data, sampler["output"], "accessors", findings, where)


def _is_textured(material: Any) -> bool:
    return "emissiveTexture" in material or "baseColorTexture" in material.get("pbrMetallicRoughness", {})


def _check_channel(
    document: GlbDocument, sampler: Any, target: tuple[int, str], findings: Findings, where: str
) -> None:
    data: Any = document.json
    times = read_accessor(document, sampler["input"])[:, 0].astype(np.float64)
    values = read_accessor(document, sampler["output"])
    if times[0] < 0 or (np.diff(times) <= 0).any():
        findings.error("ANIMATION_TIMES", "its key times do not increase strictly", where)
    mesh = data["nodes"][target[0]].get("mesh")
    targets = 0 if mesh is None else len(data["meshes"][mesh]["primitives"][0].get("targets", ()))
    width = {"translation": 3, "scale": 3, "rotation": 4, "weights": 1}[target[1]]
    keys = len(times) * (targets if target[1] == "weights" else 1)
    if values.shape != (keys, width):
        findings.error("ANIMATION_KEYS", f"it has {values.shape} key values, not {(keys, width)}", where)
    elif target[1] == "weights" and not ((values >= 0) & (values <= 1)).all():
        findings.error("ANIMATION_WEIGHTS", "its weights leave 0..1", where)


def _reachable(data: Any) -> set[int]:
    reached: set[int] = set()
    stack = list(data["scenes"][0]["nodes"])
    while stack:
        index = stack.pop()
        if index not in reached:
            reached.add(index)
            stack.extend(data["nodes"][index].get("children", ()))
    return reached


def _check_coordinates(data: Any, findings: Findings) -> None:
    """Corners of every mesh's box in world space, through translations, rotations and scales at rest."""
    stack = [(root, np.eye(4)) for root in data["scenes"][0]["nodes"]]
    while stack:
        index, parent = stack.pop()
        node = data["nodes"][index]
        matrix = parent @ _matrix(node)
        stack.extend((child, matrix) for child in node.get("children", ()))
        if "mesh" not in node:
            continue
        for primitive in data["meshes"][node["mesh"]]["primitives"]:
            bounds = data["accessors"][primitive["attributes"]["POSITION"]]
            ends = [bounds.get(end, [0.0] * 3) for end in ("min", "max")]
            if any(len(end) != 3 for end in ends):
                findings.error(
                    "POSITION_BOUNDS", "min and max of positions are three numbers", f"/nodes/{index}"
                )
                continue
            sides = np.array(ends, dtype=float)
            corners = np.array(
                [[*sides[[i, j, k], [0, 1, 2]], 1.0] for i in (0, 1) for j in (0, 1) for k in (0, 1)]
            )
            if np.abs((corners @ matrix.T)[:, :3]).max() > MAX_COORDINATE:
                findings.error(
                    "COORDINATES", f"it reaches more than {MAX_COORDINATE:g} m out", f"/nodes/{index}"
                )


def _matrix(node: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    x, y, z, w = node.get("rotation", (0.0, 0.0, 0.0, 1.0))
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= node.get("scale", (1.0, 1.0, 1.0))
    matrix[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
    return matrix
