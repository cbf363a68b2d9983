"""Rows say and show what is true: pictures in colour, tables with their signs, the likeliest of many classes."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import nn2gltf
from nn2gltf.api.scenes import SceneOptions, encode_recording
from nn2gltf.encode.legend import _which
from nn2gltf.ir.recording import Recording
from nn2gltf.ir.scene import Scene


def scene_of(recording: Recording) -> Scene:
    return encode_recording(recording, SceneOptions.from_keywords(layout="row"))


def layer_of(scene: Scene, layer_id: str) -> dict[str, object]:
    layers = scene.extras["layers"]
    assert isinstance(layers, list)
    return next(layer for layer in layers if layer["id"] == layer_id)  # type: ignore[no-any-return, index, call-overload]


def record(model: nn.Module, probes: torch.Tensor, **options: object) -> Recording:
    return nn2gltf.Recorder(model, probes=probes, **options).start().recording()  # type: ignore[arg-type]


def test_a_colour_picture_keeps_its_colours() -> None:
    red = torch.zeros(1, 3, 8, 8)
    red[:, 0] = 1.0
    scene = scene_of(record(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()), red))
    image = next(image for image in scene.images if image.name == "input picture 0")
    assert (
        np.asarray(Image.open(io.BytesIO(image.png)).convert("RGB")).reshape(-1, 3).tolist()
        == [[255, 0, 0]] * 64
    )


@pytest.mark.parametrize(("shift", "palette", "low"), [(0.0, "diverging", -3.0), (3.0, "sequential", 0.0)])
def test_a_table_is_coloured_around_zero(shift: float, palette: str, low: float) -> None:
    numbers = torch.tensor([[-3.0, -1.0, 0.0, 2.0]]) + shift
    values = layer_of(scene_of(record(nn.Linear(4, 3), numbers)), "input")["values"]
    assert isinstance(values, dict)
    assert values["palette"] == palette
    assert (values["low"], values["high"]) == (low, 3.0 if shift == 0 else 5.0)


def test_the_likeliest_of_many_classes_have_bars() -> None:
    model = nn.Linear(2, 40)
    with torch.no_grad():
        model.weight.zero_()
        model.bias.copy_(torch.arange(40.0))
    scene = scene_of(record(model, torch.zeros(1, 2), classes=[f"kind {i}" for i in range(40)]))
    bars = [node.name for node in scene.nodes if node.extras.get("role") == "bar"]
    assert bars == [f"linear class kind {i}" for i in (39, 38, 37, 36, 35)]


def test_a_wide_output_without_classes_has_no_bars() -> None:
    scene = scene_of(record(nn.Linear(2, 40), torch.zeros(1, 2)))
    assert [node for node in scene.nodes if node.extras.get("role") == "bar"] == []


def test_the_legend_counts_connections() -> None:
    recording = record(nn.Linear(4, 3), torch.zeros(1, 4))
    assert _which(recording, 12) == "all, by |weight|"
    assert _which(recording, 11) == "the 11 strongest by |weight|"
