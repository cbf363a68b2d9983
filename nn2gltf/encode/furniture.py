"""Furniture: plinths, lines, joints and signs of a placement, merged into few meshes (one a group and kind)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nn2gltf.encode.builder import plain
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.geometry import Triangles, fan, merge, quads, ribbon
from nn2gltf.encode.parts import ink_color
from nn2gltf.encode.text_mesh import THICKNESS
from nn2gltf.ir.furniture import Disc, Line, Sign, Solid
from nn2gltf.ir.scene import Material, Primitive

STRUCTURE, LINES = "structure", "lines"
BEAD_AT = 0.68
"""Share of a projected skip's length: in the level part after the rise."""
_FACES = {
    "top": ((0, 1, 1), (1, 1, 1), (1, 1, 0), (0, 1, 0)),
    "front": ((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)),
    "right": ((1, 0, 1), (1, 0, 0), (1, 1, 0), (1, 1, 1)),
    "left": ((0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0)),
    "back": ((1, 0, 0), (0, 0, 0), (0, 1, 0), (1, 1, 0)),
    "bottom": ((0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)),
}
_QUAD = np.array([0, 1, 2, 0, 2, 3], np.uint32)


def draw_furniture(drawing: Drawing) -> None:
    """Draw everything of the placement that shows no values, with what the marks have added."""
    facing = _facing(drawing)
    for solid in drawing.placement.solids:
        _add_solid(drawing, solid)
    for line in drawing.placement.lines:
        _add_line(drawing, line, facing)
    for disc in drawing.placement.discs:
        _add_disc(drawing, disc, facing)
    for (group, kind), parts in drawing.parts.parts.items():
        merged, colors = merge([part for part, _ in parts]), np.concatenate([color for _, color in parts])
        material = drawing.style.material
        unlit = material.structure_unlit or kind == LINES
        name = kind if unlit == (kind == LINES) else f"{kind} unlit"
        index = drawing.builder.material(
            Material(name=name, unlit=unlit, roughness=material.roughness, double_sided=True)
        )
        _node(drawing, group, kind, plain(merged, index, COLOR_0=colors))
    _draw_signs(drawing)


def _node(drawing: Drawing, group: str, kind: str, primitive: Primitive) -> None:
    name = f"{group} {kind}".strip()
    mesh = drawing.builder.mesh(name, primitive)
    parent = drawing.parts.groups.get(group, drawing.parts.groups[""])
    drawing.builder.node(name, parent=parent, role=kind, mesh=mesh)


def _facing(drawing: Drawing) -> npt.NDArray[np.float64]:
    camera = drawing.placement.camera
    flat = np.cos(camera.elevation)
    return np.array([flat * np.sin(camera.azimuth), np.sin(camera.elevation), flat * np.cos(camera.azimuth)])


def _add_solid(drawing: Drawing, solid: Solid) -> None:
    low, high = np.array(solid.low), np.array(solid.high)
    inks = {"top": solid.top or solid.ink, "front": solid.front or solid.ink}
    for side, corners in _FACES.items():
        face = Triangles((low + (high - low) * np.array(corners)).astype(np.float32), _QUAD)
        drawing.parts.add(solid.group, STRUCTURE, face, ink_color(drawing.style, inks.get(side, solid.ink)))


def _add_line(drawing: Drawing, line: Line, facing: npt.NDArray[np.float64]) -> None:
    points = np.asarray(line.points, np.float64)
    start, end = (ink_color(drawing.style, ink) for ink in (line.ink, line.ink_end or line.ink))
    share = _along(points)
    widths = line.width + ((line.width_end or line.width) - line.width) * share
    strip = ribbon(points, widths, facing)
    colors = np.tile(start + (end - start) * share[:, None], (2, 1))
    drawing.parts.add(line.group, LINES, strip, colors)
    if line.arrow:
        drawing.parts.add(line.group, LINES, _arrow(points, line.arrow, facing), end)
    if line.bead:
        middle = np.array([np.interp(BEAD_AT, share, points[:, axis]) for axis in range(3)]) + facing * 0.8
        bead = _in_plane(_square(line.bead), middle, facing)
        drawing.parts.add(line.group, LINES, bead, ink_color(drawing.style, "bead"))


