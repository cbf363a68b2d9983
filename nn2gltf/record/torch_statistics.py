"""Mean and standard deviation of every layer over an evaluation loader, and the mean of each class.

Batches are reduced as they come: three sums a layer are held, never the data. Ranks add their sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nn2gltf.errors import UsageError
from nn2gltf.ir.protocols import Capture
from nn2gltf.ir.reduced import Reduced
from nn2gltf.record.torch_inputs import ProbeBatch, make_batch, model_device, to_array
from nn2gltf.record.torch_numbers import Numbers
from nn2gltf.record.torch_ranks import add_over_ranks, all_ranks
from nn2gltf.record.torch_sharded import is_sharded

LABEL_KEYS = ("labels", "label", "targets", "target", "y")
"""Where a batch that is a dictionary keeps its labels."""


@dataclass
class _Sums:
    """Of one layer: float64 sums over samples, and over the samples of each class."""

    total: Tensor
    squares: Tensor
    by_class: Tensor | None = None


@dataclass
class Statistics:
    """Sums over batches.

    Attributes:
        shapes: Layer id to the stored shape, without the batch axis.
        reduced: How the layers' outputs are made smaller before they are added up.
        classes: Number of classes; 0 for no means by class.
    """

    shapes: Mapping[str, tuple[int, ...]]
    reduced: Mapping[str, Reduced]
    classes: int = 0
    counts: Tensor = field(init=False)
    sums: dict[str, _Sums] = field(init=False)
    missed: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        # One place more than classes: samples without a label.
        self.counts = torch.zeros(self.classes + 1, dtype=torch.float64)
        self.sums = {
            layer_id: _Sums(
                total=torch.zeros(shape, dtype=torch.float64),
                squares=torch.zeros(shape, dtype=torch.float64),
                by_class=torch.zeros((self.classes, *shape), dtype=torch.float64) if self.classes else None,
            )
            for layer_id, shape in self.shapes.items()
        }

    def add(self, values: Mapping[str, Tensor], count: int, labels: Tensor | None) -> None:
        """Add a batch of ``count`` samples; its labels are class indices or None."""
        places = torch.full((count,), self.classes) if labels is None else labels.cpu().long()
        places = places.where((places >= 0) & (places < self.classes), torch.tensor(self.classes))
        self.counts += torch.bincount(places, minlength=self.classes + 1).double()
        for layer_id, sums in self.sums.items():
            value = values.get(layer_id)
            if value is None or value.shape[0] != count:
                self.missed.add(layer_id)  # without some samples it has no mean
                continue
            smaller = self.reduced.get(layer_id)
            rows = (
                torch.from_numpy(smaller.reduce(to_array(value.float()))) if smaller else value.float().cpu()
            ).double()
            sums.total += rows.sum(0)
            sums.squares += rows.square().sum(0)
            if sums.by_class is not None:
                labelled = places < self.classes
                sums.by_class.index_add_(0, places[labelled], rows[labelled])

    def merge(self) -> None:
        """Add the sums of all ranks."""
        parts = [self.counts]
        for sums in self.sums.values():
            parts += [sums.total, sums.squares, *([] if sums.by_class is None else [sums.by_class])]
        add_over_ranks(parts)

    def numbers(self) -> Numbers:
        """``mean``, ``std`` and ``class-mean`` of each layer as float32; NaN for a class without samples."""
        count = float(self.counts.sum())
        found: Numbers = {"samples/all": np.array(count, dtype=np.float64)}
        for layer_id, sums in self.sums.items():
            if layer_id in self.missed:
                continue
            mean = sums.total / count
            deviation = (sums.squares / count - mean.square()).clamp_min(0).sqrt()
            found[f"mean/{layer_id}"] = to_array(mean.float())
            found[f"std/{layer_id}"] = to_array(deviation.float())
            if sums.by_class is not None:
                per_class = self.counts[:-1].reshape(-1, *(1,) * (sums.by_class.ndim - 1))
                found[f"class-mean/{layer_id}"] = to_array((sums.by_class / per_class).float())
        return found


def evaluate_statistics(
    model: nn.Module, loader: Iterable[Any], capture: Capture, statistics: Statistics
) -> Numbers:
    """Run a loader through a model and reduce what every layer gave. Callers wrap it in ``undisturbed``.

    Args:
        loader: Batches: a tensor, ``(inputs..., labels)``, or a dictionary of arguments.

    Raises:
        UsageError: The loader gives nothing, or something that the model does not take.
    """
    device = model_device(model)
    batches = iter(loader)
    together = is_sharded(model)
    used = 0
    while True:
        batch = next(batches, None)
        more = batch is not None
        if together:
            # A sharded forward needs every rank; ranks with batches left over leave them out.
            more = all_ranks(more)
        if not more:
            break
        inputs, labels = split_batch(batch)
        run = capture(model, inputs.to(device).args, inputs.to(device).kwargs, values=True)
        statistics.add(run.values, inputs.count, labels)
        used += 1
    if not used:
        raise UsageError("the evaluation loader gives no batch", hint="Give one that can be iterated again.")
    statistics.merge()
    return statistics.numbers()


def split_batch(batch: Any) -> tuple[ProbeBatch, Tensor | None]:
    """The model's arguments and the labels of a loader's batch.

    The last one of several tensors is taken for labels when it holds one whole number a sample.

    Raises:
        UsageError: There is no tensor in it.
    """
    labels: Any = None
    if isinstance(batch, Mapping):
        rest = dict(batch)
        for key in LABEL_KEYS:
            if key in rest and labels is None:
                labels = rest.pop(key)
        inputs = make_batch(rest)
    elif isinstance(batch, tuple | list) and len(batch) > 1:
        *first, labels = batch
        inputs = make_batch(first[0] if len(first) == 1 else tuple(first))
    else:
        inputs = make_batch(batch[0] if isinstance(batch, tuple | list) else batch)
    return inputs, _class_indices(labels, inputs.count)


def _class_indices(labels: Any, count: int) -> Tensor | None:
    if not isinstance(labels, Tensor) or labels.shape != (count,) or labels.is_floating_point():
        return None
    return labels
