"""Several checkpoints of one run: their order, their epochs, their metrics."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from nn2gltf.errors import UsageError
from nn2gltf.ir.json import Json

SOURCES = ("auto", "file", "name", "count")
METRICS = re.compile(r"^(?:(?:train|test|val|valid|validation)_)?(?:loss|acc|accuracy)$")
_DIGITS = re.compile(r"\d+")


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sorts ``epoch_2`` before ``epoch_10``.

    >>> sorted(["e10", "e2"], key=natural_key)
    ['e2', 'e10']
    """
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part.lower()) for part in parts if part]


def read_epochs(
    names: Sequence[str], facts: Sequence[Mapping[str, Json]], *, source: str = "auto"
) -> tuple[list[float], str]:
    """Epochs finished at each checkpoint, strictly increasing, and a sentence on where they come from.

    Args:
        names: File names without suffix, in order.
        facts: Plain values beside the weights in each file.
        source: ``file`` (its ``epoch``), ``name`` (the number that changes), ``count`` (1, 2, 3 ...), or ``auto``:
            the first of these that increases.

    Raises:
        UsageError: The source that was asked for gives no increasing epochs.

    >>> read_epochs(["run2_epoch_1", "run2_epoch_5"], [{}, {}])[0]
    [1, 5]
    """
    found: dict[str, list[float] | None] = {
        "file": _from_facts(facts),
        "name": _from_names(names),
        "count": [*range(1, len(names) + 1)],
    }
    notes = {
        "file": "Epochs are those stored in the checkpoints.",
        "name": "Epochs are the numbers in the files' names.",
        "count": "Epochs are counted: the checkpoints state none.",
    }
    for kind in notes if source == "auto" else (source,):
        epochs = found.get(kind)
        if epochs is not None and all(a < b for a, b in pairwise(epochs)):
            return epochs, notes[kind]
    raise UsageError(
        f"the checkpoints' {source} gives no increasing epochs", hint="Use --epochs-from auto or count."
    )


def _from_facts(facts: Sequence[Mapping[str, Json]]) -> list[float] | None:
    found = [fact.get("epoch", fact.get("epochs")) for fact in facts]
    numbers = [
        n for n in found if isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n)
    ]
    return numbers if len(numbers) == len(found) and min(numbers, default=0) >= 0 else None


def _from_names(names: Sequence[str]) -> list[float] | None:
    """The last number that differs between the names."""
    numbers = [[int(digits) for digits in _DIGITS.findall(name)] for name in names]
    if not numbers or len({len(row) for row in numbers}) != 1 or not numbers[0]:
        return None
    for column in reversed(list(zip(*numbers, strict=True))):
        if all(a < b for a, b in pairwise(column)):
            return [*column]
    return None


def stated_epoch(facts: Mapping[str, Json]) -> float:
    """The epoch that one file states beside its weights, 0 where it states none."""
    epoch = facts.get("epoch")
    if isinstance(epoch, bool) or not isinstance(epoch, int | float):
        return 0
    return epoch if epoch >= 0 else 0


def step_metrics(facts: Mapping[str, Json]) -> dict[str, float]:
    """Losses and accuracies beside the weights; percentages become fractions."""
    found: dict[str, float] = {}
    for name, value in facts.items():
        if METRICS.match(name) and isinstance(value, int | float) and not isinstance(value, bool):
            plain = re.sub(r"acc$", "accuracy", name)
            share = value / 100 if plain.endswith("accuracy") and value > 1 else value
            if math.isfinite(share):
                found[plain] = float(share)
    return found


def sort_checkpoints(paths: Iterable[str]) -> list[str]:
    """Paths in the order in which a person counts."""
    return sorted(paths, key=natural_key)