def _along(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(k,) share of the path's length before each point."""
    steps = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    share: npt.NDArray[np.float64] = steps / steps[-1] if steps[-1] > 0 else steps
    return share


def _arrow(points: npt.NDArray[np.float64], length: float, facing: npt.NDArray[np.float64]) -> Triangles:
    """A triangle whose tip lies one length beyond the path's end."""
    direction = points[-1] - points[-2]
    direction = direction / (np.linalg.norm(direction) or 1.0)
    side = np.cross(facing, direction)
    side = side / (np.linalg.norm(side) or 1.0) * length * 0.48
    base = points[-1] - direction * 0.1 * length
    corners = np.array([base + direction * length, base - side, base + side]) + facing * 0.4
    return Triangles(corners.astype(np.float32), np.array([0, 2, 1], np.uint32))


def _square(side: float) -> npt.NDArray[np.float64]:
    return np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * side / 2


def _in_plane(
    outline: npt.NDArray[np.float64], center: npt.NDArray[np.float64], facing: npt.NDArray[np.float64]
) -> Triangles:
    """A convex outline in the picture plane around a point."""
    right = np.array([facing[2], 0.0, -facing[0]])
    right = right / np.linalg.norm(right)
    up = np.cross(facing, right)
    flat = fan(outline, 0.0)
    corners = center + flat.positions[:, :1] * right + flat.positions[:, 1:2] * up
    return Triangles(corners.astype(np.float32), flat.indices)


def _add_disc(drawing: Drawing, disc: Disc, facing: npt.NDArray[np.float64]) -> None:
    angle = np.linspace(0, 2 * np.pi, 21)[:-1]
    circle = disc.radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    center = np.asarray(disc.center)
    color = ink_color(drawing.style, disc.ink)
    drawing.parts.add(disc.group, LINES, _in_plane(circle, center + facing * 1.5, facing), color)
    mark = ink_color(drawing.style, "mark")
    for stroke in _strokes(disc.symbol, disc.radius):
        drawing.parts.add(disc.group, LINES, _in_plane(stroke, center + facing * 2.2, facing), mark)


def _strokes(symbol: str, radius: float) -> list[npt.NDArray[np.float64]]:
    """Outlines of a joint's sign."""
    reach, half = 0.62 * radius, 0.15 * radius
    bar = np.array([[-half, -reach], [half, -reach], [half, reach], [-half, reach]])
    turned = bar[:, ::-1] * np.array([-1, 1])
    if symbol == "‖":
        return [bar + np.array([side * 0.3 * radius, 0]) for side in (-1, 1)]
    if symbol == "↑":
        head = np.array([[-0.5, 0.1], [0.5, 0.1], [0.0, 0.7]]) * radius
        return [bar * np.array([1, 0.7]) - np.array([0, 0.15 * radius]), head]
    if symbol == "×":
        spin = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
        return [bar @ spin, turned @ spin]
    return [bar, turned] if symbol == "+" else []


def _draw_signs(drawing: Drawing) -> None:
    """All signs of one group and role in one mesh."""
    groups: dict[tuple[str, str], list[Sign]] = {}
    for sign in drawing.placement.signs:
        groups.setdefault((sign.group, sign.role), []).append(sign)
    for (group, role), signs in groups.items():
        faces = [_sign_faces(drawing, sign) for sign in signs]
        merged = merge([face for face, _ in faces])
        uvs = np.concatenate([uv for _, uv in faces]).astype(np.float32)
        attributes = {"POSITION": merged.positions, "TEXCOORD_0": uvs}
        primitive = Primitive(attributes=attributes, indices=merged.indices, material=drawing.text_material)
        _node(drawing, group, f"{role}s" if role == "label" else role, primitive)


def _sign_faces(drawing: Drawing, sign: Sign) -> tuple[Triangles, npt.NDArray[np.float64]]:
    """Front and back of a plate, turned to the hero camera."""
    azimuth = drawing.placement.camera.azimuth
    right = np.array([np.cos(azimuth), 0.0, -np.sin(azimuth)])
    towards = np.array([np.sin(azimuth), 0.0, np.cos(azimuth)])
    flat = quads(np.zeros((1, 2)), sign.width, sign.height)
    u0, v0, u1, v1 = drawing.plates.uv(sign.key)
    uv = np.array([[u0, v1], [u1, v1], [u1, v0], [u0, v0]])
    parts, uvs = [], []
    for side in (1.0, -1.0):
        corners = (
            np.asarray(sign.center)
            + flat.positions[:, :1] * right * side
            + flat.positions[:, 1:2] * np.array([0.0, 1.0, 0.0])
            + towards * side * THICKNESS
        )
        parts.append(Triangles(corners.astype(np.float32), flat.indices))
        uvs.append(uv)
    return merge(parts), np.concatenate(uvs)
