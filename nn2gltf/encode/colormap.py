"""Colour maps: 256-entry tables from a style's anchors, and values as codes.

Codes 0..254 are values over a layer's fixed range, 255 is not finite (docs/scene-format.md).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nn2gltf.encode.oklab import ramp, srgb8
from nn2gltf.encode.style import MapTokens, Style, rgb8
from nn2gltf.encode.value_range import Range, robust_range
from nn2gltf.errors import EncodingError, safe

ByteArray = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.floating[Any]]
Color = tuple[int, int, int]
Kind = Literal["sequential", "diverging", "input"]

LAST_CODE = 254
NOT_FINITE_CODE = 255
NO_REMAINDER = 127
INPUT_NOT_FINITE = "#e400c0"
"""Every grey is taken by true pixels, so what is not finite there has a colour that no style uses."""

__all__ = ["Kind", "Range", "dequantize", "palette", "quantize", "quantize_coarsely", "robust_range"]


def palette(style: Style, kind: str) -> ByteArray:
    """Table of one of a style's maps: ``sequential``, ``diverging`` or ``input`` (greys: pixels as they are).

    Returns:
        (256, 3) sRGB, read-only, all entries different; the last is not finite.

    Raises:
        EncodingError: There is no such map.
    """
    tables = _tables(style.maps)
    if kind not in tables:
        hint = f"Known maps: {', '.join(tables)}."
        raise EncodingError(f"unknown colour map {safe(kind)!r}", code="E_UNKNOWN_NAME", hint=hint)
    return tables[kind]


@lru_cache(maxsize=64)
def _tables(maps: MapTokens) -> dict[str, ByteArray]:
    up, two = maps.sequential, maps.diverging
    arms = [ramp(anchors, 128, by=two.by) for anchors in (two.negative, two.positive)]
    grey = np.rint(np.arange(255) * 255 / LAST_CODE).astype(np.uint8)
    return {
        "sequential": _table(srgb8(ramp(up.anchors, 255, by=up.by)), maps.not_finite),
        "diverging": _table(srgb8(np.concatenate([arms[0][::-1], arms[1][1:]])), maps.not_finite),
        "input": _table(np.repeat(grey[:, None], 3, axis=1), INPUT_NOT_FINITE),
    }


def _table(colors: ByteArray, not_finite: str) -> ByteArray:
    """255 colours and the one for what is not finite, made different and read-only."""
    table = _distinct(np.concatenate([colors, np.array([rgb8(not_finite)], np.uint8)]))
    table.flags.writeable = False
    return table


def _distinct(colors: ByteArray) -> ByteArray:
    """Nudge a repeated 8-bit colour by as little as possible, so that re-encoders never merge palette entries.

    A step of blue, then red, then green in the direction in which the map is going, before anything else.
    """
    table: list[Color] = [(int(r), int(g), int(b)) for r, g, b in colors]
    taken: set[Color] = set()
    for index, color in enumerate(table):
        if color in taken:
            rising = sum(table[min(index + 3, LAST_CODE)]) >= sum(table[max(index - 3, 0)])
            table[index] = _free_neighbor(color, 1 if rising else -1, taken)
        taken.add(table[index])
    return np.array(table, np.uint8)


def _free_neighbor(color: Color, sign: int, taken: set[Color]) -> Color:
    red, green, blue = color
    candidates = ((red + r, green + g, blue + b) for r, g, b in _nudges(sign))
    return next(c for c in candidates if c not in taken and min(c) >= 0 and max(c) <= 255)


@lru_cache(maxsize=2)
def _nudges(sign: int) -> list[Color]:
    """Small steps, the preferred first; even in a corner of the cube there are 8³ of them, more than colours."""
    reach = range(-7, 8)
    steps = product(reach, reach, reach)
    return [
        (0, 0, sign),
        (sign, 0, sign),
        (sign, sign, sign),
        *sorted(steps, key=lambda s: (sum(map(abs, s)), -sign * sum(s), s)),
    ]


def quantize(values: FloatArray, low: float, high: float) -> tuple[ByteArray, ByteArray]:
    """Values to codes and remainders of the same shape; :func:`dequantize` is the way back.

    Values beyond the range take its ends, NaN and infinities code 255 with remainder 127.

    Raises:
        EncodingError: The range is not finite or upside down.

    >>> quantize(np.array([-1.0, 0.0, 1.0, np.nan]), -1.0, 1.0)[0].tolist()
    [0, 127, 254, 255]
    """
    share, finite = _shares(values, low, high)
    code = np.rint(share)
    remainder = np.rint((share - code) * LAST_CODE) + NO_REMAINDER
    return _codes(code, finite), np.where(finite, remainder, NO_REMAINDER).astype(np.uint8)


def quantize_coarsely(values: FloatArray, low: float, high: float) -> ByteArray:
    """The codes of :func:`quantize` without the remainders."""
    share, finite = _shares(values, low, high)
    return _codes(np.rint(share, out=share), finite)


def _codes(code: npt.NDArray[np.float64], finite: npt.NDArray[np.bool_]) -> ByteArray:
    return (code if finite.all() else np.where(finite, code, NOT_FINITE_CODE)).astype(np.uint8)


def _shares(
    values: FloatArray, low: float, high: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Place in the range times 254, and which values are finite."""
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise EncodingError(f"the range {low} to {high} has no inside")
    finite = np.isfinite(values)
    share = (values if finite.all() else np.where(finite, values, low)).astype(np.float64)
    share -= low
    share = share / (high - low) if high > low else np.sign(share)
    np.clip(share, 0.0, 1.0, out=share)
    share *= LAST_CODE
    return share, finite


def dequantize(
    codes: ByteArray, remainders: ByteArray | None, low: float, high: float
) -> npt.NDArray[np.float64]:
    """Codes back to values, NaN where not finite; without remainders the middle of each code."""
    rest = 0.0 if remainders is None else (remainders.astype(np.float64) - NO_REMAINDER) / LAST_CODE
    values = low + (high - low) * (codes.astype(np.float64) + rest) / LAST_CODE
    return np.where(codes == NOT_FINITE_CODE, np.nan, values)
