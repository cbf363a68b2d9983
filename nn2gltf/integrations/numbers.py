"""Metrics as frameworks give them, as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def numbers_of(metrics: Mapping[str, Any]) -> dict[str, float]:
    """What can be read as one number; the rest, such as text or tables, is no metric of a recording.

    >>> numbers_of({"loss": 0.5, "note": "warm-up", "lr": None})
    {'loss': 0.5}
    """
    found = {}
    for name, value in metrics.items():
        if isinstance(value, str):
            continue
        try:
            found[str(name)] = float(value)
        except (TypeError, ValueError, RuntimeError):
            continue
    return found
