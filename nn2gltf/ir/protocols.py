"""Shapes of the functions that one stage hands to another through ``api``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from nn2gltf.ir.graph import Graph


@dataclass(frozen=True, kw_only=True)
class CapturedRun:
    """One forward pass.

    Attributes:
        graph: What ran.
        values: Layer id to its first output, detached, in the framework's own tensors; empty unless asked for.
    """

    graph: Graph
    values: Mapping[str, Any] = field(default_factory=dict)


class Capture(Protocol):
    """Runs a model once and tells what happened."""

    def __call__(
        self, model: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, values: bool
    ) -> CapturedRun:
        """Run ``model(*args, **kwargs)``; keep every layer's output when ``values`` is true."""
