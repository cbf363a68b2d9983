"""A tensor as a picture: which of its numbers stand where, and what a large one is reduced to.

A vector is a strip, a matrix a plate with a row for each output, a convolution a tile for each of its kernels: a row of
tiles for each output channel, a column for each input channel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.ir.graph import Layer
from nn2gltf.ir.json import JsonObject, without_empty

FloatArray = npt.NDArray[np.floating[Any]]

MOST_TILES = 1024
"""Kernels drawn as tiles of their own; of more, one plate holds them all."""
SIDE, LARGEST_SIDE = 512, 2048
"""Texels of a square plate on a side, and of the longer side of a narrow one of as many texels at most.

A larger tensor shows the number furthest from zero of each block.
"""
NARROW = 2.8
"""Tiles of several outputs share a row where the picture would be so many times taller than wide."""
LARGEST_KERNEL = 16
"""The last axis of a tensor of three axes is a kernel up to this length, else a row of a matrix."""


def are_weights(layers: Iterable[Layer]) -> bool:
    """Whether layers are tensors of a file of weights alone, which nobody ran."""
    kinds = {layer.kind for layer in layers}
    return kinds == {"weight"}


@dataclass(frozen=True, kw_only=True)
class TensorPicture:
    """Where the numbers of a tensor stand.

    Attributes:
        shape: Of the tensor.
        columns: Tiles in a row; a plate has one tile.
        count: Tiles.
        tile: (rows, columns) of texels in a tile, after reducing.
        kernel: (rows, columns) of the kernels that a plate is made of, (1, 1) where it is a matrix.
        pool: (rows, columns) of numbers that one texel stands for.
    """

    shape: tuple[int, ...]
    columns: int
    count: int
    tile: tuple[int, int]
    kernel: tuple[int, int] = (1, 1)
    pool: tuple[int, int] = (1, 1)

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-self.count // self.columns)

    @property
    def extent(self) -> tuple[int, int]:
        """(rows, columns) of numbers of the whole picture, before reducing."""
        if self.count > 1:
            return self.rows * self.tile[0], self.columns * self.tile[1]
        rows, columns, kernel = _axes(self.shape)
        return rows * kernel[0], columns * kernel[1]

    @property
    def pooled(self) -> bool:
        """Whether a texel stands for several numbers."""
        return self.pool != (1, 1)

    @property
    def texels(self) -> int:
        """Of all tiles."""
        return self.count * math.prod(self.tile)

    def to_json(self) -> JsonObject:
        """What finds the index of a texel (docs/scene-format.md, Weights)."""
        found: JsonObject = {"shape": list(self.shape)}
        return without_empty(
            {
                **found,
                "kernel": list(self.kernel) if self.kernel != (1, 1) else None,
                "pool": list(self.pool) if self.pooled else None,
            }
        )


def picture_of(shape: tuple[int, ...]) -> TensorPicture:
    """The picture of a tensor of that shape.

    >>> picture_of((16, 8, 5, 5)).tile, picture_of((16, 8, 5, 5)).count
    ((5, 5), 128)
    >>> picture_of((512, 512, 3, 3)).pool
    (3, 3)
    """
    rows, columns, kernel = _axes(shape)
    if kernel != (1, 1) and rows * columns <= MOST_TILES:
        across = _tiles_across(rows, columns, kernel)
        return TensorPicture(shape=shape, columns=across, count=rows * columns, tile=kernel)
    size = (rows * kernel[0], columns * kernel[1])
    room = (_room(size[1]), _room(size[0]))
    pool = tuple(_factor(n, k, most) for n, k, most in zip(size, kernel, room, strict=True))
    if pool != (1, 1):  # a kernel is never cut in half, nor reduced along one axis alone
        pool = tuple(max(p, k) for p, k in zip(pool, kernel, strict=True))
    tile = (-(-size[0] // pool[0]), -(-size[1] // pool[1]))
    return TensorPicture(shape=shape, columns=1, count=1, tile=tile, kernel=kernel, pool=(pool[0], pool[1]))


def _tiles_across(rows: int, columns: int, kernel: tuple[int, int]) -> int:
    """Tiles in a row: those of one output, or of as many as keep the picture from being a narrow strip."""
    if rows == 1:
        return math.ceil(math.sqrt(columns))

    def strain(outputs: int) -> float:
        return abs(math.log(-(-rows // outputs) * kernel[0] / (outputs * columns * kernel[1])))

    if rows * kernel[0] <= NARROW * columns * kernel[1]:
        return columns
    return columns * min(range(1, rows + 1), key=lambda outputs: (round(strain(outputs), 9), outputs))


def _axes(shape: tuple[int, ...]) -> tuple[int, int, tuple[int, int]]:
    """Rows and columns of kernels, and a kernel's own; axes of one in front say nothing."""
    inner = shape
    while len(inner) > 2 and inner[0] == 1:
        inner = inner[1:]
    if len(inner) < 2:
        return 1, math.prod(inner), (1, 1)
    if len(inner) == 2:
        return inner[0], inner[1], (1, 1)
    if len(inner) == 3 and inner[2] <= LARGEST_KERNEL:
        return inner[0], inner[1], (1, inner[2])
    if len(inner) == 3:
        return 1, inner[0], (inner[1], inner[2])
    return inner[0], math.prod(inner[1:-2]), (inner[-2], inner[-1])


def _room(other: int) -> int:
    """Texels on one side, given the numbers on the other."""
    return min(LARGEST_SIDE, max(SIDE, SIDE * SIDE // max(1, other)))


def _factor(size: int, kernel: int, most: int) -> int:
    """Numbers a texel stands for on one axis: 1, or whole kernels."""
    return 1 if size <= most else kernel * -(-(size // kernel) // most)


def draw_tensor(array: FloatArray, picture: TensorPicture) -> npt.NDArray[np.float32]:
    """(1, tiles, rows, columns) numbers of a tensor's picture; of each block the one furthest from zero.

    Args:
        array: Of the picture's shape.
    """
    rows, columns, kernel = _axes(picture.shape)
    values = np.asarray(array, dtype=np.float32).reshape(rows, columns, *kernel)
    if picture.kernel != kernel:
        return values.reshape(1, picture.count, *picture.tile)
    plate = values.swapaxes(1, 2).reshape(rows * kernel[0], columns * kernel[1])
    return strongest(plate, picture.pool)[None, None]


def strongest(plate: npt.NDArray[np.float32], pool: tuple[int, int]) -> npt.NDArray[np.float32]:
    """(rows, columns) numbers, of each block the one furthest from zero, the positive one of two; NaN where one is.

    >>> strongest(np.array([[1.0, -2.0, 0.5]], np.float32), (1, 2)).tolist()
    [[-2.0, 0.5]]
    """
    if pool == (1, 1):
        return plate
    starts = [np.arange(0, size, step) for size, step in zip(plate.shape, pool, strict=True)]
    high, low = (
        reduce.reduceat(reduce.reduceat(plate, starts[0], axis=0), starts[1], axis=1)
        for reduce in (np.maximum, np.minimum)
    )
    return np.where(-low > high, low, high)
