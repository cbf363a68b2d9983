"""Styles: complete looks as data, one JSON file each; a user's own style is the same kind of file.

Source: docs/styles.md explains every token.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, NewType

from nn2gltf.encode.style_file import build_tokens, file_name, overlay, read_style_object, style_error
from nn2gltf.errors import UsageError, safe

Words = NewType("Words", str)
"""Free text, where a plain ``str`` token is a colour."""
Spacing = Literal["arc", "lightness"]


@dataclass(frozen=True, kw_only=True)
class StructureTokens:
    """Colours of what is not data.

    Attributes:
        stages: Two or more, one per resolution stage, first to last; also its sign, arcs and edge line.
        neutral: Boxes and lines that belong to no stage.
        frame: Rim of a tile; ``frame_photo`` that of the input picture.
        ground: Grout between the tiles of a mosaic.
        back: Back side of panels.
        tray: Plate behind unit grids and class bars, so that zero units show.
        plinth: Foot under a layer, side and top.
        patch: Kernel window; ``track`` the groove of a bar; ``bead`` and ``mark`` a joint and the sign on it.
    """

    stages: tuple[str, ...]
    neutral: str
    frame: str
    frame_photo: str
    ground: str
    back: str
    tray: str
    plinth: str
    plinth_top: str
    patch: str
    track: str
    bead: str
    mark: str


@dataclass(frozen=True, kw_only=True)
class RibbonTokens:
    """Lines.

    Attributes:
        positive: Colour by sign, as ``negative``; ``neutral`` where there is none.
        casing: Colour of two strips beside every line, coplanar with it; None: lines are of middle luminance instead.
        grow: Width of the casing, scene units.
        floor: Share of the full colour left at magnitude 0; the rest fades to the casing.
        hollow: Negative lines are two rails with a casing-coloured core.
    """

    positive: str
    negative: str
    neutral: str
    casing: str | None
    grow: float
    floor: float
    hollow: bool


@dataclass(frozen=True, kw_only=True)
class TextTokens:
    """Plates: ground, text, dim text; ``weight_step`` is added to font weights, ``pad`` is in texels."""

    plate: str
    fg: str
    dim: str
    weight_step: int
    pad: int


@dataclass(frozen=True, kw_only=True)
class AccentTokens:
    """The one accent: ``fill`` of a plate, ``on`` for text on it, ``line`` for strokes and large accent text."""

    fill: str
    on: str
    line: str


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """A sequential map: anchors from zero to large, at equal steps of arc length or of lightness."""

    by: Spacing
    anchors: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TwoRamps:
    """A diverging map: two arms from zero outwards that share their first anchor."""

    by: Spacing
    negative: tuple[str, ...]
    positive: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MapTokens:
    """Colour maps of data; ``not_finite`` is the colour of NaN and infinities."""

    sequential: Ramp
    diverging: TwoRamps
    not_finite: str


@dataclass(frozen=True, kw_only=True)
class MaterialTokens:
    """Surfaces; ``unit_base`` + ``unit_emission`` is at most 1, so that no body outshines its colour."""

    structure_unlit: bool
    roughness: float
    unit_emission: float
    unit_base: float
    unit_metallic: float
    unit_roughness: float


@dataclass(frozen=True, kw_only=True)
class FloorTokens:
    """What the scene stands on or before.

    Attributes:
        kind: ``slab``, a box under the scene, or ``sheet``, a one-sided page behind it, square to the hero camera.
        minor: Colour of a sheet's fine grid; ``major`` of its coarse grid, ``border`` of its rim.
    """

    kind: Literal["slab", "sheet"]
    color: str
    unlit: bool
    minor: str | None = None
    major: str | None = None
    border: str | None = None


@dataclass(frozen=True, kw_only=True)
class Style:
    """A complete look; colours are ``#rrggbb`` in sRGB, input pictures keep their true pixels in all of them.

    Attributes:
        purpose: What the style is for (JSON: ``for``).
        assumes: Background it is drawn for; the file itself has none.
    """

    name: Words
    purpose: Words = field(metadata={"json": "for"})
    assumes: Words
    background: str
    structure: StructureTokens
    ribbon: RibbonTokens
    text: TextTokens
    accent: AccentTokens
    maps: MapTokens
    material: MaterialTokens
    floor: FloorTokens | None
    schema: Literal[1] = 1


@lru_cache(maxsize=1)
def style_names() -> tuple[str, ...]:
    """Names of the styles that come with nn2gltf, sorted."""
    return tuple(
        sorted(p.name.removesuffix(".json") for p in _folder().iterdir() if p.name.endswith(".json"))
    )


def load_style(name: str | os.PathLike[str]) -> Style:
    """Load a style by name, or a user's own by path (anything with a suffix or a separator).

    Raises:
        UsageError: The name is unknown (the message lists the known ones).
        EncodingError: A token is missing, unknown or wrong (E_STYLE; the message names it).
        InputMissingError: The file does not exist.

    >>> load_style("stage").text.plate
    '#0b0e14'
    """
    if isinstance(name, str):
        if name in style_names():
            return _shipped(name)
        if not name or not set("./\\") & set(name):
            hint = f"Known styles: {', '.join(style_names())}; or give the path of a style file."
            raise UsageError(f"unknown style {safe(name)!r}", code="E_UNKNOWN_NAME", hint=hint)
    data, where = read_style_object(name), safe(os.fspath(name))
    return _checked(build_tokens(Style, {"name": file_name(name), **_on_base(data, where)}, file=where))


def _on_base(data: dict[str, Any], where: str) -> dict[str, Any]:
    """All tokens of a file that names a shipped style as its ``base`` and says only what differs."""
    base = data.pop("base", None)
    if base is None:
        return data
    if base not in style_names():
        hint = f"Known styles: {', '.join(style_names())}."
        raise style_error(
            f"the style's base {safe(base)!r} does not come with nn2gltf", where=where, hint=hint
        )
    shipped = json.loads((_folder() / f"{base}.json").read_text("utf-8"))
    del shipped["name"]
    return overlay(shipped, data)


def rgb8(color: str) -> tuple[int, int, int]:
    """Bytes of ``#rrggbb``.

    >>> rgb8("#0b0e14")
    (11, 14, 20)
    """
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue


def linear(color: str) -> tuple[float, float, float]:
    """Linear-light RGB, 0..1, of ``#rrggbb``. Source: IEC 61966-2-1.

    >>> linear("#ffffff")
    (1.0, 1.0, 1.0)
    """
    red, green, blue = (_decode(byte / 255) for byte in rgb8(color))
    return red, green, blue


def _decode(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _folder() -> Traversable:
    return files("nn2gltf") / "encode" / "styles"


@lru_cache(maxsize=16)
def _shipped(name: str) -> Style:
    data = json.loads((_folder() / f"{name}.json").read_text("utf-8"))
    return _checked(build_tokens(Style, data, file=name))


def _checked(style: Style) -> Style:
    """The style, if its tokens fit each other."""
    two, material, ribbon = style.maps.diverging, style.material, style.ribbon
    shares = {f"material.{k}": v for k, v in vars(material).items() if isinstance(v, float)}
    shares |= {"ribbon.floor": ribbon.floor, "material.unit_base + material.unit_emission": _total(material)}
    problems = {f"{path} is not between 0 and 1": not 0 <= value <= 1 for path, value in shares.items()}
    problems |= {
        "structure.stages has fewer than two colours": len(style.structure.stages) < 2,
        "maps.sequential.anchors has fewer than two colours": len(style.maps.sequential.anchors) < 2,
        "maps.diverging has an arm of fewer than two colours": min(len(two.negative), len(two.positive)) < 2,
        "maps.diverging arms do not share their first colour": two.negative[0] != two.positive[0],
        "ribbon.grow is negative": ribbon.grow < 0,
        "ribbon.hollow needs a ribbon.casing": ribbon.hollow and ribbon.casing is None,
        "text.pad is not between 0 and 200": not 0 <= style.text.pad <= 200,
        "text.weight_step is not between -300 and 300": not -300 <= style.text.weight_step <= 300,
        "floor.kind sheet needs floor.minor, floor.major and floor.border": _bare_sheet(style.floor),
    }
    found = next((problem for problem, present in problems.items() if present), None)
    if found:
        raise style_error(f"the style's {found}", where=style.name, hint="docs/styles.md lists the tokens.")
    return style


def _total(material: MaterialTokens) -> float:
    return round(material.unit_base + material.unit_emission, 9)


def _bare_sheet(floor: FloorTokens | None) -> bool:
    return floor is not None and floor.kind == "sheet" and None in (floor.minor, floor.major, floor.border)
