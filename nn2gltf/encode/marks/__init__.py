"""Marks: how each kind of layer is drawn. One file each; a new one is a file and a line in the table."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.geometry import FloatArray, Triangles

MARKS: dict[str, str] = {
    "image": "nn2gltf.encode.marks.maps",
    "maps": "nn2gltf.encode.marks.maps",
    "units": "nn2gltf.encode.marks.units",
    "bars": "nn2gltf.encode.marks.bars",
    "photo": "nn2gltf.encode.marks.photo",
    "slab": "nn2gltf.encode.marks.slab",
    "weights": "nn2gltf.encode.marks.weights",
    "block": "nn2gltf.encode.marks.block",
}
"""Mark to the module that draws it."""


class Mark(Protocol):
    """What a mark's module offers."""

    def draw_structure(self, drawing: Drawing, layer_id: str) -> None:
        """Add what does not change: frames, trays, names."""

    def draw_steps(self, drawing: Drawing, layer_id: str) -> None:
        """Add the main probe's steps, shown by the clip ``epochs``."""

    def draw_forward(self, drawing: Drawing, layer_id: str, group: int, start: float) -> None:
        """Add the last step to the clip ``forward pass``, lit from ``start`` seconds on."""

    def probe_quads(self, drawing: Drawing, layer_id: str, step: int) -> tuple[Triangles, FloatArray]:
        """Quads in scene units and texture coordinates for the whole-network panel of another probe."""


def mark_of(drawing: Drawing, layer_id: str) -> Mark:
    """The module that draws a layer."""
    return cast("Mark", import_module(MARKS[drawing.place(layer_id).mark]))
