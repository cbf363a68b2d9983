"""The order of maps in a ranked mosaic: strong and different ones first."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.ir.recording import FloatArray

LEADERS = 9
CANDIDATES = 240
LIMITS = (0.6, 0.75, 0.9, 2.0)
"""Maps correlated above the first limit with one already chosen are passed over, then above the next, and so on."""


def rank_channels(values: FloatArray) -> npt.NDArray[np.int64]:
    """(channels,) indices by spatial standard deviation, nine different leaders first (LAYOUTS.md, Terraces 2).

    Args:
        values: (probes, channels, rows, columns); the strength is the mean over the probes.
    """
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    flat = finite.reshape(*finite.shape[:2], -1)
    order = np.argsort(-flat.std(axis=2).mean(axis=0), kind="stable")
    leaders = _different(flat[0], order[:CANDIDATES])
    chosen = set(leaders)
    return np.array([*leaders, *(int(i) for i in order if int(i) not in chosen)], np.int64)


def _different(maps: npt.NDArray[Any], candidates: npt.NDArray[np.int64]) -> list[int]:
    centred = maps[candidates] - maps[candidates].mean(axis=1, keepdims=True)
    unit = centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9)
    alike = np.abs(unit @ unit.T)
    chosen: list[int] = []
    for limit in LIMITS:
        for index in range(len(candidates)):
            if len(chosen) == LEADERS:
                return [int(candidates[i]) for i in chosen]
            if index not in chosen and all(alike[index, other] < limit for other in chosen):
                chosen.append(index)
    return [int(candidates[i]) for i in chosen]
