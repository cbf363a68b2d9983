"""Recorded activations equal a plain forward, for the awkward models of the tracing tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from recorders import make_recorder
from torch import Tensor, nn

from nn2gltf.torch_vision import require_torchvision

SMALL = ["resnet18", "mobilenet_v3_small", "squeezenet1_1", "shufflenet_v2_x0_5"]
LARGE = [
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "vit_b_16",
    "swin_t",
    "convnext_tiny",
    "regnet_y_400mf",
]


def plain_forward(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """First outputs of all modules that run once, by torch's own hooks."""
    found: dict[str, list[Tensor]] = {}

    def keep(path: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                found.setdefault(path, []).append(output.clone())

        return hook

    handles = [m.register_forward_hook(keep(path)) for path, m in model.named_modules() if path]
    with torch.no_grad():
        model.eval()(images)
    for handle in handles:
        handle.remove()
    return {path: outputs[0] for path, outputs in found.items() if len(outputs) == 1}


@pytest.mark.parametrize("name", [*SMALL, *(pytest.param(name, marks=pytest.mark.full) for name in LARGE)])
def test_recorded_equals_forward(name: str) -> None:
    torch.manual_seed(0)
    models = require_torchvision().models
    extra = {"init_weights": False} if name == "googlenet" else {}
    model = getattr(models, name)(weights=None, **extra)
    side = 224 if name in ("vit_b_16", "swin_t") else 64
    images = torch.rand(2, 3, side, side)
    recording = make_recorder(model.train(), images, record=(), max_values=10**9).start().recording()
    assert model.training
    outputs = plain_forward(model, images)
    compared = 0
    for layer_id in recording.recorded & outputs.keys():
        values = recording.activation(layer_id, 0)
        np.testing.assert_array_equal(values, outputs[layer_id].numpy())
        compared += 1
    assert compared > 20
    # A flattening at the end is no layer of its own.
    final = recording.activation(recording.graph.outputs[0], 0).reshape(2, -1)
    with torch.no_grad():
        np.testing.assert_array_equal(final, model(images).numpy())
