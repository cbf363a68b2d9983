"""Layers above the budget: what is kept of them is exact, and it is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorders import IMAGES, make_recorder

from nn2gltf.api.scenes import export_recording
from nn2gltf.ir.recording import Recording
from nn2gltf.ir.reduced import Reduced
from nn2gltf.record import read_recording
from nn2gltf.record.budget import plan_reductions
from nn2gltf.train.registry import build_model

SHAPES = st.dictionaries(
    st.sampled_from("abcdef"), st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple), min_size=1
)


@given(shapes=SHAPES, probes=st.integers(1, 4), budget=st.integers(1, 3000))
def test_a_plan_keeps_to_its_budget(shapes: dict[str, tuple[int, ...]], probes: int, budget: int) -> None:
    plans = plan_reductions(shapes, probes=probes, max_values=budget)
    stored = {key: plans[key].stored_shape if key in plans else shape for key, shape in shapes.items()}
    total = probes * sum(int(np.prod(shape)) for shape in stored.values())
    assert total <= budget or all(int(np.prod(shape)) == 1 for shape in stored.values())
    if probes * sum(int(np.prod(shape)) for shape in shapes.values()) <= budget:
        assert plans == {}
    assert plan_reductions(shapes, probes=probes, max_values=budget) == plans


@given(shape=st.lists(st.integers(1, 7), min_size=1, max_size=3).map(tuple), data=st.data())
def test_reducing_averages_blocks(shape: tuple[int, ...], data: st.DataObject) -> None:
    pool = tuple(data.draw(st.integers(1, 8)) for _ in shape)
    kept = data.draw(st.none() | st.sets(st.integers(0, shape[0] - 1), min_size=1).map(sorted).map(tuple))
    smaller = Reduced(shape=shape, pool=pool, chosen=kept)
    assert Reduced.from_json(smaller.to_json()) == smaller
    values = np.random.default_rng(0).random((2, *shape), dtype=np.float32)
    stored = smaller.reduce(values)
    assert stored.shape == (2, *smaller.stored_shape)
    chosen = values if kept is None else values[:, list(kept)]
    for place in np.ndindex(stored.shape[1:]):
        block = tuple(slice(i * size, (i + 1) * size) for i, size in zip(place, pool, strict=True))
        expected = chosen[(slice(None), *block)].reshape(2, -1).mean(axis=1)
        np.testing.assert_allclose(stored[(slice(None), *place)], expected, rtol=1e-5)
    whole = smaller.expand(stored)
    assert whole.shape == values.shape
    for index in range(shape[0]):
        assert np.isnan(whole[:, index]).all() == (kept is not None and index not in kept)
    np.testing.assert_allclose(smaller.reduce(whole), stored, rtol=1e-5)


def test_a_recording_above_the_budget(tmp_path: Path) -> None:
    def record(budget: int, path: Path | None) -> Recording:
        recorder = make_recorder(build_model("lenet"), max_values=budget, path=path).start()
        recorder.step()
        recorder.close()
        return recorder.recording()

    full, less = record(10**7, None), record(9000, tmp_path / "run")
    assert not full.reduced
    assert set(less.reduced) >= {"conv1", "relu1"}
    stored = sum(less.values.activation(layer_id, 0).size for layer_id in less.recorded)
    assert 4500 < stored <= 9000
    for layer_id in less.recorded:
        whole, shown = full.activation(layer_id, 0), less.activation(layer_id, 0)
        assert shown.shape == whole.shape
        assert shown.mean() == pytest.approx(whole.mean(), abs=1e-5)
        if layer_id in less.reduced:
            assert "to keep to 9,000 values a step" in less.reductions[layer_id]
        else:
            np.testing.assert_array_equal(shown, whole)
    again = read_recording(tmp_path / "run")
    assert again.reduced == less.reduced
    written = export_recording(again, tmp_path / "run.glb")
    assert any("averaged over blocks" in note for note in written.notes)


def test_channels_go_when_there_is_one_place_left() -> None:
    recording = make_recorder(build_model("mlp"), IMAGES, max_values=60).start().recording()
    assert recording.reduced["hidden"].chosen is not None
    assert np.isnan(recording.activation("hidden", 0)).any()
    assert "channels are kept" in recording.reductions["hidden"]
