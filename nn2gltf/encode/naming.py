"""What plates call layers."""

from __future__ import annotations

from nn2gltf.errors import safe
from nn2gltf.ir.graph import Layer

LONGEST_ID = 60


def shown_parts(layer: Layer) -> list[str]:
    """Parts of a layer's path; a bare number, as in ``nn.Sequential``, is told by its kind: ``conv 0``."""
    parts = safe(layer.id.replace("/", "."), limit=LONGEST_ID).split(".")
    number = parts[-1].partition("@")[0]
    if number.isdigit() and layer.kind != "op":
        parts[-1] = f"{layer.kind} {parts[-1]}"
    return parts


def shown_name(layer: Layer) -> str:
    """The last part, for lists."""
    return shown_parts(layer)[-1]
