"""Furniture: what a layout draws besides the layers themselves, in scene units and named colours.

Solids (plinths, shelves, patches, posts), lines (skips, return lines, links, edges, lanes, curtains), discs (joints)
and signs (all text). They hold no values: what shows data is a :class:`~nn2gltf.ir.placement.LayerPlacement`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.floating[Any]]
Point = tuple[float, float, float]

Ink = str
"""A colour by name: a field of the style's structure tokens (``plinth``, ``plinth_top``, ``patch``, ``frame``,
``back``, ``neutral``, ``bead``, ``mark`` ...), ``stage N`` (the N-th stage colour, wrapping round), ``fg``, ``dim``,
``plate``, ``accent`` (lines), ``accent fill``, ``accent on``; and ``NAME / 0.6``, faded towards the background."""

LineKind = Literal["skip", "link", "return", "edge", "path", "lane", "detail"]


@dataclass(frozen=True, kw_only=True)
class Solid:
    """An axis-aligned box.

    Attributes:
        low, high: Opposite corners, scene units.
        ink, top, front: Colours of the sides, the upper face and the face towards +Z.
        group: Scope path (or any name) of the node it hangs under; everything of one group is one mesh.
    """

    kind: str
    low: Point
    high: Point
    ink: Ink
    top: Ink = ""
    front: Ink = ""
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A ribbon that faces the hero camera.

    Attributes:
        points: (k, 3) scene units.
        width: Full width at the start; ``width_end`` at the end, the same if 0.
        ink_end: Colour at the end, the same as ``ink`` if empty.
        arrow: Length of an arrow head at the end, 0 for none.
        bead: Side of a square bead half-way (a projection on a skip), 0 for none.
        source, target: Layer ids that it joins, where it stands for edges of the graph.
    """

    kind: LineKind
    points: Points
    width: float
    ink: Ink
    width_end: float = 0.0
    ink_end: Ink = ""
    arrow: float = 0.0
    bead: float = 0.0
    source: str = ""
    target: str = ""
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Disc:
    """A small disc that faces the hero camera, with the sign of what happens where paths meet.

    Attributes:
        symbol: ``+``, ``×``, ``‖``, ``↑`` or empty.
        layer: Id of the layer that joins, if there is one.
    """

    center: Point
    radius: float
    symbol: str
    ink: Ink
    layer: str = ""
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class TextLine:
    """A line of a sign; ``size`` is the font size in scene units."""

    text: str
    size: float
    weight: int = 500
    ink: Ink = "fg"


@dataclass(frozen=True, kw_only=True)
class Sign:
    """An upright plate of text that faces the hero camera.

    Attributes:
        key: Unique name.
        center: World position of its centre.
        width, height: As measured.
        pad: Free border around the text.
        ground: Colour of the plate.
        bar: Share 0..1 of a bar under the text, None for no bar; of ``bar_length`` at 1, in ``bar_ink``.
        role: ``label`` for what names a layer or block, ``sign`` for others.
        layer: Id of the layer it names, if it names one.
    """

    key: str
    lines: tuple[TextLine, ...]
    center: Point
    width: float
    height: float
    pad: float = 0.0
    ground: Ink = "plate"
    align: Literal["left", "center"] = "center"
    bar: float | None = None
    bar_ink: Ink = "fg"
    bar_length: float = 0.0
    role: Literal["label", "sign"] = "label"
    layer: str = ""
    group: str = ""


LINE_HEIGHT = 1.24
"""Distance of lines, in font sizes."""
SPARE = 0.25
"""Of the largest size, added to a width: letters are drawn at whole pixels, a little wider than measured."""
BAR_ROOM = 0.8
"""Height of a sign's bar with the space above it, in sizes of the last line."""

Measure = Callable[[str, float, int], float]
"""(text, size, weight) to its width, in the unit of ``size``."""


def estimate_width(text: str, size: float, weight: int) -> float:
    """A rough width for use without fonts: Inter's letters are some 0.58 of the size wide."""
    return len(text) * size * (0.6 if weight >= 600 else 0.57)


def sign_size(
    lines: Sequence[TextLine], measure: Measure, *, pad: float = 0.0, bar_length: float = 0.0
) -> tuple[float, float]:
    """Width and height of a sign with these lines, and a bar if it has a length."""
    width = max([bar_length, *(measure(line.text, line.size, line.weight) for line in lines)])
    height = sum(line.size * LINE_HEIGHT for line in lines)
    if bar_length:
        height += BAR_ROOM * lines[-1].size
    spare = SPARE * max(line.size for line in lines)
    return width + spare + 2 * pad, height + 2 * pad
