"""A scene of a single step: its panels are what the forward pass lights, so they are not drawn twice."""

from __future__ import annotations

from nn2gltf.encode.clips import FORWARD
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.timing import visibility


def light_still(drawing: Drawing, layer_id: str, start: float) -> bool:
    """Light the one step's node from ``start`` seconds on; False where there are several steps."""
    node = drawing.facts.get(layer_id, {}).get("still")
    if drawing.main_clip != FORWARD or not isinstance(node, int):
        return False
    duration = drawing.clips.duration(FORWARD)
    drawing.clips.track(FORWARD, node, visibility(start, duration, duration))
    return True
