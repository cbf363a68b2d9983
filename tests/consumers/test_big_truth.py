"""Values of big scenes: ranked mosaics, pooled maps, channels on the last axis and folded vectors equal the recording."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import Browser
from compare import find_problems
from observe import Consumer, WebConsumer
from truth import Truth, read_truth

from nn2gltf.api.exporting import read_source
from nn2gltf.api.scenes import SceneOptions, encode_recording, write_scene
from nn2gltf.passes.options import PassOptions, simplify_graph

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SIDE = 96


def show(name: str, folder: Path) -> Truth:
    """A miniature of the gallery that looks at waves: its scene beside its recording."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    waves = np.stack([np.sin(9 * x + 3 * y), np.cos(14 * x * y), np.sin(30 * y)]).astype(np.float32)
    sys.path.insert(0, str(SAMPLES))
    import torch

    recording = read_source(f"{SAMPLES / 'gallery_models.py'}:{name}", sample=torch.from_numpy(waves)[None])
    path = folder / f"{name}.glb"
    write_scene(encode_recording(recording, SceneOptions()), path)
    return read_truth(path, recording, simplify_graph(recording.graph, PassOptions()))


@pytest.fixture(scope="module", params=["resnet152", "swin_t", "densenet121"])
def big(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """Terraces, terraces with channels last, and what concatenates."""
    return show(request.param, tmp_path_factory.mktemp("big"))


@pytest.mark.parametrize("consumer", ["three", "blender 5.0"], indirect=True)
def test_values_shown_equal_the_recording(big: Truth, consumer: Consumer) -> None:
    series = [big.moments("forward pass")[-1:]]
    problems = find_problems(big, series, consumer.observe(big.path, series, big.data_materials))
    assert not problems, "\n".join(problems[:12])
    ranked = [
        layer for layer in big.layers.values() if layer["mark"] == "maps" and layer["tiles"]["count"] > 9
    ]
    assert len(ranked) > 5


def test_channels_of_the_wrong_axis_are_found(tmp_path: Path, browser: Browser) -> None:
    """The comparison itself: a recording whose rows and columns are exchanged is not what the file shows."""
    truth = show("swin_t", tmp_path)
    last = next(
        key for key, layer in truth.layers.items() if layer.get("attributes", {}).get("channels_last")
    )
    turned = {**truth.values, last: truth.values[last].swapaxes(3, 4)}
    three, series = WebConsumer(browser, "three"), [truth.moments("forward pass")[-1:]]
    seen = three.observe(truth.path, series, truth.data_materials)
    assert any("off by" in line for line in find_problems(replace(truth, values=turned), series, seen))
