"""Files broken on purpose: each must be found, or the comparison proves nothing."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from decode import Decoded
from PIL import Image

GROUP_ROLES = ("panels", "units", "probe", "forward", "outline")
Tamper = Callable[[Decoded], None]


def write_tampered(source: Path, target: Path, tamper: Tamper) -> Path:
    """Write a copy of a .glb that ``tamper`` changed: its ``json`` and ``binary`` may be replaced."""
    file = Decoded(source.read_bytes())
    tamper(file)
    file.json["buffers"][0]["byteLength"] = len(file.binary)
    document = json.dumps(file.json).encode()
    document += b" " * (-len(document) % 4)
    binary = file.binary + b"\0" * (-len(file.binary) % 4)
    chunks = struct.pack("<I4s", len(document), b"JSON") + document
    chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    target.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)
    return target


def leave_panels_stale(file: Decoded) -> None:
    """Clips say nothing of the other clips' groups: the naive way."""
    nodes = file.json["nodes"]
    for animation in file.json["animations"]:
        own = _shown_groups(file, animation)
        animation["channels"] = [
            channel
            for channel in animation["channels"]
            if nodes[channel["target"]["node"]].get("extras", {}).get("role") not in GROUP_ROLES
            or channel["target"]["node"] in own
        ]


def _shown_groups(file: Decoded, animation: Any) -> set[int]:
    shown = set()
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        if channel["target"]["path"] == "scale" and file.array(sampler["output"]).max() > 0:
            shown.add(channel["target"]["node"])
    return shown


def swap_two_steps(file: Decoded) -> None:
    """The panels of steps 1 and 2 of one layer change places."""
    nodes = file.json["nodes"]
    first = next(
        i
        for i, n in enumerate(nodes)
        if n.get("extras", {}).get("role") == "panel" and n["extras"]["step"] == 1
    )
    second = next(
        i for i, n in enumerate(nodes) if n.get("extras", {}) == {**nodes[first]["extras"], "step": 2}
    )
    nodes[first]["mesh"], nodes[second]["mesh"] = nodes[second]["mesh"], nodes[first]["mesh"]


def stretch_bodies(file: Decoded) -> None:
    """Units grow a twentieth of the way too far."""
    mesh = _first_mesh(file, "unit_step")
    target = mesh["primitives"][0]["targets"][0]["POSITION"]
    _rewrite(file, target, lambda values: values * np.float32(1.05) + np.float32([0, 0, 0.5]))


def dirty_gutters(file: Decoded) -> None:
    """What lies around each tile is not its edge: anti-aliasing reads it."""
    extras = file.json["scenes"][0]["extras"]["nn2gltf"]
    for layer in extras["layers"]:
        tiles = layer.get("tiles")
        if not tiles or tiles["gutter"] == 0:
            continue
        for page in tiles["pages"]:
            if page is not None:
                _dirty_page(file, extras["pages"][page]["image"], tiles)


def shift_coordinates(file: Decoded) -> None:
    """All quads of one panel look half a pixel to the side."""
    mesh = _first_mesh(file, "panel", step=1)
    _rewrite(
        file,
        mesh["primitives"][0]["attributes"]["TEXCOORD_0"],
        lambda values: values + np.float32([0.5 / _page_width(file, mesh), 0]),
    )


def _page_width(file: Decoded, mesh: Any) -> int:
    material = file.json["materials"][mesh["primitives"][0]["material"]]
    texture = material["pbrMetallicRoughness"]["baseColorTexture"]["index"]
    return file.image(file.json["textures"][texture]["source"]).width


def _first_mesh(file: Decoded, role: str, *, step: int = 0) -> Any:
    node = next(
        n
        for n in file.json["nodes"]
        if n.get("extras", {}).get("role") == role
        and n["extras"].get("step") == step
        and "mesh" in n
        and n["extras"]["layer"] != "input"
    )
    return file.json["meshes"][node["mesh"]]


def _rewrite(file: Decoded, accessor: int, change: Callable[[Any], Any]) -> None:
    """Replace an accessor's data in place."""
    values = change(file.array(accessor).copy())
    entry = file.json["accessors"][accessor]
    if "min" in entry:
        entry["min"], entry["max"] = values.min(axis=0).tolist(), values.max(axis=0).tolist()
    view = file.json["bufferViews"][entry["bufferView"]]
    start = view.get("byteOffset", 0) + entry.get("byteOffset", 0)
    data = values.astype(np.float32).tobytes()
    file.binary = file.binary[:start] + data + file.binary[start + len(data) :]


def _dirty_page(file: Decoded, name: str, tiles: Any) -> None:
    index = next(i for i, image in enumerate(file.json["images"]) if image["name"] == name)
    picture = file.image(index)
    codes = np.array(picture)
    width, height = tiles["width"] + 2, tiles["height"] + 2
    for x0, y0 in tiles["origins"]:
        for channel in range(tiles["count"]):
            x, y = x0 + channel % tiles["columns"] * width, y0 + channel // tiles["columns"] * height
            inner = codes[y + 1 : y + height - 1, x + 1 : x + width - 1].copy()
            codes[y : y + height, x : x + width] = 255
            codes[y + 1 : y + height - 1, x + 1 : x + width - 1] = inner
    changed = Image.frombytes("P", picture.size, codes.tobytes())
    changed.putpalette(picture.getpalette() or [])
    stream = io.BytesIO()
    changed.save(stream, "PNG")
    _append_image(file, index, stream.getvalue())


def _append_image(file: Decoded, index: int, data: bytes) -> None:
    start = len(file.binary) + -len(file.binary) % 4
    file.binary = file.binary.ljust(start, b"\0") + data
    file.json["bufferViews"].append({"buffer": 0, "byteOffset": start, "byteLength": len(data)})
    file.json["images"][index]["bufferView"] = len(file.json["bufferViews"]) - 1
