"""Mosaics: where the tiles of a tensor of maps lie on a panel (LAYOUTS.md, Terraces 2)."""

from __future__ import annotations

import math

import numpy as np

from nn2gltf.ir.furniture import Points

PLAIN_TILE = 28.0
"""A plain grid where a tile would be at least so wide, scene units."""
FEWEST_RANKED = 17


def is_plain(count: int, side: float, *, least: float = PLAIN_TILE) -> bool:
    """Whether all tiles are equal: they are large enough, or few."""
    return count < FEWEST_RANKED or side / math.ceil(math.sqrt(count)) >= least


def mosaic_rects(count: int, width: float, height: float, *, plain: bool) -> Points:
    """(count, 4) centre x, y, width and height of the tiles around the panel's centre, the largest first.

    The strongest map takes a quarter of the panel, the next eight an eighth of its sides each, all others the last
    quarter; or all are equal.
    """
    unit = _plain(count) if plain else _ranked(count)
    rects = np.empty_like(unit)
    rects[:, 0] = (unit[:, 0] + unit[:, 2] / 2 - 0.5) * width
    rects[:, 1] = (0.5 - unit[:, 1] - unit[:, 3] / 2) * height
    rects[:, 2:] = unit[:, 2:] * np.array([width, height])
    return rects


def _plain(count: int) -> Points:
    columns = math.ceil(math.sqrt(count))
    rows = -(-count // columns)
    index = np.arange(count)
    gap = 0.10 if count > 1 else 0.0
    cell = np.array([1 / columns, 1 / rows])
    corner = np.stack([index % columns, index // columns], axis=1) * cell + cell * gap / 2
    size = np.tile(cell * (1 - gap), (count, 1))
    return np.concatenate([corner, size], axis=1)


def _ranked(count: int) -> Points:
    gap = 0.012
    half, quarter = 0.5 - gap / 2, 0.25 - gap * 0.75
    rects = [(0.0, 0.0, half, half)]
    for left, top in ((0.5 + gap / 2, 0.0), (0.0, 0.5 + gap / 2)):
        rects += [(left + (q % 2) * 0.25, top + (q // 2) * 0.25, quarter, quarter) for q in range(4)]
    rest = count - len(rects)
    across = math.ceil(math.sqrt(rest))
    pitch = half / across
    index = np.arange(rest)
    corner = 0.5 + gap / 2 + np.stack([index % across, index // across], axis=1) * pitch + 0.025 * pitch
    small = np.concatenate([corner, np.full((rest, 2), pitch * 0.95)], axis=1)
    return np.concatenate([np.array(rects), small])
