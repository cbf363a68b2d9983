"""Tensors of one captured run as arrays to keep, and sentences on what cannot be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from nn2gltf.ir.graph import Graph
from nn2gltf.ir.recording import FloatArray
from nn2gltf.record.torch_inputs import to_array
from nn2gltf.record.torch_ranks import whole_tensor

MAX_WEIGHTS = 2_000_000
"""Models with more trainable numbers are recorded without weights."""


def collect_activations(
    graph: Graph, values: Mapping[str, Tensor], probes: int
) -> tuple[dict[str, FloatArray], dict[str, str]]:
    """Outputs of layers as (probes, *shape) float32 on the CPU.

    Returns:
        Arrays by layer id, and by layer id a sentence on each that was left out.
    """
    kept: dict[str, FloatArray] = {}
    lost: dict[str, str] = {}
    for layer in graph.layers:
        value = values.get(layer.id)
        reason = _obstacle(value, probes)
        if reason:
            lost[layer.id] = f"not recorded: {reason}"
        elif value is not None:
            kept[layer.id] = to_array(value.float() if value.dtype != torch.float32 else value)
    return kept, lost


def _obstacle(value: Tensor | None, probes: int) -> str:
    """Why an output cannot be kept, empty if it can."""
    if value is None:
        return "its output was not captured"
    if value.layout != torch.strided or value.is_nested or value.is_quantized or value.is_meta:
        return "its output is no plain array"
    if not value.is_floating_point():
        return f"its output is {str(value.dtype).removeprefix('torch.')}"
    if value.ndim < 1 or value.shape[0] != probes:
        first = value.shape[0] if value.ndim else "absent"
        return f"the first axis of its output is {first}, not the {probes} probes"
    if not value.numel():
        return "its output is empty"
    return ""


def collect_weights(
    model: nn.Module, limit: int = MAX_WEIGHTS
) -> tuple[dict[str, npt.NDArray[np.floating[Any]]], str]:
    """Parameters as float32 (float64 stays), shared ones under their first name.

    Frozen ones are kept as long as all together stay within the limit.

    Returns:
        Arrays by parameter name, and a sentence on what was left out, or "".
    """
    if any(parameter.is_meta for parameter in model.parameters()):
        return {}, "weights are not recorded: the model was built without numbers"
    everything = {n: p for n, p in model.named_parameters() if p.is_floating_point() and not p.is_meta}
    trainable = {name: parameter for name, parameter in everything.items() if parameter.requires_grad}
    for chosen, left_out in ((everything, ""), (trainable, "weights of frozen layers are not recorded")):
        count = sum(parameter.numel() for parameter in chosen.values())
        if count <= limit:
            return {name: _weight(parameter) for name, parameter in chosen.items()}, left_out
    return {}, f"weights are not recorded: {count:,} trainable numbers, more than {limit:,}"


def _weight(parameter: Tensor) -> npt.NDArray[np.floating[Any]]:
    wide = parameter.dtype in (torch.float32, torch.float64)
    whole = whole_tensor(parameter.detach())
    return to_array(whole if wide else whole.float())
