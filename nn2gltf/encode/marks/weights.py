"""Weights: kernels as framed tiles, matrices as plates, vectors as strips: slabs of tensors that nobody computed."""

from __future__ import annotations

from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.marks.slab import draw_steps, draw_structure, probe_quads

__all__ = ["draw_forward", "draw_steps", "draw_structure", "probe_quads"]


def draw_forward(drawing: Drawing, layer_id: str, group: int, start: float) -> None:
    """Nothing passes through weights alone."""
