"""Everything one step of a recording holds, collected from a model and one captured run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from nn2gltf.errors import safe
from nn2gltf.ir.globs import select_names
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.protocols import Capture
from nn2gltf.ir.recording import FloatArray, Recording, Step
from nn2gltf.ir.reduced import Reduced
from nn2gltf.record.budget import plan_reductions
from nn2gltf.record.options import RecordOptions
from nn2gltf.record.torch_inputs import ProbeBatch, model_device
from nn2gltf.record.torch_numbers import (
    LastUpdate,
    Numbers,
    parameter_numbers,
    prediction_numbers,
    unit_numbers,
)
from nn2gltf.record.torch_quiet import undisturbed
from nn2gltf.record.torch_sharded import name_sharded
from nn2gltf.record.torch_statistics import Statistics, evaluate_statistics
from nn2gltf.record.torch_values import collect_activations, collect_weights


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Arrays of one step.

    Attributes:
        activations: Layer id to (probes, *stored shape) float32.
        weights: Parameter name to values.
        numbers: ``quantity/name`` to values.
    """

    activations: Mapping[str, FloatArray]
    weights: Mapping[str, npt.NDArray[np.floating[Any]]]
    numbers: Numbers


@dataclass
class Collector:
    """Collects step after step, and remembers what the first one looked like.

    Attributes:
        loader: Evaluation batches, or None.
        update: Watches the optimiser, or None.
        graph: Of the first step.
        reduced: How layers are made smaller, fixed by the first step.
        reductions: Sentences so far, by layer id.
    """

    options: RecordOptions
    capture: Capture
    batch: ProbeBatch
    classes: int
    loader: Iterable[Any] | None = None
    update: LastUpdate | None = None
    graph: Graph | None = None
    reduced: dict[str, Reduced] = field(default_factory=dict)
    reductions: dict[str, str] = field(default_factory=dict)
    _shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _weight_shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _modules: dict[str, str] = field(default_factory=dict)
    _ids: dict[str, nn.Module] = field(default_factory=dict)
    _before: dict[str, Tensor] = field(default_factory=dict)

    def collect(self, step: Step, model: nn.Module) -> Taken:
        """Run the probes, and the loader when there is one, and take everything that was asked for.

        Args:
            model: Unwrapped.
        """
        batch = self.batch.to(model_device(model))
        parts = self.options.record
        numbers: Numbers = {}
        first = self.graph is None
        with undisturbed(model):
            run = self.capture(model, batch.args, batch.kwargs, values=True)
            activations = self._activations(step, run.graph, run.values)
            kept = frozenset(self._shapes)
            if "units" in parts:
                numbers |= unit_numbers(run.graph, run.values, kept)
            if "predictions" in parts:
                numbers |= prediction_numbers(run.graph, run.values, self.batch.count)
            if "statistics" in parts and self.loader is not None:
                shapes = {key: shape[1:] for key, shape in self._shapes.items()}
                sums = Statistics(shapes=shapes, reduced=self.reduced, classes=self.classes)
                numbers |= evaluate_statistics(model, self.loader, self.capture, sums)
        if first:
            # Read once the parts are sharded as the model has them.
            self.graph = name_sharded(run.graph, model)
        self._report_modules(step, model)
        weights = self._weights(step, model) if "weights" in parts else {}
        if parts & {"changes", "gradients", "updates"}:
            found, self._before, lost = parameter_numbers(
                model, parts, before=self._before, update=self.update
            )
            numbers |= found
            self._say(lost)
        return Taken(activations=activations, weights=weights, numbers=numbers)

    def adopt(self, previous: Recording) -> None:
        """Go on where a recording ended: its layers, shapes and sentences stay."""
        self.graph = previous.graph
        self.reduced = dict(previous.reduced)
        self.reductions = dict(previous.reductions)
        last = len(previous.steps) - 1
        self._shapes = {
            layer_id: previous.values.activation(layer_id, last).shape for layer_id in previous.recorded
        }

    @property
    def recorded(self) -> frozenset[str]:
        """Layers whose activations are kept."""
        return frozenset(self._shapes)

    def _activations(self, step: Step, graph: Graph, values: Mapping[str, Tensor]) -> dict[str, FloatArray]:
        first = self.graph is None
        activations, lost = collect_activations(graph, values, self.batch.count)
        if first:
            self.graph = graph
            self._choose(graph, activations, lost)
        taken = {}
        for layer_id, array in activations.items():
            smaller = self.reduced.get(layer_id)
            fits = smaller is not None and smaller.shape == array.shape[1:]
            taken[layer_id] = smaller.reduce(array) if smaller is not None and fits else array
        if first:
            self._shapes = {layer_id: array.shape for layer_id, array in taken.items()}
        return self._fit(step, taken)

    def _choose(self, graph: Graph, activations: dict[str, FloatArray], lost: Mapping[str, str]) -> None:
        """Fix, at the first step, which layers are kept and how large."""
        self.reductions |= lost
        if self.options.layers:
            chosen = select_names([layer.id for layer in graph.layers], self.options.layers)
            left_out = [layer_id for layer_id in activations if layer_id not in chosen]
            for layer_id in left_out:
                del activations[layer_id]
                self.reductions[layer_id] = "not recorded: left out by layers="
        shapes = {layer_id: array.shape[1:] for layer_id, array in activations.items()}
        self.reduced = plan_reductions(shapes, probes=self.batch.count, max_values=self.options.max_values)
        for layer_id, smaller in self.reduced.items():
            self.reductions[layer_id] = (
                f"{smaller.sentence()}, to keep to {self.options.max_values:,} values a step"
            )

    def _fit(self, step: Step, activations: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """The layers of step 0; one that did not run, or has another shape now, gets NaN and a sentence."""
        fitted = {}
        for layer_id, shape in self._shapes.items():
            array = activations.get(layer_id)
            if array is None or array.shape != shape:
                reason = "did not run" if array is None else f"gave shape {array.shape}, not {shape},"
                self.reductions.setdefault(layer_id, f"{reason} at epoch {step.epoch:g}: shown as no value")
                array = np.full(shape, np.nan, dtype=np.float32)
            fitted[layer_id] = array
        for layer_id in sorted(activations.keys() - self._shapes.keys() - self.reductions.keys()):
            self.reductions[layer_id] = (
                f"first ran at epoch {step.epoch:g}, after the graph was traced: left out"
            )
        return fitted

    def _weights(self, step: Step, model: nn.Module) -> dict[str, npt.NDArray[np.floating[Any]]]:
        weights, unrecorded = collect_weights(model)
        self._say(unrecorded)
        known = self._weight_shapes
        for name, array in list(weights.items()):
            if known.setdefault(name, array.shape) != array.shape:
                self.reductions.setdefault(
                    name,
                    f"has shape {array.shape} from epoch {step.epoch:g}, not {known[name]}: left out from there",
                )
                del weights[name]
        return weights

    def _report_modules(self, step: Step, model: nn.Module) -> None:
        """Say which modules were swapped, added or taken away since the first step."""
        now = dict(model.named_modules())
        if not self._ids:
            self._ids, self._modules = now, {path: _describe(module) for path, module in now.items()}
            return
        for path in sorted(now.keys() | self._ids.keys()):
            old, new = self._ids.get(path), now.get(path)
            if old is new:
                continue
            before, after = self._modules.get(path, "absent"), "absent" if new is None else _describe(new)
            text = f"replaced by epoch {step.epoch:g}: {before}, now {after}"
            known = self.reductions.get(path)
            if known is None or not known.startswith("replaced"):
                self.reductions[path] = f"{text}; {known}" if known else text

    def _say(self, sentence: str) -> None:
        """Add a sentence about the whole recording once."""
        known = self.reductions.get("", "")
        if sentence and sentence not in known:
            self.reductions[""] = f"{known}; {sentence}" if known else sentence


def _describe(module: nn.Module) -> str:
    settings = module.extra_repr() if next(module.children(), None) is None else ""
    return safe(f"{type(module).__name__}({settings})", limit=80)
