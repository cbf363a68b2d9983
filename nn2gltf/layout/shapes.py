"""Shapes as layouts see them: maps, vectors and their sizes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from nn2gltf.ir.graph import Layer
from nn2gltf.ir.shapes import channels_first

Maps = tuple[int, int, int]


def map_shape(layer: Layer) -> Maps | None:
    """Channels, rows and columns of a tensor of maps; depth counts as channels. None for vectors and others."""
    shape = channels_first(layer)
    if len(shape) == 4:
        shape = (shape[0] * shape[1], *shape[2:])
    if len(shape) != 3 or math.prod(shape) == 0 or shape[1] * shape[2] == 1:
        return None
    return shape[0], shape[1], shape[2]


def face_shape(layer: Layer) -> Maps:
    """The tensor as channels of maps: tokens are the rows of one map, a vector is folded to a tall one."""
    maps = map_shape(layer)
    if maps:
        return maps
    shape = layer.outputs[0].shape if layer.outputs else ()
    inner = [n for n in shape[1:] if n > 1] or [n for n in shape if n > 1] or [1]
    if len(inner) == 1:
        columns = max(1, math.isqrt(inner[0] // 2))
        return 1, -(-inner[0] // columns), columns
    return math.prod(inner[:-2]), inner[-2], inner[-1]


def amount(shape: tuple[int, ...]) -> float:
    """Square root of the count of numbers."""
    return math.sqrt(max(1, math.prod(shape)))


@dataclass(frozen=True)
class SizeLaw:
    """Panel side = factor * amount ** exponent, for a whole scene (LAYOUTS.md, Terraces 1)."""

    factor: float
    exponent: float

    @classmethod
    def over(
        cls, amounts: Iterable[float], *, largest: float, ratio: float = 1.9, most: float = 1.0
    ) -> SizeLaw:
        """The law that draws the largest amount ``largest`` wide and the smallest at most ``ratio`` times smaller."""
        values = list(amounts) or [1.0]
        high, low = max(values), max(1.0, min(values))
        spread = math.log(high / low)
        exponent = min(most, math.log(ratio) / spread) if spread > 1e-9 else most
        return cls(largest / high**exponent, exponent)

    def side(self, shape: tuple[int, ...]) -> float:
        """Geometric mean of a panel's width and height, scene units."""
        return float(self.factor * amount(shape) ** self.exponent)
