"""Numbers beside activations: norms, changes, gradients, updates, dead and saturated units, predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.record.torch_inputs import to_array
from nn2gltf.record.torch_ranks import whole_tensor
from nn2gltf.record.torch_values import MAX_WEIGHTS

Numbers = dict[str, npt.NDArray[Any]]

RANGES: Mapping[str, tuple[float, float]] = {
    "sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hardsigmoid": (0.0, 1.0),
    "hardtanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
}
"""Activations that saturate, by lower-case op: the ends of their range."""

SATURATED = 0.01
"""A value this near to an end, as a share of the range, counts as saturated."""

DYING = frozenset({"relu", "relu6", "threshold", "relu_", "clamp_min"})
"""Activations whose units can be zero for every sample, by lower-case op."""


@dataclass
class LastUpdate:
    """What the last optimiser step did, caught by hooks on the optimiser.

    Before each step, trainable parameters are copied into buffers that are kept: one copy of the model more in
    memory, and the time of one copy per step.
    """

    parameters: list[Tensor]
    before: list[Tensor] = field(default_factory=list)
    seen: bool = False

    @classmethod
    def watch(cls, model: nn.Module, optimizer: torch.optim.Optimizer) -> LastUpdate:
        """Start watching an optimiser; :meth:`release` ends it."""
        made = cls([p for p in model.parameters() if p.requires_grad])
        handle = optimizer.register_step_pre_hook(made._keep)
        made.release = handle.remove  # type: ignore[method-assign]
        return made

    def _keep(self, _optimizer: Any, _args: Any, _kwargs: Any) -> None:
        with torch.no_grad():
            if not self.before:
                self.before = [torch.empty_like(p) for p in self.parameters]
            for kept, parameter in zip(self.before, self.parameters, strict=True):
                kept.copy_(parameter)
        self.seen = True

    def release(self) -> None:
        """Stop watching."""

    def norm(self, parameter: Tensor) -> Tensor | None:
        """Norm of the last change of a parameter; None before the first step, and for one that is not watched."""
        if not self.seen:
            return None
        for watched, kept in zip(self.parameters, self.before, strict=True):
            if watched is parameter:
                return _norm(parameter.detach() - kept)
        return None


def parameter_numbers(
    model: nn.Module,
    parts: frozenset[str],
    *,
    before: Mapping[str, Tensor],
    update: LastUpdate | None,
    limit: int = MAX_WEIGHTS,
) -> tuple[Numbers, dict[str, Tensor], str]:
    """Norms of parameters, changes, gradients and updates, and gradients themselves.

    Args:
        before: Copies of the parameters at the step before, by name.
        limit: Gradients themselves are kept for models of at most so many numbers.

    Returns:
        Arrays by ``quantity/name``, copies for the next step, and a sentence on what was left out, or "".
    """
    numbers: Numbers = {}
    kept: dict[str, Tensor] = {}
    named = [(n, p) for n, p in model.named_parameters() if p.is_floating_point() and not p.is_meta]
    whole_gradients = sum(p.numel() for _, p in named if p.grad is not None) <= limit
    missing = 0
    for name, parameter in named:
        value = parameter.detach()
        length = _norm(value)
        if "changes" in parts:
            numbers[f"weight-norm/{name}"] = _scalar(length)
            earlier = before.get(name)
            if earlier is not None and earlier.shape == value.shape:
                numbers[f"weight-change/{name}"] = _scalar(_norm(value - earlier))
            kept[name] = value.clone()
        if "updates" in parts and update is not None:
            moved = update.norm(parameter)
            if moved is not None:
                numbers[f"update-ratio/{name}"] = _scalar(
                    moved / length if float(length) else moved * torch.nan
                )
        if "gradients" in parts:
            missing += parameter.grad is None and parameter.requires_grad
            if parameter.grad is not None:
                numbers[f"gradient-norm/{name}"] = _scalar(_norm(parameter.grad))
                if whole_gradients:
                    numbers[f"gradient/{name}"] = to_array(whole_tensor(parameter.grad).float())
    if missing and before:
        return numbers, kept, f"{missing} trainable parameters had no gradient when a step was recorded"
    left_out = (
        "" if whole_gradients or "gradients" not in parts else "of gradients, the norms alone are recorded"
    )
    return numbers, kept, left_out


def unit_numbers(graph: Graph, values: Mapping[str, Tensor], kept: frozenset[str]) -> Numbers:
    """Shares of dead and saturated units of activation layers over all probes.

    A unit is a channel of maps, else one number of the output (axis 1). It is dead when it is zero for every probe
    at every place. ``saturated`` is the share of single values near an end of the function's range.
    """
    numbers: Numbers = {}
    for layer in graph.layers:
        value = values.get(layer.id)
        if value is None or layer.id not in kept or value.ndim < 2:
            continue
        op = layer.op.lower()
        if op in DYING:
            axes = tuple(axis for axis in range(value.ndim) if axis != 1)
            alive = (value != 0).sum(axes) > 0
            numbers[f"dead/{layer.id}"] = _scalar(1 - alive.double().mean())
        ends = RANGES.get(op)
        if ends is not None:
            margin = SATURATED * (ends[1] - ends[0])
            near = (value < ends[0] + margin) | (value > ends[1] - margin)
            numbers[f"saturated/{layer.id}"] = _scalar(near.double().mean())
    return numbers


def prediction_numbers(graph: Graph, values: Mapping[str, Tensor], probes: int) -> Numbers:
    """Class and confidence of each probe, of every output that is one vector of scores a probe.

    The confidence is the softmax of the scores, or the score itself when the layer is a softmax.
    """
    numbers: Numbers = {}
    for layer_id in graph.outputs:
        layer, value = graph.layer_by_id.get(layer_id), values.get(layer_id)
        if (
            layer is None
            or value is None
            or value.ndim != 2
            or value.shape[0] != probes
            or value.shape[1] < 2
        ):
            continue
        if not value.is_floating_point():
            continue
        shares = value.float() if _is_probability(layer) else value.float().softmax(dim=1)
        confidence, chosen = shares.max(dim=1)
        numbers[f"prediction/{layer_id}"] = chosen.cpu().numpy().astype(np.int64)
        numbers[f"confidence/{layer_id}"] = to_array(confidence)
    return numbers


def _is_probability(layer: Layer) -> bool:
    return layer.kind == "softmax" and "log" not in layer.op.lower()


def _norm(tensor: Tensor) -> Tensor:
    """L2 norm, of a sharded tensor over all ranks."""
    return whole_tensor(torch.linalg.vector_norm(tensor.detach().to_dense().float()))


def _scalar(value: Tensor) -> npt.NDArray[np.float32]:
    return np.array(float(value), dtype=np.float32)
