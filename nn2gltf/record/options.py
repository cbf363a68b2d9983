"""What a recorder keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nn2gltf.errors import UsageError, safe

PARTS = ("weights", "changes", "units", "predictions", "gradients", "updates", "statistics")
"""What can be recorded beside activations.

``weights``: parameters as they are. ``changes``: norm of each parameter and of its change since the step before.
``units``: share of dead and of saturated units. ``predictions``: class and confidence per probe. ``gradients``: each
parameter's gradient, and its norm. ``updates``: norm of the last optimiser step over that of the parameter.
``statistics``: mean and standard deviation over an evaluation loader, and the mean of each class.
"""

DEFAULT_PARTS = ("weights", "changes", "units", "predictions")
"""Recorded unless told otherwise; a loader adds ``statistics``, an optimiser adds ``updates``."""

MAX_VALUES = 10_000_000
"""Activations per step, over all probes, before layers are pooled: 40 MB."""


@dataclass(frozen=True, kw_only=True)
class RecordOptions:
    """What is kept, and how much of it.

    Attributes:
        layers: Patterns on layer ids, as for :func:`nn2gltf.ir.globs.select_names`.
        record: Some of :data:`PARTS`.
        every: One of so many calls of ``step()`` is recorded.
        max_values: Budget of activations per step; the largest layers are pooled first.

    Raises:
        UsageError: A number below 1, or an unknown part.
    """

    layers: tuple[str, ...] = ()
    record: frozenset[str] = frozenset(DEFAULT_PARTS)
    every: int = 1
    max_values: int = MAX_VALUES

    def __post_init__(self) -> None:
        for name in ("every", "max_values"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise UsageError(f"{name} is {safe(value)}, it must be a whole number of at least 1")
        unknown = sorted(self.record - set(PARTS))
        if unknown:
            raise UsageError(
                f"{safe(unknown[0])!r} cannot be recorded",
                code="E_UNKNOWN_NAME",
                hint=f"Known: {', '.join(PARTS)}.",
            )

    @classmethod
    def choose(
        cls,
        *,
        layers: str | Sequence[str],
        record: str | Sequence[str] | None,
        every: int,
        max_values: int,
        loader: bool,
        optimizer: bool,
    ) -> RecordOptions:
        """Options from a recorder's arguments; a loader and an optimiser each bring their part.

        Raises:
            UsageError: Statistics without a loader, updates without an optimiser, or as the class.
        """
        chosen = set(DEFAULT_PARTS if record is None else [record] if isinstance(record, str) else record)
        if record is None:
            chosen |= ({"statistics"} if loader else set()) | ({"updates"} if optimizer else set())
        for part, given, argument in (
            ("statistics", loader, "evaluate"),
            ("updates", optimizer, "optimizer"),
        ):
            if part in chosen and not given:
                raise UsageError(f"{part} need the argument {argument}=")
        patterns = (layers,) if isinstance(layers, str) else tuple(layers)
        return cls(layers=patterns, record=frozenset(chosen), every=every, max_values=max_values)
