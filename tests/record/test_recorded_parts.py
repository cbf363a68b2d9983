"""What is recorded beside activations: every number against a plain computation of the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from recorders import IMAGES, make_recorder
from recordings import assert_same
from torch import Tensor, nn
from torch.nn import functional

from nn2gltf.errors import UsageError
from nn2gltf.ir.recording import Recording
from nn2gltf.record import read_recording, write_recording
from nn2gltf.train.registry import build_model

ALL = ("weights", "changes", "units", "predictions", "gradients", "updates", "statistics")


def loader(count: int = 20, batch: int = 7) -> list[tuple[Tensor, Tensor]]:
    images = torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(count) % 3
    return list(zip(images.split(batch), labels.split(batch), strict=True))


def train_once(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer.zero_grad()
    functional.cross_entropy(model(IMAGES), torch.tensor([0, 1, 2])).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return before


def same_everywhere(recorder: Any, path: Path) -> Recording:
    """The recording, after a way through files that must lose nothing."""
    recording = recorder.recording()
    write_recording(recording, path)
    again = read_recording(path)
    assert_same(recording, again)
    assert again.numbers == recording.numbers
    for quantity, names in recording.numbers.items():
        for name in names:
            for step in range(len(recording.steps)):
                one, other = recording.number(quantity, name, step), again.number(quantity, name, step)
                assert (one is None) == (other is None)
                np.testing.assert_array_equal(one, other)
    return again


def test_norms_changes_gradients_and_updates(tmp_path: Path) -> None:
    model = build_model("lenet")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    recorder = make_recorder(model, record=ALL, optimizer=optimizer, evaluate=loader()).start()
    start = {name: p.detach().clone() for name, p in model.named_parameters()}
    train_once(model, optimizer)
    before = train_once(model, optimizer)
    recorder.step()
    recorder.close()
    recording = same_everywhere(recorder, tmp_path / "copy")
    for name, parameter in model.named_parameters():
        value = parameter.detach()
        assert parameter.grad is not None
        expected = {
            "weight-norm": value.norm(),
            "weight-change": (value - start[name]).norm(),
            "gradient-norm": parameter.grad.norm(),
            "update-ratio": (value - before[name]).norm() / value.norm(),
        }
        for quantity, number in expected.items():
            found = recording.number(quantity, name, 1)
            assert found is not None, (quantity, name)
            assert float(found) == pytest.approx(float(number), rel=1e-5)
        np.testing.assert_array_equal(recording.number("gradient", name, 1), parameter.grad.numpy())
        assert recording.number("weight-change", name, 0) is None
        assert recording.number("gradient-norm", name, 0) is None
    train_once(model, optimizer)
    assert not optimizer._optimizer_step_pre_hooks  # type: ignore[attr-defined]  # close() lets go


def test_statistics_over_a_loader(tmp_path: Path) -> None:
    model = build_model("lenet").eval()
    recorder = make_recorder(model, evaluate=loader(), classes=["a", "b", "c", "d"]).start()
    recording = same_everywhere(recorder, tmp_path / "copy")
    images = torch.cat([x for x, _ in loader()])
    labels = torch.cat([y for _, y in loader()])
    with torch.no_grad():
        conv = model.conv1(images)
        out = model(images)
    for layer_id, values in (("conv1", conv), ("out", out)):
        close = {"rtol": 1e-5, "atol": 1e-6}
        np.testing.assert_allclose(recording.number("mean", layer_id), values.mean(0), **close)
        np.testing.assert_allclose(recording.number("std", layer_id), values.std(0, correction=0), **close)
        by_class = recording.number("class-mean", layer_id)
        assert by_class is not None
        assert by_class.shape == (4, *values.shape[1:])
        for label in range(3):
            np.testing.assert_allclose(by_class[label], values[labels == label].mean(0), **close)
        assert np.isnan(by_class[3]).all()
    assert recording.number("samples", "all") == 20


def test_dead_and_saturated_units() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 8), nn.Sigmoid(), nn.Tanh())
    with torch.no_grad():
        model[0].weight.fill_(0.1)
        model[0].bias.copy_(torch.tensor([1.0, -9, -9, 1]))
        model[2].weight.zero_()
        model[2].bias.copy_(torch.tensor([9.0, -9, 0, 0, 0, 0, 0, 0]))
    recording = make_recorder(model, torch.rand(3, 4)).start().recording()
    assert recording.number("dead", "1") == 0.5
    assert recording.number("saturated", "3") == 0.25
    assert recording.number("saturated", "4") == 0
    assert recording.number("dead", "3") is None
    maps = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
    with torch.no_grad():
        maps[0].bias.copy_(torch.tensor([9.0, 9, 9, -9]))
    assert make_recorder(maps).start().recording().number("dead", "1") == 0.25


def test_predictions_and_confidence() -> None:
    model = build_model("mlp").eval()
    recording = make_recorder(model).start().recording()
    with torch.no_grad():
        shares = model(IMAGES).softmax(1)
    np.testing.assert_array_equal(recording.number("prediction", "out"), shares.argmax(1))
    np.testing.assert_allclose(recording.number("confidence", "out"), shares.max(1).values, rtol=1e-6)
    ended = nn.Sequential(nn.Flatten(), nn.Linear(784, 3), nn.Softmax(dim=1)).eval()
    with torch.no_grad():
        sure = ended(IMAGES).max(1).values
    np.testing.assert_allclose(make_recorder(ended).start().recording().number("confidence", "2"), sure)


def test_nothing_that_was_not_asked_for_is_kept() -> None:
    recording = make_recorder(build_model("mlp"), record=()).start().recording()
    assert recording.numbers == {}
    assert recording.weight("out.weight") is None
    chosen = make_recorder(build_model("lenet"), record="units").start().recording()
    assert set(chosen.numbers) == {"dead"}


def test_layers_are_chosen_by_patterns() -> None:
    recording = make_recorder(build_model("lenet"), layers=["conv*", "out", "!conv1"]).start().recording()
    assert recording.recorded == {"conv2", "out"}
    assert recording.reductions["conv1"] == "not recorded: left out by layers="
    assert make_recorder(build_model("lenet"), layers="!fc*").start().recording().recorded >= {"conv1", "out"}
    with pytest.raises(UsageError, match="no layer fits 'cnov\\*'"):
        make_recorder(build_model("lenet"), layers="cnov*").start()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"record": "wieghts"}, "'wieghts' cannot be recorded"),
        ({"record": "statistics"}, "need the argument evaluate="),
        ({"record": "updates"}, "need the argument optimizer="),
        ({"every": 0}, "every is 0"),
        ({"max_values": 1.5}, "max_values is 1.5"),
        ({"resume": True}, "nothing to resume"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_recorder(build_model("mlp"), **options)


def test_an_empty_loader_is_named() -> None:
    with pytest.raises(UsageError, match="gives no batch"):
        make_recorder(build_model("mlp"), evaluate=[]).start()


def test_every_and_the_last_one(tmp_path: Path) -> None:
    model = build_model("mlp")
    with make_recorder(model, every=3, path=tmp_path / "run") as recorder:
        answers = [recorder.step(loss=epoch / 10) for epoch in range(1, 9)]
    assert [step.epoch if step else None for step in answers] == [None, None, 3, None, None, 6, None, None]
    steps = read_recording(tmp_path / "run").steps
    assert [step.epoch for step in steps] == [0, 3, 6, 8]
    assert steps[-1].metrics == {"loss": 0.8}
    with pytest.raises(ZeroDivisionError), make_recorder(model, every=2, path=tmp_path / "run") as failing:
        failing.step()
        raise ZeroDivisionError
    assert [step.epoch for step in read_recording(tmp_path / "run").steps] == [0]
