"""Recorded means reach the scene: as probes of their own, with the values that a plain computation gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from decode import Decoded
from recorders import IMAGES, make_recorder
from torch import Tensor

from nn2gltf.api.scenes import SceneOptions, encode_recording
from nn2gltf.gltf import write_glb
from nn2gltf.ir.recording import Recording
from nn2gltf.record.means import with_means
from nn2gltf.train.registry import build_model

CLASSES = ["a", "b", "c", "d"]


def loader(count: int = 20, classes: int = 3) -> list[tuple[Tensor, Tensor]]:
    images = torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    return list(zip(images.split(7), (torch.arange(count) % classes).split(7), strict=True))


@pytest.fixture(scope="module")
def model() -> Any:
    torch.manual_seed(0)
    return build_model("lenet").eval()


@pytest.fixture(scope="module")
def recording(model: Any) -> Recording:
    return make_recorder(model, evaluate=loader(), classes=CLASSES).start().recording()


def stored(scene: Decoded, layer_id: str, probe: int) -> tuple[np.ndarray[Any, Any], float]:
    """(channels, rows, columns) values of a layer, as docs/scene-format.md says, and the size of a code."""
    extras = scene.json["scenes"][0]["extras"]["nn2gltf"]
    layer = next(layer for layer in extras["layers"] if layer["id"] == layer_id)
    tiles, values = layer["tiles"], layer["values"]
    page = extras["pages"][tiles["pages"][probe]]
    names = [image["name"] for image in scene.json["images"]]
    codes, low = (np.asarray(scene.image(names.index(page[key]))).astype(float) for key in ("image", "low"))
    x0, y0 = tiles["origins"][-1]
    g, w, h = tiles["gutter"], tiles["width"], tiles["height"]
    step = (values["high"] - values["low"]) / 254
    cells = []
    for unit in range(tiles["count"]):
        x = x0 + g + unit % tiles["columns"] * (w + 2 * g)
        y = y0 + g + unit // tiles["columns"] * (h + 2 * g)
        cut = np.s_[y : y + h, x : x + w]
        cells.append(values["low"] + step * (codes[cut] + (low[cut] - 127) / 254))
    return np.stack(cells), step / 254


def test_the_scene_holds_the_mean_and_that_of_each_class(model: Any, recording: Recording) -> None:
    scene = Decoded(bytes(write_glb(encode_recording(recording, SceneOptions.from_keywords(layout="row")))))
    extras = scene.json["scenes"][0]["extras"]["nn2gltf"]
    assert [(probe["name"], probe["label"], probe["samples"]) for probe in extras["probes"][3:]] == [
        ("mean of 20 samples", None, 20),
        ("mean of class a", 0, 20),
        ("mean of class b", 1, 20),
        ("mean of class c", 2, 20),
    ], "class d has no sample"
    assert all("samples" not in probe for probe in extras["probes"][:3])
    assert all("predictions" not in probe for probe in extras["probes"][3:]), "nothing read a mean"
    assert "4 probes are means over 20 samples, of each layer by itself." in " ".join(extras["reductions"])
    images = torch.cat([images for images, _ in loader()])
    labels = torch.cat([labels for _, labels in loader()])
    with torch.no_grad():
        units = torch.relu(model.conv1(images)).numpy()
    for probe, mean in ((3, units.mean(0)), (5, units[labels == 1].mean(0))):
        found, precision = stored(scene, "conv1", probe)
        np.testing.assert_allclose(found, mean, atol=precision)
    assert abs(units[labels == 1].mean(0) - units.mean(0)).max() > 100 * precision, "the two differ"


def test_what_was_recorded_without_means_stays_as_it_is(model: Any, recording: Recording) -> None:
    plain = make_recorder(model).start().recording()
    assert with_means(plain) is plain
    assert len(with_means(recording).probes) == 3 + 4
    np.testing.assert_array_equal(
        with_means(recording).activation("out", -1)[:3], recording.activation("out", -1)
    )


def test_of_many_classes_only_the_mean_of_all_is_shown() -> None:
    names = [f"kind {index}" for index in range(30)]
    wide = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 30))
    recording = make_recorder(wide, evaluate=loader(), classes=names).start().recording()
    assert [probe.name for probe in with_means(recording).probes[3:]] == ["mean of 20 samples"]


def test_a_layer_that_some_batch_did_not_reach_has_no_mean() -> None:
    class Sometimes(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = torch.nn.Linear(784, 5), torch.nn.Linear(5, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.second(self.first(x.flatten(1))[:3])

    recording = make_recorder(Sometimes(), IMAGES, evaluate=loader(), classes=CLASSES).start().recording()
    assert "first" in recording.numbers["mean"]
    assert "second" not in recording.numbers["mean"], "of 7 samples it saw 3"
    shown = with_means(recording).activation("second", -1)
    assert np.isnan(shown[3:]).all()
    assert not np.isnan(shown[:3]).any()
