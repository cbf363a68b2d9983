"""One atlas for all text: plates packed on shelves, equal ones stored once."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from nn2gltf.encode.few_colors import reduce_colors
from nn2gltf.errors import LimitError

WIDTH, LIMIT = 2048, 4096
"""Width in texels, unless a plate is wider or the atlas would be too high; and the most of both."""
GUTTER = 4
"""Texels around each plate that repeat its edge, so that smaller mipmap levels stay clean."""
VISIBLE = 6
"""A palette is used if no channel of no texel moves by more, of 255."""
COMPRESS_LEVEL = 6

Rect = tuple[float, float, float, float]
Size = tuple[int, int]


@dataclass
class _Shelf:
    """A row of plates: ``used`` texels of its width are taken."""

    top: int
    height: int
    used: int = 0


def pack_atlas(plates: Mapping[str, Image.Image]) -> tuple[bytes, dict[str, Rect]]:
    """Pack plates into one PNG.

    Args:
        plates: Key to RGB image.

    Returns:
        The PNG, and key to (u0, v0, u1, v1) with v growing downwards.

    Raises:
        LimitError: The plates do not fit 4096 x 4096 texels.
    """
    unique: dict[tuple[Size, bytes], int] = {}
    pictures: list[Image.Image] = []
    owner: dict[str, int] = {}
    for key, plate in plates.items():
        rgb = plate.convert("RGB")
        index = unique.setdefault((rgb.size, rgb.tobytes()), len(pictures))
        if index == len(pictures):
            pictures.append(rgb)
        owner[key] = index
    spots, (width, height) = place_rectangles([picture.size for picture in pictures])
    ground = pictures[0].getpixel((0, 0)) if pictures else 0
    texels = np.full((height, width, 3), ground, np.uint8)
    for picture, (x, y) in zip(pictures, spots, strict=True):
        block = np.pad(np.asarray(picture), ((GUTTER, GUTTER), (GUTTER, GUTTER), (0, 0)), mode="edge")
        texels[y - GUTTER : y - GUTTER + block.shape[0], x - GUTTER : x - GUTTER + block.shape[1]] = block
    rects = {key: _rect(spots[i], pictures[i].size, (width, height)) for key, i in owner.items()}
    return _png(texels), rects


def place_rectangles(sizes: list[Size]) -> tuple[list[tuple[int, int]], Size]:
    """Places rectangles on shelves, the highest first, each on the first shelf with room.

    Args:
        sizes: (width, height) in texels, without gutter.

    Returns:
        Top left corners in the given order, gutter around them free, and the atlas's size.

    Raises:
        LimitError: They do not fit 4096 x 4096 texels.
    """
    widest = max((width for width, _ in sizes), default=0) + 2 * GUTTER
    for width in (max(WIDTH, widest), LIMIT):
        spots, height = _fill_shelves(sizes, width)
        if widest <= width <= LIMIT and height <= LIMIT:
            return spots, (width, max(1, height))
    raise LimitError(
        f"the labels need {max(widest, LIMIT)} x {height} texels, the limit is {LIMIT} a side",
        hint="Draw fewer layers or steps.",
    )


def _fill_shelves(sizes: list[Size], limit: int) -> tuple[list[tuple[int, int]], int]:
    spots = [(0, 0)] * len(sizes)
    shelves: list[_Shelf] = []
    for index in sorted(range(len(sizes)), key=lambda i: (-sizes[i][1], -sizes[i][0], i)):
        wide, tall = (side + 2 * GUTTER for side in sizes[index])
        shelf = next((s for s in shelves if s.used + wide <= limit), None)
        if shelf is None:
            top = shelves[-1].top + shelves[-1].height if shelves else 0
            shelf = _Shelf(top=top, height=tall)
            shelves.append(shelf)
        spots[index] = (shelf.used + GUTTER, shelf.top + GUTTER)
        shelf.used += wide
    return spots, shelves[-1].top + shelves[-1].height if shelves else 0


def _rect(spot: tuple[int, int], size: Size, atlas: Size) -> Rect:
    (x, y), (wide, tall), (width, height) = spot, size, atlas
    return x / width, y / height, (x + wide) / width, (y + tall) / height


def _png(texels: npt.NDArray[Any]) -> bytes:
    """A palette PNG where no eye sees the difference, else a true-colour one."""
    codes, table, error = reduce_colors(texels)
    image = Image.fromarray(codes) if error <= VISIBLE else Image.fromarray(texels)
    if error <= VISIBLE:
        image.putpalette(table.tobytes())
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=COMPRESS_LEVEL)
    return stream.getvalue()
