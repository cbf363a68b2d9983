"""What recorder tests share: probes, and a recorder with the tracer's capture."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from nn2gltf.record.torch_recorder import Recorder
from nn2gltf.sources.torch_trace import capture_torch

IMAGES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def make_recorder(model: nn.Module, probes: Any = IMAGES, **options: Any) -> Recorder:
    return Recorder(model, probes=probes, capture=options.pop("capture", capture_torch), **options)
