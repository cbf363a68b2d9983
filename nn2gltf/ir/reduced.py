"""Reduced: how a stored activation was made smaller, and what stands in its place when it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Reduced:
    """One layer's reduction; first channels are chosen, then blocks are averaged.

    Attributes:
        shape: Of the whole output, without the probes' axis.
        pool: Block size along each axis of ``shape``; a block at the end may be smaller.
        chosen: Kept indices of the first axis of ``shape``; None when all are.
    """

    shape: tuple[int, ...]
    pool: tuple[int, ...]
    chosen: tuple[int, ...] | None = None

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """Of the stored array, without the probes' axis."""
        kept = self._kept_shape()
        return tuple(-(-size // block) for size, block in zip(kept, self.pool, strict=True))

    def reduce(self, values: FloatArray) -> FloatArray:
        """(n, *shape) float32 to (n, *stored_shape) float32, each block's mean."""
        if self.chosen is not None:
            values = values[:, list(self.chosen)]
        for axis, block in enumerate(self.pool, start=1):
            if block > 1:
                starts = np.arange(0, values.shape[axis], block)
                counts = np.diff([*starts, values.shape[axis]]).astype(np.float32)
                totals = np.add.reduceat(values, starts, axis=axis)
                counts = counts.reshape(-1, *(1,) * (values.ndim - axis - 1))
                values = (totals / counts).astype(np.float32)
        return np.ascontiguousarray(values, dtype=np.float32)

    def expand(self, stored: FloatArray) -> FloatArray:
        """(n, *stored_shape) to (n, *shape): each mean at all its places, NaN for channels that were not kept."""
        for axis, (block, size) in enumerate(zip(self.pool, self._kept_shape(), strict=True), start=1):
            if block > 1:
                stored = np.repeat(stored, block, axis=axis).take(np.arange(size), axis=axis)
        if self.chosen is None:
            return stored
        whole = np.full((len(stored), *self.shape), np.nan, dtype=np.float32)
        whole[:, list(self.chosen)] = stored
        return whole

    def sentence(self) -> str:
        """What a person should know."""
        parts = []
        if self.chosen is not None:
            parts.append(f"{len(self.chosen)} of {self.shape[0]} channels are kept")
        if any(block > 1 for block in self.pool):
            parts.append(f"averaged over blocks of {' × '.join(str(block) for block in self.pool)}")
        return " and ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """JSON form, inverse of :meth:`from_json`."""
        chosen = None if self.chosen is None else list(self.chosen)
        return {"shape": list(self.shape), "pool": list(self.pool), "chosen": chosen}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reduced:
        """Rebuild from :meth:`to_json`'s form.

        Raises:
            KeyError, TypeError, ValueError: It has another form.
        """
        shape, pool = tuple(map(int, data["shape"])), tuple(map(int, data["pool"]))
        chosen = None if data["chosen"] is None else tuple(map(int, data["chosen"]))
        if len(shape) != len(pool) or not shape or min((*shape, *pool)) < 1:
            raise ValueError("shape and blocks do not fit")
        inside = range(shape[0])
        if chosen is not None and (
            list(chosen) != sorted(set(chosen)) or not all(i in inside for i in chosen)
        ):
            raise ValueError("kept channels are out of order or outside")
        return cls(shape=shape, pool=pool, chosen=chosen)

    def _kept_shape(self) -> tuple[int, ...]:
        return self.shape if self.chosen is None else (len(self.chosen), *self.shape[1:])
