"""A picture in at most 256 colours, with a bound on what is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

MOST = 256
COMMON = 16
Bytes = npt.NDArray[np.uint8]


def reduce_colors(texels: Bytes) -> tuple[Bytes, Bytes, int]:
    """Choose colours of the picture so that the farthest of the others is as near as can be.

    The most common colours are kept as they are: a plate must not stand out from the ground it has the colour of.
    Each next colour is the one worst served so far, which is at most twice as bad as the best choice.

    Args:
        texels: (height, width, 3) sRGB.

    Returns:
        (height, width) indices, (n, 3) palette, n <= 256, and the largest change of a channel, 0 if exact.

    Source: Gonzalez (1985), farthest-first traversal.
    """
    numbers = texels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    seen = np.zeros(1 << 24, bool)
    seen[numbers.ravel()] = True
    used = np.flatnonzero(seen)
    colors = np.stack([used >> 16, used >> 8 & 255, used & 255], axis=1)
    chosen, nearest = _farthest_first(colors, np.searchsorted(used, _most_common(numbers)))
    lookup = np.zeros(1 << 24, np.uint8)
    lookup[used] = nearest
    table = colors[chosen]
    error = int(np.abs(table[nearest] - colors).max())
    return lookup[numbers], table.astype(np.uint8), error


def _most_common(numbers: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """The colours that most texels have, the first one the most common; every seventh texel is counted."""
    values, counts = np.unique(numbers.ravel()[::7], return_counts=True)
    return values[np.argsort(-counts, kind="stable")[:COMMON]]


def _farthest_first(
    colors: npt.NDArray[Any], seeds: npt.NDArray[np.intp]
) -> tuple[list[int], npt.NDArray[np.intp]]:
    """Indices of the chosen colours, the seeds first, and for every colour which of them is nearest."""
    chosen = [int(seed) for seed in seeds]
    away = np.abs(colors[:, None] - colors[chosen][None]).max(axis=2)
    nearest, distance = away.argmin(axis=1), away.min(axis=1)
    while len(chosen) < min(MOST, len(colors)) and distance.any():
        chosen.append(int(distance.argmax()))
        here = np.abs(colors - colors[chosen[-1]]).max(axis=1)
        closer = here < distance
        nearest[closer] = len(chosen) - 1
        distance = np.where(closer, here, distance)
    return chosen, nearest
