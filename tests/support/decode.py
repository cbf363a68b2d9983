"""An independent reader of .glb files: struct, json and numpy, not a line of nn2gltf's."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
from PIL import Image

FEW = 24
"""Arrays up to this size are shown whole, larger ones as statistics."""


class Decoded:
    """A .glb with its arrays at hand.

    Attributes:
        json: The document.
    """

    def __init__(self, data: bytes) -> None:
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON"
        self.json: Any = json.loads(data[20 : 20 + size])
        size_2, kind_2 = struct.unpack_from("<I4s", data, 20 + size)
        assert kind_2 == b"BIN\0"
        self.binary = data[28 + size : 28 + size + size_2]

    def array(self, index: int) -> np.ndarray[Any, Any]:
        """Accessor ``index`` as (count, width)."""
        accessor = self.json["accessors"][index]
        view = self.json["bufferViews"][accessor["bufferView"]]
        dtype = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}[accessor["componentType"]]
        width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}[accessor["type"]]
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        return np.frombuffer(self.binary, dtype, accessor["count"] * width, start).reshape(-1, width)

    def image(self, index: int) -> Image.Image:
        """Image ``index``, opened by Pillow."""
        view = self.json["bufferViews"][self.json["images"][index]["bufferView"]]
        start = view.get("byteOffset", 0)
        return Image.open(io.BytesIO(self.binary[start : start + view["byteLength"]]))

    def node(self, name: str) -> Any:
        """The node called ``name``."""
        return next(node for node in self.json["nodes"] if node["name"] == name)

    def summary(self) -> Any:
        """Everything as nested JSON with arrays in place of indices, rounded, without a byte offset."""
        data = self.json
        return _rounded(
            {
                "asset": {"version": data["asset"]["version"]},
                "extensionsUsed": data.get("extensionsUsed"),
                "scene": {
                    **data["scenes"][0],
                    "nodes": [data["nodes"][i]["name"] for i in data["scenes"][0]["nodes"]],
                },
                "nodes": [self._node(node) for node in data["nodes"]],
                "meshes": [self._mesh(mesh) for mesh in data["meshes"]],
                "materials": data["materials"],
                "textures": data["textures"],
                "samplers": data["samplers"],
                "cameras": data.get("cameras"),
                "images": [self._image(index) for index in range(len(data["images"]))],
                "animations": [self._animation(animation) for animation in data.get("animations", ())],
            }
        )

    def _node(self, node: Any) -> Any:
        shown = {key: value for key, value in node.items() if key != "children"}
        if "mesh" in node:
            shown["mesh"] = self.json["meshes"][node["mesh"]]["name"]
        if "children" in node:
            shown["children"] = [self.json["nodes"][child]["name"] for child in node["children"]]
        return shown

    def _mesh(self, mesh: Any) -> Any:
        return {**mesh, "primitives": [self._primitive(primitive) for primitive in mesh["primitives"]]}

    def _primitive(self, primitive: Any) -> Any:
        return {
            "attributes": {name: self._show(index) for name, index in primitive["attributes"].items()},
            "indices": self._show(primitive["indices"]),
            "material": self.json["materials"][primitive["material"]]["name"],
            "targets": [
                {name: self._show(index) for name, index in target.items()}
                for target in primitive.get("targets", ())
            ],
        }

    def _animation(self, animation: Any) -> Any:
        channels = [
            {
                "node": self.json["nodes"][channel["target"]["node"]]["name"],
                "path": channel["target"]["path"],
                "interpolation": sampler.get("interpolation", "LINEAR"),
                "times": self._show(sampler["input"]),
                "values": self._show(sampler["output"]),
            }
            for channel in animation["channels"]
            for sampler in [animation["samplers"][channel["sampler"]]]
        ]
        return {"name": animation["name"], "channels": channels}

    def _image(self, index: int) -> Any:
        picture = self.image(index)
        codes = np.asarray(picture)
        name = self.json["images"][index].get("name")
        return {
            "name": name,
            "mode": picture.mode,
            "size": list(picture.size),
            "sum": int(codes.sum(dtype=np.int64)),
        }

    def _show(self, index: int) -> Any:
        values = self.array(index).astype(np.float64)
        if values.size <= FEW:
            return values.tolist()
        weights = np.arange(1, values.size + 1) / values.size
        return {
            "shape": list(values.shape),
            "min": values.min(axis=0).tolist(),
            "max": values.max(axis=0).tolist(),
            "mean": values.mean(axis=0).tolist(),
            "weighted": float((values.ravel() * weights).mean()),
        }


def _rounded(value: Any) -> Any:
    """Five significant digits and seven places: what may differ between CPUs is far below."""
    if isinstance(value, float):
        return float(f"{round(value, 7):.5g}") + 0.0
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value
