"""How tiles share a page: cells of a layer in columns, blocks of steps on a grid."""

from __future__ import annotations

import math

PAGE_LIMIT = 4096
"""Pixels of a page on a side at most: what every device can load as a texture."""


def gutter_of(height: int, width: int) -> int:
    """Texels that repeat the edge of a tile; a tile of one texel needs none."""
    return 0 if height == width == 1 else 1


def tile_columns(count: int, height: int, width: int) -> int:
    """Columns of a layer's block of ``count`` tiles, gutter included in their size."""
    return max(1, min(count, PAGE_LIMIT // width, round(math.sqrt(count * height / width))))


def steps_across(width: int, height: int, steps: int) -> int:
    """Columns of the grid of steps, each ``width`` x ``height``: nearly square, wider where it would be too tall."""
    most = max(1, min(steps, PAGE_LIMIT // width))
    across = max(1, min(most, round(math.sqrt(steps * height / width))))
    return across if -(-steps // across) * height <= PAGE_LIMIT else most


def grid_fits(width: int, height: int, steps: int) -> bool:
    """Whether the blocks of all steps fit one page."""
    across = steps_across(width, height, steps)
    return across * width <= PAGE_LIMIT and -(-steps // across) * height <= PAGE_LIMIT


def tiles_fit(count: int, height: int, width: int, steps: int) -> bool:
    """Whether all steps of a layer of ``count`` tiles fit one page."""
    gutter = gutter_of(height, width)
    tall, wide = height + 2 * gutter, width + 2 * gutter
    columns = tile_columns(count, tall, wide)
    return grid_fits(columns * wide, -(-count // columns) * tall, steps)
