"""Parts of recordings, and several of them as one: nothing is copied, arrays are read when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import RecordingError, UsageError, safe
from nn2gltf.ir.recording import FloatArray, Recording, ValueSource


@dataclass(frozen=True)
class ChosenSteps:
    """A :class:`nn2gltf.ir.recording.ValueSource` over steps of others.

    Attributes:
        places: For each step, the source and the step's index there.
    """

    places: tuple[tuple[ValueSource, int], ...]

    def activation(self, layer_id: str, step: int) -> FloatArray:
        """See :class:`nn2gltf.ir.recording.ValueSource`."""
        source, index = self.places[step]
        return source.activation(layer_id, index)

    def weight(self, name: str, step: int) -> npt.NDArray[np.floating[Any]] | None:
        """See :class:`nn2gltf.ir.recording.ValueSource`."""
        source, index = self.places[step]
        return source.weight(name, index)

    def number(self, quantity: str, name: str, step: int) -> npt.NDArray[Any] | None:
        """See :class:`nn2gltf.ir.recording.ValueSource`."""
        source, index = self.places[step]
        return source.number(quantity, name, index)


def select_steps(recording: Recording, chosen: str) -> Recording:
    """Some steps of a recording.

    Args:
        chosen: ``A:B:C`` as in Python, counted over recorded steps: ``::5`` every fifth one, ``-3:`` the last three;
            or one number.

    Raises:
        UsageError: It has another form, or chooses nothing.
    """
    count = len(recording.steps)
    parts = chosen.split(":")
    try:
        bounds = [int(part) if part.strip() else None for part in parts]
    except ValueError:
        bounds = []
    if (
        not 1 <= len(bounds) <= 3
        or bounds == [None]
        or (len(bounds) == 3 and not (bounds[2] is None or bounds[2] > 0))
    ):
        raise UsageError(
            f"{safe(chosen)!r} chooses no steps", hint="Use A:B:C, such as ::5 or -3:, or a number."
        )
    if len(bounds) == 1:
        first = bounds[0] or 0
        indices = [first % count] if -count <= first < count else []
    else:
        indices = list(range(count))[slice(*bounds)]
    if not indices:
        raise UsageError(
            f"{safe(chosen)!r} chooses none of the {count} steps", hint=f"Steps are 0 to {count - 1}."
        )
    return replace(
        recording,
        steps=tuple(recording.steps[index] for index in indices),
        values=ChosenSteps(tuple((recording.values, index) for index in indices)),
    ).check()


def merge_recordings(recordings: Sequence[Recording]) -> Recording:
    """Parts of one training as one recording, such as those of jobs that a cluster ended.

    Where parts overlap, the one given later counts: it went on from an earlier checkpoint.

    Args:
        recordings: In the order of the training, of the same model and probes.

    Raises:
        UsageError: Fewer than two.
        RecordingError: Their layers, reductions or probes differ.
    """
    if len(recordings) < 2:
        raise UsageError("there is nothing to merge", hint="Give two recordings or more.")
    first = recordings[0]
    places: list[tuple[Recording, int]] = []
    for part in recordings:
        _check_fits(first, part)
        places = [(owner, i) for owner, i in places if owner.steps[i].epoch < part.steps[0].epoch]
        places += [(part, index) for index in range(len(part.steps))]
    reductions: dict[str, str] = {}
    numbers: dict[str, dict[str, None]] = {}
    for part in recordings:
        reductions |= part.reductions
        for quantity, names in part.numbers.items():
            numbers.setdefault(quantity, {}).update(dict.fromkeys(names))
    return replace(
        first,
        steps=tuple(owner.steps[index] for owner, index in places),
        values=ChosenSteps(tuple((owner.values, index) for owner, index in places)),
        reductions=reductions,
        numbers={quantity: tuple(names) for quantity, names in numbers.items()},
    ).check()


def _check_fits(first: Recording, part: Recording) -> None:
    checks = {
        "layers": [(layer.id, layer.outputs) for layer in first.graph.layers]
        == [(layer.id, layer.outputs) for layer in part.graph.layers],
        "recorded layers": first.recorded == part.recorded,
        "reductions": dict(first.reduced) == dict(part.reduced),
        "probes": [(p.label, p.name) for p in first.probes] == [(p.label, p.name) for p in part.probes],
    }
    different = next((what for what, same in checks.items() if not same), None)
    if different is None:
        inputs = [
            layer.id for layer in first.graph.layers if layer.kind == "input" and layer.id in first.recorded
        ]
        if any(
            not np.array_equal(first.activation(i, 0), part.activation(i, 0), equal_nan=True) for i in inputs
        ):
            different = "probes"
    if different:
        raise RecordingError(
            f"the recordings have different {different}", hint="Merge parts of one training."
        )
