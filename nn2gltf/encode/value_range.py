"""The fixed colour range of a layer, from all its values, read once and chunk by chunk (VISUAL: principle 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]

LOW_QUANTILE, HIGH_QUANTILE = 0.005, 0.995
EXACT_COUNT = 4_000_000
"""Up to so many finite values percentiles are exact; above they are the outer ends of histogram bins."""
DROPPED_BITS = 12
"""A bin holds the float32 magnitudes that agree but for so many bits: it is 2^-11 of its value wide."""
SIDE_BINS = 1 << (31 - DROPPED_BITS)


@dataclass(frozen=True, kw_only=True)
class Range:
    """Fixed colour range of one layer and what lies outside it.

    Attributes:
        low, high: Ends of the range, float32 numbers; zero lies inside.
        minimum, maximum: True extremes of the finite values.
        below, above: How many values lie beyond the ends, exactly.
        not_finite: How many are NaN or infinite.
    """

    low: float
    high: float
    minimum: float
    maximum: float
    below: int
    above: int
    not_finite: int


def robust_range(chunks: Iterable[npt.NDArray[Any]]) -> Range:
    """The fixed range of a layer over all its values.

    0.5 to 99.5 percentile, the maximum where that is 0; symmetric if there are negative values, from 0 if not.
    A layer without a finite value, or of zeros only, gets 0 to 1. Each chunk is read once, as float32, and no
    more than :data:`EXACT_COUNT` values are held.

    >>> found = robust_range([np.arange(1000.0)])
    >>> found.low, found.high, found.maximum, found.above
    (0.0, 994.0050048828125, 999.0, 5)
    """
    tally = _Tally()
    for chunk in chunks:
        tally.add(np.asarray(chunk))
    return tally.range()


class _Tally:
    """Extremes, counts, and either the values themselves or a histogram of them."""

    def __init__(self) -> None:
        self._kept: list[Values] = []
        self._held = 0
        self._bins: npt.NDArray[np.int64] | None = None
        self._not_finite = 0
        self._minimum, self._maximum = np.inf, -np.inf

    def add(self, chunk: npt.NDArray[Any]) -> None:
        """Count one chunk."""
        finite = np.isfinite(chunk)
        values = _as_float32(chunk if finite.all() else chunk[finite])
        self._not_finite += chunk.size - values.size
        if not values.size:
            return
        self._minimum = min(self._minimum, float(values.min()))
        self._maximum = max(self._maximum, float(values.max()))
        self._kept.append(values)
        self._held += values.size
        if self._bins is not None or self._held > EXACT_COUNT:
            self._spill()

    def _spill(self) -> None:
        """Move the kept values into the histogram."""
        if self._bins is None:
            self._bins = np.zeros(2 * SIDE_BINS, np.int64)
        for values in self._kept:
            self._bins += np.bincount(_bin_numbers(values), minlength=2 * SIDE_BINS)
        self._kept, self._held = [], 0

    def range(self) -> Range:
        """The range of everything added."""
        if self._bins is None and not self._held:
            return _range(0.0, 1.0, (0.0, 0.0), (0, 0), self._not_finite)
        extremes = (self._minimum, self._maximum)
        if self._bins is None:
            values = np.concatenate(self._kept)
            upper = np.quantile(values, HIGH_QUANTILE)
            # Where nothing is negative the range begins at zero, whatever the lower quantile is.
            lower = np.quantile(values, LOW_QUANTILE) if self._minimum < 0 else 0.0
            low, high = _ends(float(np.float32(lower)), float(np.float32(upper)), *extremes)
            outside = (int(np.count_nonzero(values < low)), int(np.count_nonzero(values > high)))
        else:
            low, high = _ends(*_bin_quantiles(self._bins), *extremes)
            outside = _count_outside(self._bins, low, high)
        return _range(low, high, extremes, outside, self._not_finite)


def _range(
    low: float, high: float, extremes: tuple[float, float], outside: tuple[int, int], not_finite: int
) -> Range:
    minimum, maximum = extremes
    below, above = outside
    return Range(
        low=low, high=high, minimum=minimum, maximum=maximum, below=below, above=above, not_finite=not_finite
    )


def _as_float32(values: npt.NDArray[Any]) -> Values:
    """Flat float32; what is larger than float32 can say becomes its largest number."""
    limit = np.finfo(np.float32).max
    clipped = np.clip(values, -limit, limit) if values.dtype == np.float64 else values
    return np.ascontiguousarray(clipped, np.float32).ravel()


def _ends(lower: float, upper: float, minimum: float, maximum: float) -> tuple[float, float]:
    if minimum >= 0:
        return 0.0, min(upper, maximum) or maximum or 1.0
    most = max(-minimum, abs(maximum))
    reach = min(max(abs(lower), abs(upper)), most) or most
    return -reach, reach


def _bin_numbers(values: Values) -> npt.NDArray[np.int64]:
    """Bin of each value: negative ones mirrored below ``SIDE_BINS``, the others above."""
    bits = values.view(np.uint32)
    side = ((bits & 0x7FFFFFFF) >> DROPPED_BITS).astype(np.int64)
    return np.where(bits >> 31, SIDE_BINS - 1 - side, SIDE_BINS + side)


def _outer_end(bin_number: int) -> float:
    """Largest magnitude a bin holds, with its sign; 0 for the two bins around zero."""
    side = bin_number - SIDE_BINS if bin_number >= SIDE_BINS else SIDE_BINS - 1 - bin_number
    bits = ((side + 1) << DROPPED_BITS) - 1 if side else 0
    end = float(np.array(bits, np.uint32).view(np.float32))
    return end if bin_number >= SIDE_BINS else -end


def _bin_quantiles(bins: npt.NDArray[np.int64]) -> tuple[float, float]:
    passed = np.cumsum(bins)
    last = int(passed[-1]) - 1
    lower, upper = (
        _outer_end(int(np.searchsorted(passed, round(q * last), side="right")))
        for q in (LOW_QUANTILE, HIGH_QUANTILE)
    )
    return lower, upper


def _count_outside(bins: npt.NDArray[np.int64], low: float, high: float) -> tuple[int, int]:
    """How many values lie beyond ends that are outer ends of bins, or extremes."""
    first, last = (int(_bin_numbers(np.array([end], np.float32))[0]) for end in (low, high))
    return int(bins[:first].sum()) if low < 0 else 0, int(bins[last + 1 :].sum())
