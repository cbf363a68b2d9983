"""Programs that open scenes, one of each for a whole run, and the scenes they open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from blender import find_blender
from browser import Browser, missing_tools
from graphs import chain, record
from observe import BlenderConsumer, Consumer, WebConsumer
from truth import Truth, read_truth

from nn2gltf.api.scenes import SceneOptions, encode_recording, write_scene
from nn2gltf.api.training import train_model
from nn2gltf.ir.recording import MemoryValues, Recording
from nn2gltf.passes import run_passes
from nn2gltf.train.options import TrainOptions

CONSUMERS = ("three", "babylon", "blender 4.2", "blender 5.0")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if problem := missing_tools():
        pytest.skip(f"no browser test ran: {problem}")
    with Browser() as opened:
        yield opened


@pytest.fixture(scope="session", params=CONSUMERS)
def consumer(request: pytest.FixtureRequest) -> Consumer:
    """Each program in turn."""
    name: str = request.param
    if name.startswith("blender"):
        version = name.removeprefix("blender ")
        if find_blender(version) is None:
            pytest.skip(f"no test ran in Blender {version}: its bpy environment is missing (make blender)")
        return BlenderConsumer(version)
    return WebConsumer(request.getfixturevalue("browser"), name)


def with_still_input(recording: Recording) -> Recording:
    """The same recording whose input does not change from step to step: probes are fixed samples."""
    first = recording.activation("input", 0)
    steps = tuple(
        {
            layer: first if layer == "input" else recording.activation(layer, step)
            for layer in recording.recorded
        }
        for step in range(len(recording.steps))
    )
    weights = recording.values.weights if isinstance(recording.values, MemoryValues) else ()
    return replace(recording, values=MemoryValues(activations=steps, weights=weights))


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """A small classifier with a skip and random values, so that no two tiles look alike."""
    graph = chain((1, 9, 9), (4, 8, 8), (4, 8, 8), (3, 5, 7), (20,), (10,), skips=((1, 2),))
    recording = with_still_input(record(graph, steps=5))
    path = tmp_path_factory.mktemp("made-up") / "scene.glb"
    write_scene(encode_recording(recording, SceneOptions()), path)
    return read_truth(path, recording, graph)


def train_scene(model: str, folder: Path, *, epochs: int) -> Truth:
    """A scene of a network trained here on the bundled digits."""
    path = folder / f"{model}.glb"
    run = train_model(model, data="digits", options=TrainOptions(epochs=epochs), output=path)
    return read_truth(path, run.recording, run_passes(run.recording.graph))


@pytest.fixture(scope="session", params=["lenet", "mlp", "resnet"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """What `nn2gltf train` writes after two epochs, ten probes."""
    return train_scene(request.param, tmp_path_factory.mktemp(request.param), epochs=2)


@pytest.fixture(scope="session")
def lenet(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """The demo's network over ten epochs, ten probes."""
    return train_scene("lenet", tmp_path_factory.mktemp("ten-epochs"), epochs=10)


@pytest.fixture(scope="session")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """Thirteen steps of signed values, some of them not numbers."""
    graph = chain((1, 6, 6), (3, 6, 5), (12,), (10,))
    recording = with_still_input(record(graph, steps=13, signed=True))
    for step in range(3):
        recording.activation("layer1", step)[:, 0, 2, step] = (np.nan, np.inf, -np.inf)[step]
        recording.activation("layer2", step)[:, 5] = np.nan
    path = tmp_path_factory.mktemp("long-run") / "scene.glb"
    write_scene(encode_recording(recording, SceneOptions()), path)
    return read_truth(path, recording, graph)
