"""Structure of a scene in scene units, merged into few meshes: one a group and way of lighting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.encode.geometry import Triangles
from nn2gltf.encode.style import Style, linear


@dataclass
class PartBook:
    """Coloured triangles by (group, kind); ``groups`` maps names of groups to nodes."""

    groups: dict[str, int] = field(default_factory=dict)
    parts: dict[tuple[str, str], list[tuple[Triangles, npt.NDArray[np.float32]]]] = field(
        default_factory=dict
    )

    def add(self, group: str, kind: str, triangles: Triangles, color: npt.NDArray[Any]) -> None:
        """Add triangles of one linear colour (3,), or one a vertex (n, 3)."""
        count = len(triangles.positions)
        rgb = np.broadcast_to(np.asarray(color, np.float32), (count, 3))
        rgba = np.concatenate([rgb, np.ones((count, 1), np.float32)], axis=1)
        self.parts.setdefault((group, kind), []).append((triangles, rgba))


def ink_color(style: Style, ink: str) -> npt.NDArray[np.float64]:
    """(3,) linear colour of a named ink, see :data:`nn2gltf.ir.furniture.Ink`.

    Fading mixes the sRGB bytes, as an eye expects of a line that gets dimmer.
    """
    name, _, share = ink.partition(" / ")
    color = _named(style, name)
    if not share:
        return np.array(linear(color))
    full, ground = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in (color, style.background))
    mixed = np.rint(ground + (full - ground) * float(share)).astype(int)
    return np.array(linear("#" + "".join(f"{v:02x}" for v in mixed)))


def _named(style: Style, name: str) -> str:
    structure = style.structure
    if name.startswith("stage "):
        return structure.stages[int(name[6:]) % len(structure.stages)]
    special = {
        "fg": style.text.fg,
        "dim": style.text.dim,
        "plate": style.text.plate,
        "accent": style.accent.line,
        "accent fill": style.accent.fill,
        "accent on": style.accent.on,
        "background": style.background,
        "ribbon": style.ribbon.neutral,
    }
    return special[name] if name in special else str(getattr(structure, name))


def ink_hex(style: Style, ink: str) -> str:
    """``#rrggbb`` of a named ink without fading."""
    return _named(style, ink.partition(" / ")[0])
