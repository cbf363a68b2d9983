"""Recorded single numbers of a layer and its parameters, step by step, for the extras."""

from __future__ import annotations

import math

from nn2gltf.ir.graph import Layer
from nn2gltf.ir.json import Json, JsonObject
from nn2gltf.ir.recording import Recording


def layer_numbers(recording: Recording, layer: Layer, steps: tuple[int, ...]) -> JsonObject:
    """Quantity, or ``quantity/parameter``, to one number a drawn step; null where it is not known or not finite.

    A layer that others were folded into also gives theirs, since it stands for them.
    """
    owners = {layer.id: "", **{folded.id: "" for folded in layer.folded}}
    owners |= {p.shared_with or p.name: f"/{p.name.rpartition('.')[2]}" for p in layer.parameters}
    found: JsonObject = {}
    for quantity, names in recording.numbers.items():
        for name in names:
            if name in owners:
                values = [_number(recording, quantity, name, step) for step in steps]
                if any(value is not None for value in values):
                    found[quantity + owners[name]] = values
    return found


def _number(recording: Recording, quantity: str, name: str, step: int) -> Json:
    array = recording.number(quantity, name, step)
    if array is None or array.ndim or not math.isfinite(float(array)):
        return None
    return float(f"{float(array):.6g}")
