"""An accuracy in percent and one as a fraction read the same on the plates."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import nn2gltf
from nn2gltf.encode.plates import _accuracy_text, is_percent


@pytest.mark.parametrize(
    ("values", "percent", "text"),
    [
        ((0.1, 0.98), False, "accuracy 98.0 %"),
        ((10.0, 98.0), True, "accuracy 98.0 %"),
        ((0.9, 98.0), True, "accuracy 98.0 %"),  # one that began below 1 %
        ((0.5, 1.0000001), False, "accuracy 100.0 %"),
    ],
)
def test_percent_is_told_from_fractions(values: tuple[float, float], percent: bool, text: str) -> None:
    recorder = nn2gltf.Recorder(nn.Linear(4, 2), probes=torch.zeros(1, 4)).start(accuracy=values[0])
    recorder.step(1, accuracy=values[1])
    recording = recorder.recording()
    assert is_percent(recording, "accuracy") is percent
    assert _accuracy_text(recording, "accuracy", 1) == text
