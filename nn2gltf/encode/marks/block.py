"""A neutral rounded box for operations without a drawing rule of their own: its plate says what it does."""

from __future__ import annotations

import numpy as np

from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.geometry import FloatArray, Triangles, prism, rounded_outline

THICKNESS = 6.0


def draw_structure(drawing: Drawing, layer_id: str) -> None:
    """The box."""
    place = drawing.place(layer_id)
    body = prism(rounded_outline(place.grid.width, place.grid.height, 4.0), -THICKNESS / 2, THICKNESS / 2)
    builder = drawing.builder
    mesh = builder.static(f"{layer_id} block", body, drawing.structure("back", drawing.style.structure.back))
    builder.node(
        f"{layer_id} frame",
        parent=drawing.layer_nodes[layer_id],
        role="frame",
        mesh=mesh,
        extras={"layer": layer_id},
    )


def draw_steps(drawing: Drawing, layer_id: str) -> None:
    """Nothing changes."""


def draw_forward(drawing: Drawing, layer_id: str, group: int, start: float) -> None:
    """Nothing lights up."""


def probe_quads(drawing: Drawing, layer_id: str, step: int) -> tuple[Triangles, FloatArray]:
    """No quads."""
    return Triangles(np.zeros((0, 3), np.float32), np.zeros(0, np.uint32)), np.zeros((0, 2), np.float32)
