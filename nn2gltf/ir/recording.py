"""Recording: what a model computed on fixed probes, step by step.

A step is one moment of training (step 0 is the untrained model). A probe is one fixed sample. For
each layer of the traced graph the recording holds its output for every step and probe. Arrays are
reached through a :class:`ValueSource`, so that a long run is streamed from disk, not held.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import RecordingError
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.json import Json, JsonObject, without_empty
from nn2gltf.ir.reduced import Reduced

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One recorded moment.

    Attributes:
        epoch: Epochs finished (0 = untrained); may be fractional.
        step: Optimiser steps so far, None if unknown.
        metrics: ``train_loss``, ``train_accuracy``, ``test_loss``, ``test_accuracy`` or the user's own.
            Accuracies are fractions 0..1. A metric that is not finite is null in JSON and NaN when read back.
    """

    epoch: float
    step: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        """JSON form, inverse of :meth:`from_json`."""
        metrics: JsonObject = {name: v if math.isfinite(v) else None for name, v in self.metrics.items()}
        return without_empty({"epoch": self.epoch, "step": self.step, "metrics": metrics})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Step:
        """Rebuild from :meth:`to_json`'s form."""
        metrics = {name: math.nan if v is None else float(v) for name, v in data.get("metrics", {}).items()}
        return cls(epoch=_number(data["epoch"]), step=data.get("step"), metrics=metrics)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{type(value).__name__} where a number belongs")
    return value


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One fixed sample.

    Attributes:
        label: Index of the true class, None if unknown.
        name: What a person calls it (``digit 7``).
        thumbnail: (h, w) or (h, w, 3) uint8, a small sRGB picture, or None.
        samples: It is no sample but a mean over so many (or over some class of them); None for a sample.
    """

    label: int | None = None
    name: str = ""
    thumbnail: ByteArray | None = None
    samples: int | None = None


class ValueSource(Protocol):
    """Where a recording's arrays come from: memory or a folder."""

    def activation(self, layer_id: str, step: int) -> FloatArray:
        """(probes, *shape) float32, the layer's output at that step, batch axis first."""

    def weight(self, name: str, step: int) -> npt.NDArray[np.floating[Any]] | None:
        """The parameter's values at that step, or None when weights were not recorded."""

    def number(self, quantity: str, name: str, step: int) -> npt.NDArray[Any] | None:
        """What else was recorded of a layer or parameter (docs/recording-format.md), None when it was not."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A graph with values.

    Attributes:
        graph: The traced graph; its layer ids are the keys of activations.
        steps: In order, epochs strictly increasing.
        probes: The fixed samples; axis 0 of every activation.
        classes: Class names of a classifier's outputs, else empty.
        recorded: Ids of layers whose activations are there.
        reductions: Sentences on what was pooled, sampled or left out, by layer id.
        reduced: How the stored activations of a layer were made smaller, by layer id.
        numbers: Quantity (``dead``, ``gradient-norm`` ...) to the layers or parameters that have it.
        meta: ``dataset``, ``training`` (settings), ``randomWeights`` ... for the title and the extras.
    """

    graph: Graph
    steps: tuple[Step, ...]
    probes: tuple[Probe, ...]
    values: ValueSource
    classes: tuple[str, ...] = ()
    recorded: frozenset[str] = frozenset()
    reductions: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Json] = field(default_factory=dict)
    reduced: Mapping[str, Reduced] = field(default_factory=dict)
    numbers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def activation(self, layer_id: str, step: int) -> FloatArray:
        """(probes, *shape) float32, the layer's output at step index ``step`` (negative counts from the end).

        A pooled one is spread over the places that it stands for; channels that were not kept are NaN.
        """
        stored = self.values.activation(layer_id, range(len(self.steps))[step])
        smaller = self.reduced.get(layer_id)
        return stored if smaller is None else smaller.expand(stored)

    def number(self, quantity: str, name: str, step: int = -1) -> npt.NDArray[Any] | None:
        """What else was recorded of a layer or parameter at a step, as stored, or None.

        Args:
            quantity: A key of :attr:`numbers`.
            name: Layer id or parameter name.
        """
        if name not in self.numbers.get(quantity, ()):
            return None
        return self.values.number(quantity, name, range(len(self.steps))[step])

    def weight(self, name: str, step: int = -1) -> npt.NDArray[np.floating[Any]] | None:
        """A parameter's values at a step, or None when weights were not recorded.

        A shared parameter answers to each of its names.
        """
        return self.values.weight(self._first_names.get(name, name), range(len(self.steps))[step])

    @cached_property
    def _first_names(self) -> dict[str, str]:
        parameters = (parameter for layer in self.graph.layers for parameter in layer.parameters)
        return {p.name: p.shared_with for p in parameters if p.shared_with}

    def check(self) -> Recording:
        """Return itself, or raise on a broken rule.

        Raises:
            RecordingError: No steps, epochs not increasing, or activations of unknown layers.
        """
        if not self.steps:
            raise RecordingError("the recording holds no step", hint="Record at least one with rec.step().")
        epochs = [step.epoch for step in self.steps]
        if any(b <= a for a, b in pairwise(epochs)):
            raise RecordingError("epochs do not increase strictly")
        unknown = sorted((self.recorded | self.reduced.keys()) - set(self.graph.layer_by_id))
        if unknown:
            raise RecordingError("the recording has a layer that its graph lacks", where=unknown[0])
        return self


@dataclass(frozen=True, kw_only=True)
class MemoryValues:
    """A :class:`ValueSource` over arrays in memory.

    Attributes:
        activations: Per step, layer id to (probes, *shape) float32.
        weights: Per step, parameter name to array.
        numbers: Per step, ``quantity/name`` to array.
    """

    activations: tuple[Mapping[str, FloatArray], ...]
    weights: tuple[Mapping[str, npt.NDArray[np.floating[Any]]], ...] = ()
    numbers: tuple[Mapping[str, npt.NDArray[Any]], ...] = ()

    def activation(self, layer_id: str, step: int) -> FloatArray:
        """See :class:`ValueSource`."""
        try:
            return self.activations[step][layer_id]
        except KeyError:
            raise RecordingError("the layer was not recorded", where=layer_id) from None

    def weight(self, name: str, step: int) -> npt.NDArray[np.floating[Any]] | None:
        """See :class:`ValueSource`."""
        return self.weights[step].get(name) if step < len(self.weights) else None

    def number(self, quantity: str, name: str, step: int) -> npt.NDArray[Any] | None:
        """See :class:`ValueSource`."""
        return self.numbers[step].get(f"{quantity}/{name}") if step < len(self.numbers) else None
