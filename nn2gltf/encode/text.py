"""Text: measured, shortened, wrapped, and drawn onto opaque plates.

Sizes are in scene units; ``texels_per_unit`` turns them into pixels. Letters that the bundled font lacks come
from an installed font, or are shown as their code point.
"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from nn2gltf.encode.typeface import font_for, load_font, shapes_text
from nn2gltf.errors import safe

LINE_HEIGHT = 1.24
ASCENT = 0.97
"""Baseline below the top of a line, in font sizes."""
REFERENCE_PIXELS = 64
"""Size at which text is measured."""
UNKNOWN_SIGN = "□"
"""Shown for what ``safe`` took out."""
DIGITS = frozenset("0123456789")
Align = Literal["left", "center", "right"]
Font = ImageFont.FreeTypeFont


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a plate.

    Attributes:
        size: Font size, scene units.
        weight: 400 to 700; others take the nearest.
        color: ``#rrggbb``.
        tabular: Digits of equal width, so that a counter does not shake.
        align: Otherwise than its plate.
    """

    text: str
    size: float
    weight: int = 500
    color: str = "#ffffff"
    tabular: bool = False
    align: Align | None = None


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """Letters of one font; ``x`` and ``width`` in pixels."""

    text: str
    font: Font
    x: float
    features: tuple[str, ...] = ()


def measure_text(text: str, *, size: float, weight: int = 500, tabular: bool = False) -> float:
    """Width of a line, in the unit of ``size``.

    >>> measure_text("conv1", size=2.0) == 2 * measure_text("conv1", size=1.0)
    True
    """
    line = Line(text=text, size=size, weight=weight, tabular=tabular)
    return size * _lay_out(line, REFERENCE_PIXELS)[1] / REFERENCE_PIXELS


def shorten_text(text: str, *, width: float, size: float, weight: int = 500) -> str:
    """The text, or as much of it as fits ``width`` together with an ellipsis.

    >>> shorten_text("features.denseblock4.conv2", width=10, size=1)
    'features.denseblo…'
    """
    clean = _shown(text)
    if measure_text(clean, size=size, weight=weight) <= width:
        return clean
    count = bisect_right(range(len(clean)), width, key=lambda n: _cut_width(clean, n, size, weight))
    return _cut(clean, max(0, count - 1))


def wrap_text(text: str, *, width: float, size: float, weight: int = 500) -> list[str]:
    """Lines no wider than ``width``, broken at spaces; a longer word is shortened.

    >>> wrap_text("pooled to 64 Mpx", width=5, size=1)
    ['pooled to', '64 Mpx']
    """
    lines: list[str] = []
    for word in _shown(text).split():
        longer = f"{lines[-1]} {word}" if lines else ""
        if lines and measure_text(longer, size=size, weight=weight) <= width:
            lines[-1] = longer
        else:
            lines.append(shorten_text(word, width=width, size=size, weight=weight))
    return lines


def render_plate(
    lines: Sequence[Line],
    *,
    texels_per_unit: float,
    pad: float,
    background: str,
    align: Align = "center",
) -> Image.Image:
    """Draw lines below each other on an opaque ground.

    Args:
        pad: Free border, scene units.
        align: Of lines that do not say otherwise.

    Returns:
        An RGB image just large enough.
    """
    border = round(pad * texels_per_unit)
    sizes = [max(1, round(line.size * texels_per_unit)) for line in lines]
    laid_out = [_lay_out(line, pixels) for line, pixels in zip(lines, sizes, strict=True)]
    width = max(1, math.ceil(max((across for _, across in laid_out), default=0.0)))
    height = max(1, sum(_line_height(pixels) for pixels in sizes))
    image = Image.new("RGB", (width + 2 * border, height + 2 * border), background)
    draw, y = ImageDraw.Draw(image), border
    for line, pixels, (pieces, across) in zip(lines, sizes, laid_out, strict=True):
        left = border + _indent(line.align or align, width - across)
        for piece in pieces:
            spot = (left + piece.x, y + round(pixels * ASCENT))
            features = list(piece.features) or None
            draw.text(spot, piece.text, font=piece.font, fill=line.color, anchor="ls", features=features)
        y += _line_height(pixels)
    return image


def _line_height(pixels: int) -> int:
    return round(pixels * LINE_HEIGHT)


def _indent(align: Align, room: float) -> float:
    return {"left": 0.0, "center": room / 2, "right": room}[align]


def _shown(text: str) -> str:
    """Text as it is drawn: one line, composed letters, a sign for what is not safe to show."""
    return safe(unicodedata.normalize("NFC", text)).replace("\ufffd", UNKNOWN_SIGN)


def _lay_out(line: Line, pixels: int) -> tuple[list[_Piece], float]:
    """Pieces of a line side by side, and their width in pixels."""
    pieces, x = [], 0.0
    for text, font in _runs(_shown(line.text), line.weight, pixels):
        for part, features, lead, advance in _parts(text, font, tabular=line.tabular):
            pieces.append(_Piece(text=part, font=font, x=x + lead, features=features))
            x += advance
    return pieces, x


def _runs(text: str, weight: int, pixels: int) -> Iterator[tuple[str, Font]]:
    """Longest pieces of text that one font draws."""
    drawn = [(character, font_for(character, weight, pixels)) for character in text]
    main = load_font(weight, pixels)
    known = [(c, font) if font else (f"[U+{ord(c):04X}]", main) for c, font in drawn]
    for _, run in groupby(known, key=lambda item: id(item[1])):
        letters = list(run)
        yield "".join(letter for letter, _ in letters), letters[0][1]


def _parts(text: str, font: Font, *, tabular: bool) -> Iterator[tuple[str, tuple[str, ...], float, float]]:
    """Text, font features, space before, and advance; without a layout engine digits are placed by hand."""
    if not tabular or shapes_text():
        features = ("tnum",) if tabular else ()
        yield text, features, 0.0, float(font.getlength(text, features=list(features) or None))
        return
    cell = max(float(font.getlength(digit)) for digit in DIGITS)
    for is_digit, run in groupby(text, key=DIGITS.__contains__):
        for part in run if is_digit else ["".join(run)]:
            width = float(font.getlength(part))
            advance = cell if is_digit else width
            yield part, (), (advance - width) / 2, advance


def _cut(text: str, count: int) -> str:
    return text[:count].rstrip() + "…"


def _cut_width(text: str, count: int, size: float, weight: int) -> float:
    return measure_text(_cut(text, count), size=size, weight=weight)


__all__ = ["Align", "Line", "load_font", "measure_text", "render_plate", "shorten_text", "wrap_text"]
