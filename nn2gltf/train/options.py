"""What a training run can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from nn2gltf.errors import UsageError, safe
from nn2gltf.ir.json import JsonObject

OPTIMIZERS = ("adam", "sgd")
"""Known optimisers; ``sgd`` has momentum 0.9."""

SCHEDULES = ("cosine", "constant")
"""How the learning rate goes on: along half a cosine to zero at the end of the run, or as it began."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """Settings of the training loop.

    Attributes:
        epochs: Passes over the training images.
        batch_size: Images per optimiser step.
        lr: Learning rate at the start.
        schedule: One of :data:`SCHEDULES`.
        seed: For the order of the data and for dropout; initial weights have their own.
        optimizer: One of :data:`OPTIMIZERS`.
        weight_decay: L2 penalty.
        evaluate: Training loss and accuracy are measured on the first so many training images.

    Raises:
        UsageError: A number out of range, or an unknown name.
    """

    epochs: int = 10
    batch_size: int = 64
    lr: float = 3e-3
    schedule: str = "cosine"
    seed: int = 0
    optimizer: str = "adam"
    weight_decay: float = 0.0
    evaluate: int = 10_000

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "evaluate"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}, it must be at least 1")
        if not 0 < self.lr < float("inf"):
            raise UsageError(f"lr is {self.lr}, it must be a positive number")
        if not 0 <= self.weight_decay < float("inf"):
            raise UsageError(f"weight_decay is {self.weight_decay}, it must be 0 or positive")
        if not -(2**63) <= self.seed < 2**64:
            raise UsageError(f"seed is {self.seed}, it must fit into 64 bits")
        _check_name("optimizer", self.optimizer, OPTIMIZERS)
        _check_name("schedule", self.schedule, SCHEDULES)

    def to_json(self) -> JsonObject:
        """JSON form, inverse of :meth:`from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TrainOptions:
        """Rebuild from :meth:`to_json`'s form; keys of later versions are ignored."""
        known = {item.name for item in fields(cls)}
        return cls(**{key: value for key, value in data.items() if key in known})


def _check_name(option: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        hint = f"Known: {', '.join(known)}."
        raise UsageError(f"unknown {option} {safe(name)!r}", code="E_UNKNOWN_NAME", hint=hint)
