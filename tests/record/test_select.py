"""Thinning and merging: the right steps, bit for bit, and what does not fit together is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from recorders import IMAGES, make_recorder
from recordings import assert_same

import nn2gltf
from nn2gltf.errors import RecordingError, UsageError
from nn2gltf.gltf import read_glb
from nn2gltf.ir.recording import Recording
from nn2gltf.record import read_recording, write_recording
from nn2gltf.record.select import merge_recordings, select_steps
from nn2gltf.train.registry import build_model


def record(epochs: list[float], *, seed: int = 0, path: Path | None = None) -> Recording:
    """A drifting model; a step's values depend on its epoch alone."""
    model = build_model("mlp", seed=seed)
    start = {name: p.detach().clone() for name, p in model.named_parameters()}

    def move(epoch: float) -> None:
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.copy_(start[name] + 0.01 * epoch)

    recorder = make_recorder(model, path=path, record=("weights", "units"))
    move(epochs[0])
    recorder.start()
    for epoch in epochs[1:]:
        move(epoch)
        recorder.step(epoch, loss=1 / epoch)
    recorder.close()
    recording = recorder.recording()
    if epochs[0]:
        recording = replace(
            recording, steps=(replace(recording.steps[0], epoch=epochs[0]), *recording.steps[1:])
        )
    return recording


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("::2", [0, 2, 4, 6]),
        ("1:4", [1, 2, 3]),
        ("-2:", [5, 6]),
        ("3", [3]),
        ("-1", [6]),
        ("2:100:3", [2, 5]),
    ],
)
def test_steps_are_chosen_as_in_python(chosen: str, expected: list[int]) -> None:
    whole = record([*range(7)])
    part = select_steps(whole, chosen)
    assert [step.epoch for step in part.steps] == expected
    for index, original in enumerate(expected):
        np.testing.assert_array_equal(part.activation("out", index), whole.activation("out", original))
        np.testing.assert_array_equal(part.weight("out.weight", index), whole.weight("out.weight", original))
        assert part.number("dead", "relu", index) == whole.number("dead", "relu", original)


@pytest.mark.parametrize("chosen", ["", "a", "1:2:3:4", "9", "5:3", "::-1", "::0", ":1:x"])
def test_what_chooses_nothing_is_named(chosen: str) -> None:
    with pytest.raises(UsageError, match=r"chooses no"):
        select_steps(record([*range(4)]), chosen)


def test_parts_of_a_training_become_one(tmp_path: Path) -> None:
    whole = record([0, 1, 2, 3, 4])
    parts = [record([0, 1, 2, 3], path=tmp_path / "a"), record([2, 3, 4])]
    merged = merge_recordings(parts)
    assert [step.epoch for step in merged.steps] == [0, 1, 2, 3, 4]
    for index in range(5):
        np.testing.assert_array_equal(merged.activation("out", index), whole.activation("out", index))
    write_recording(merged, tmp_path / "merged")
    assert_same(read_recording(tmp_path / "merged"), merged)


def test_what_does_not_fit_is_refused() -> None:
    one = record([0, 1])
    with pytest.raises(UsageError, match="nothing to merge"):
        merge_recordings([one])
    other_model = make_recorder(build_model("lenet")).start().recording()
    with pytest.raises(RecordingError, match="different layers"):
        merge_recordings([one, other_model])
    other_probes = (
        make_recorder(build_model("mlp"), IMAGES + 1, record=("weights", "units")).start().recording()
    )
    with pytest.raises(RecordingError, match="different probes"):
        merge_recordings([one, other_probes])
    fewer = make_recorder(build_model("mlp"), layers="out").start().recording()
    with pytest.raises(RecordingError, match="different recorded layers"):
        merge_recordings([one, fewer])


def test_export_thins_and_joins(tmp_path: Path) -> None:
    record([0, 1, 2, 3], path=tmp_path / "a")
    merged = tmp_path / "b"
    write_recording(record([3, 4, 5]), merged)
    nn2gltf.export([tmp_path / "a", merged], tmp_path / "x.glb", steps="::2")
    extras = read_glb(tmp_path / "x.glb").json["scenes"][0]["extras"]["nn2gltf"]
    assert [step["epoch"] for step in extras["steps"]] == [0, 2, 4]
    layer = next(layer for layer in extras["layers"] if layer["id"] == "hidden")
    assert len(layer["numbers"]["dead"]) == 3
