"""Small scenes, decoded by an independent reader, are what they were when a person last looked at them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from decode import Decoded
from graphs import chain
from small_scenes import tiny_scene

from nn2gltf.api.scenes import export_recording
from nn2gltf.gltf import write_glb
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.recording import MemoryValues, Probe, Recording, Step

Golden = Callable[[str, Any], None]


def without_version(summary: Any) -> Any:
    """The generator's version changes with every release."""
    summary["scene"]["extras"]["nn2gltf"]["generator"] = "nn2gltf"
    return summary


def test_hand_made_scene(golden: Golden) -> None:
    golden("tiny_scene", without_version(Decoded(bytes(write_glb(tiny_scene()))).summary()))


def test_a_missing_golden_fails(golden: Golden, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        pytest.skip("goldens are being written")
    with pytest.raises(pytest.fail.Exception, match="is missing"):
        golden("no_such_golden", {})


def test_a_changed_scene_fails(golden: Golden, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        pytest.skip("goldens are being written")
    changed = without_version(Decoded(bytes(write_glb(tiny_scene()))).summary())
    changed["animations"][0]["channels"][2]["values"][0] = [0.001]
    with pytest.raises(AssertionError):
        golden("tiny_scene", changed)


def summary_of(tmp_path: Path, recording: Recording, **options: Any) -> Any:
    path = tmp_path / "scene.glb"
    export_recording(recording, path, **options)
    return without_version(Decoded(path.read_bytes()).summary())


def test_recorded_training(golden: Golden, tmp_path: Path) -> None:
    """Maps, units and class bars over three steps and three probes, from exact numbers."""
    graph = chain((1, 6, 6), (2, 6, 6), (5,), (3,))
    golden("recorded_training", summary_of(tmp_path, exact_recording(graph, steps=3)))


def test_one_step_with_a_skip(golden: Golden, tmp_path: Path) -> None:
    graph = chain((1, 4, 4), (2, 4, 4), (2, 4, 4), (2, 4, 4), skips=((1, 3),))
    golden("one_step_with_a_skip", summary_of(tmp_path, exact_recording(graph, steps=1), style="paper"))


def test_structure_alone(golden: Golden, tmp_path: Path) -> None:
    graph = chain((4,), (6,), (2,))
    recording = exact_recording(graph, steps=1)
    bare = replace(recording, recorded=frozenset(), probes=())
    golden("structure_alone", summary_of(tmp_path, bare))


def exact_recording(graph: Graph, *, steps: int) -> Recording:
    """Values that every machine computes alike: small integers over 64, by position."""

    def values(shape: tuple[int, ...], seed: int) -> Any:
        size = int(np.prod(shape))
        return ((np.arange(size) * 37 + seed * 11) % 64 / np.float32(64)).astype(np.float32).reshape(shape)

    activations = tuple(
        {layer.id: values(layer.outputs[0].shape, step) for layer in graph.layers} for step in range(steps)
    )
    weights = tuple(
        {
            p.name: values(p.shape, step + 1) - np.float32(0.5)
            for layer in graph.layers
            for p in layer.parameters
        }
        for step in range(steps)
    )
    return Recording(
        graph=graph,
        steps=tuple(Step(epoch=step, metrics={"accuracy": step / 4}) for step in range(steps)),
        probes=tuple(Probe(label=label, name=str(label)) for label in range(3)),
        values=MemoryValues(activations=activations, weights=weights),
        classes=("a", "b", "c") if graph.layers[-1].outputs[0].shape[1:] == (3,) else (),
        recorded=frozenset(graph.layer_by_id),
        meta={"dataset": "numbers", "weights": "trained"},
    ).check()
