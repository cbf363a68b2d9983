"""Recorded means as probes: what a model computes on average over a loader, and over the samples of each class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import safe
from nn2gltf.ir.recording import FloatArray, Probe, Recording, ValueSource

MOST_CLASSES = 20
"""Of more classes, only the mean over all samples is shown."""


@dataclass(frozen=True)
class MeanValues:
    """A :class:`nn2gltf.ir.recording.ValueSource` whose activations have the recorded means behind the probes.

    Attributes:
        source: Of the recording as it is.
        classes: Indices of the classes whose means follow the mean over all samples.
    """

    source: ValueSource
    classes: tuple[int, ...]

    def activation(self, layer_id: str, step: int) -> FloatArray:
        """(probes + 1 + classes, *shape) float32; NaN where no mean was recorded."""
        probes = self.source.activation(layer_id, step)
        means = np.full((1 + len(self.classes), *probes.shape[1:]), np.nan, dtype=np.float32)
        mean = self.source.number("mean", layer_id, step)
        if mean is not None:
            means[0] = mean
        by_class = self.source.number("class-mean", layer_id, step) if self.classes else None
        if by_class is not None:
            means[1:] = by_class[list(self.classes)]
        return np.concatenate([probes, means])

    def weight(self, name: str, step: int) -> npt.NDArray[np.floating[Any]] | None:
        """See :class:`nn2gltf.ir.recording.ValueSource`."""
        return self.source.weight(name, step)

    def number(self, quantity: str, name: str, step: int) -> npt.NDArray[Any] | None:
        """See :class:`nn2gltf.ir.recording.ValueSource`."""
        return self.source.number(quantity, name, step)


def with_means(recording: Recording) -> Recording:
    """The same recording with a probe for the mean over all samples, and one for each class that had any.

    A recording whose steps do not all have means is returned as it is.
    """
    known = [layer_id for layer_id in recording.numbers.get("mean", ()) if layer_id in recording.recorded]
    steps = range(len(recording.steps))
    if not recording.probes or not known:
        return recording
    if any(recording.number("mean", known[0], step) is None for step in steps):
        return recording
    counted = recording.number("samples", "all", -1)
    samples = int(counted) if counted is not None else 0
    classes = _classes(recording, known[0])
    probes = [Probe(name=f"mean of {samples:,} samples", samples=samples)]
    for index in classes:
        name = recording.classes[index] if index < len(recording.classes) else str(index)
        probes.append(Probe(label=index, name=f"mean of class {safe(name)}", samples=samples))
    sentence = f"{len(probes)} probes are means over {samples:,} samples, of each layer by itself."
    said = recording.reductions.get("")
    return replace(
        recording,
        probes=(*recording.probes, *probes),
        values=MeanValues(recording.values, classes),
        reductions={**recording.reductions, "": f"{said}; {sentence}" if said else sentence},
    )


def _classes(recording: Recording, layer_id: str) -> tuple[int, ...]:
    """Classes with a mean at the last step: those without a sample are NaN throughout."""
    means = recording.number("class-mean", layer_id, -1)
    if means is None or len(means) > MOST_CLASSES:
        return ()
    return tuple(index for index, mean in enumerate(means) if not np.isnan(mean).all())
