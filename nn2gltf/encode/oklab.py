"""Colour arithmetic: linear light, OKLab and CIELAB lightness, and smooth ramps through anchors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.encode.style import linear as linear_rgb

FloatArray = npt.NDArray[np.floating[Any]]

_TO_CONE = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.793617785, -0.0040720468],
        [1.9779984951, -2.428592205, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.808675766],
    ]
)
_LUMINANCE = np.array([0.2126729, 0.7151522, 0.072175])
SAMPLES = 4001


def srgb8(linear: FloatArray) -> npt.NDArray[np.uint8]:
    """Linear light to 8-bit sRGB, any shape."""
    clipped = np.clip(linear, 0.0, 1.0)
    encoded = np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)
    bytes_: npt.NDArray[np.uint8] = np.rint(encoded * 255).astype(np.uint8)
    return bytes_


def oklab(linear: FloatArray) -> FloatArray:
    """(n, 3) linear RGB to OKLab. Source: B. Ottosson, A perceptual color space for image processing (2020)."""
    lab: FloatArray = np.cbrt(linear @ _TO_CONE.T) @ _TO_OKLAB.T
    return lab


def linear_from_oklab(lab: FloatArray) -> FloatArray:
    """(n, 3) OKLab to linear RGB."""
    linear: FloatArray = ((lab @ np.linalg.inv(_TO_OKLAB).T) ** 3) @ np.linalg.inv(_TO_CONE).T
    return linear


def lightness(linear: FloatArray) -> FloatArray:
    """(n,) CIELAB L* of linear RGB, 0..100."""
    luminance = linear @ _LUMINANCE
    curved = np.where(luminance > 216 / 24389, np.cbrt(luminance), (24389 / 27 * luminance + 16) / 116)
    scaled: FloatArray = 116 * curved - 16
    return scaled


def ramp(anchors: Sequence[str], count: int, *, by: str) -> FloatArray:
    """(count, 3) linear RGB: a PCHIP curve through the anchors in OKLab, at equal steps of arc length or L*.

    Repeated neighbours among the anchors count once; a ramp of one colour is constant.
    """
    different = [a for a, before in zip(anchors, [None, *anchors[:-1]], strict=True) if a != before]
    points = oklab(np.array([linear_rgb(anchor) for anchor in different]))
    if len(points) == 1:
        return np.repeat(linear_from_oklab(points), count, axis=0)
    chord = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    where = np.linspace(0.0, chord[-1], SAMPLES)
    curve = np.stack([_pchip(chord, points[:, axis], where) for axis in range(3)], axis=1)
    linear = np.clip(linear_from_oklab(curve), 0.0, 1.0)
    if by == "arc":
        steps = np.linalg.norm(np.diff(oklab(linear), axis=0), axis=1)
        measure = np.concatenate([[0.0], np.cumsum(steps)])
    else:
        measure = lightness(linear)
    if measure[-1] < measure[0]:
        measure = measure.max() - measure
    rising = np.maximum.accumulate(measure)
    wanted = np.linspace(measure[0], measure[-1], count)
    return np.stack([np.interp(wanted, rising, linear[:, axis]) for axis in range(3)], axis=1)


def _pchip(x: FloatArray, y: FloatArray, where: FloatArray) -> FloatArray:
    """Monotone cubic Hermite interpolation. Source: Fritsch and Carlson (1980), with weighted harmonic slopes."""
    width = np.diff(x)
    slope = np.diff(y) / width
    tangent = _tangents(width, slope)
    index = np.clip(np.searchsorted(x, where, side="right") - 1, 0, len(x) - 2)
    t = (where - x[index]) / width[index]
    value: FloatArray = (
        (2 * t**3 - 3 * t**2 + 1) * y[index]
        + (t**3 - 2 * t**2 + t) * width[index] * tangent[index]
        + (3 * t**2 - 2 * t**3) * y[index + 1]
        + (t**3 - t**2) * width[index] * tangent[index + 1]
    )
    return value


def _tangents(width: FloatArray, slope: FloatArray) -> FloatArray:
    count = len(slope) + 1
    tangent = np.zeros(count)
    if count == 2:
        tangent[:] = slope[0]
        return tangent
    for i in range(1, count - 1):
        if slope[i - 1] * slope[i] > 0:
            a, b = 2 * width[i] + width[i - 1], width[i] + 2 * width[i - 1]
            tangent[i] = (a + b) / (a / slope[i - 1] + b / slope[i])
    tangent[0] = _end_tangent(width[0], width[1], slope[0], slope[1])
    tangent[-1] = _end_tangent(width[-1], width[-2], slope[-1], slope[-2])
    return tangent


def _end_tangent(near: float, far: float, slope: float, following: float) -> float:
    tangent = ((2 * near + far) * slope - near * following) / (near + far)
    if tangent * slope <= 0:
        return 0.0
    if slope * following <= 0 and abs(tangent) > 3 * abs(slope):
        return 3 * slope
    return tangent
