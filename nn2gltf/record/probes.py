"""Which samples a recording watches, and what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import UsageError


def choose_probes(
    images: npt.NDArray[Any], labels: npt.NDArray[np.integer[Any]], per_class: int = 1
) -> npt.NDArray[np.int64]:
    """Choose samples to watch: of each class those nearest to the class's mean, so that each shows it plainly.

    Args:
        images: (n, ...) pixels.
        labels: (n,) class indices.
        per_class: How many of each class.

    Returns:
        Indices into ``images``, by class, the most typical one first; the same for the same data.

    Raises:
        UsageError: ``per_class`` is below 1, or there are not as many labels as images.

    >>> choose_probes(np.array([[0.0], [4.0], [5.0], [9.0]]), np.array([1, 1, 1, 0])).tolist()
    [3, 1]
    """
    if per_class < 1:
        raise UsageError(f"per_class is {per_class}, it must be at least 1")
    if len(images) != len(labels):
        raise UsageError(f"{len(labels)} labels for {len(images)} images")
    chosen = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        pixels = images[members].reshape(len(members), -1).astype(np.float64)
        distances = np.square(pixels - pixels.mean(axis=0)).sum(axis=1)
        chosen.append(members[np.argsort(distances, kind="stable")[:per_class]])
    return np.concatenate(chosen).astype(np.int64) if chosen else np.zeros(0, dtype=np.int64)


def name_probes(labels: Sequence[int | None], classes: Sequence[str]) -> tuple[str, ...]:
    """Call each probe by its class; ``probe 3`` where the class is unknown, ``7 (2)`` where it repeats.

    >>> name_probes([1, 0, 1, None], ["cat", "dog"])
    ('dog', 'cat', 'dog (2)', 'probe 3')
    """
    seen: Counter[str] = Counter()
    names = []
    for index, label in enumerate(labels):
        if label is None or not 0 <= label < len(classes):
            names.append(f"probe {index}")
            continue
        name = classes[label]
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)
