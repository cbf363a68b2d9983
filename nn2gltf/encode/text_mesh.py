"""Text in the scene: opaque two-sided plates that read the one text atlas (ENCODING.md, rule 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.geometry import Triangles, fan, merge, quads, rounded_outline
from nn2gltf.ir.scene import Primitive

THICKNESS = 0.5
"""Distance of a plate's two faces: coplanar opposite quads fight in Blender."""
CORNER = 2.2


def text_quads(
    drawing: Drawing, items: Sequence[tuple[str, npt.NDArray[Any]]], *, scale: float
) -> Primitive | None:
    """One primitive of plain two-sided plates.

    Args:
        items: Plate key and (3,) centre in the local frame; keys without a plate are left out.
        scale: Factor on the plates' sizes.
    """
    parts, uvs = [], []
    for key, center in items:
        if key not in drawing.plates:
            continue
        size, rect = drawing.plates.size(key), drawing.plates.uv(key)
        half = np.array([size.width, size.height]) * scale / 2
        for side in (1, -1):
            x, y, z = center[0], center[1], center[2] + side * THICKNESS / 2
            face = quads(np.array([[x, y, z]]), 2 * half[0], 2 * half[1])
            parts.append(face if side > 0 else Triangles(face.positions, face.indices[::-1].copy()))
            uvs.append(_uv(face.positions, (x, y), half, rect, mirrored=side < 0))
    return _primitive(drawing, parts, uvs)


def text_plate(drawing: Drawing, key: str, *, scale: float) -> Primitive:
    """One rounded two-sided plate around the origin."""
    size, rect = drawing.plates.size(key), drawing.plates.uv(key)
    half = np.array([size.width, size.height]) * scale / 2
    outline = rounded_outline(2 * half[0], 2 * half[1], CORNER * scale)
    faces = [fan(outline, THICKNESS / 2), fan(outline, -THICKNESS / 2, back=True)]
    uvs = [
        _uv(face.positions, (0.0, 0.0), half, rect, mirrored=mirrored)
        for face, mirrored in zip(faces, (False, True), strict=True)
    ]
    primitive = _primitive(drawing, faces, uvs)
    assert primitive is not None
    return primitive


def _uv(
    positions: npt.NDArray[Any],
    center: tuple[float, float],
    half: npt.NDArray[Any],
    rect: tuple[float, float, float, float],
    *,
    mirrored: bool,
) -> npt.NDArray[np.float32]:
    """Texture coordinates of a face: its rectangle in the atlas, turned round for the back."""
    u0, v0, u1, v1 = rect
    across = (positions[:, 0] - center[0]) / (2 * half[0]) + 0.5
    upward = (positions[:, 1] - center[1]) / (2 * half[1]) + 0.5
    across = 1 - across if mirrored else across
    return np.stack([u0 + (u1 - u0) * across, v1 + (v0 - v1) * upward], axis=1).astype(np.float32)


def _primitive(
    drawing: Drawing, parts: list[Triangles], uvs: list[npt.NDArray[np.float32]]
) -> Primitive | None:
    if not parts:
        return None
    merged = merge(parts)
    return Primitive(
        attributes={"POSITION": merged.positions, "TEXCOORD_0": np.concatenate(uvs)},
        indices=merged.indices,
        material=drawing.text_material,
    )
