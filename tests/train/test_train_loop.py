"""The training loop: reproducible, measured, interruptible, and good on real digits."""

from __future__ import annotations

import dataclasses
import math
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from nn2gltf.errors import InterruptedRunError, UsageError
from nn2gltf.ir.recording import Step
from nn2gltf.train.data import ImageData, load_dataset
from nn2gltf.train.loop import evaluate_model, train_model
from nn2gltf.train.options import TrainOptions
from nn2gltf.train.registry import build_model

METRICS = {"train_loss", "train_accuracy", "test_loss", "test_accuracy"}


@pytest.fixture(scope="module")
def few() -> ImageData:
    """320 training and 100 test digits."""
    data = load_dataset("digits")
    return dataclasses.replace(
        data,
        train_images=data.train_images[:320],
        train_labels=data.train_labels[:320],
        test_images=data.test_images[:100],
        test_labels=data.test_labels[:100],
    )


class Watcher:
    """Keeps what the loop tells; ``act`` runs after a batch."""

    def __init__(self, act: Any = None) -> None:
        self.batches: list[tuple[int, int, int]] = []
        self.steps: list[Step] = []
        self.act = act

    def batch_done(self, epoch: int, done: int, total: int) -> None:
        self.batches.append((epoch, done, total))
        if self.act:
            self.act(epoch, done)

    def epoch_done(self, step: Step) -> None:
        self.steps.append(step)


class FakeRecorder:
    """Keeps what the loop records."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def start(self, **metrics: float) -> None:
        self.calls.append(("start", metrics))

    def step(self, epoch: float | None = None, *, global_step: int | None = None, **metrics: float) -> None:
        self.calls.append(("step", epoch, global_step, metrics))


def weights(model: nn.Module) -> list[torch.Tensor]:
    return [value.clone() for value in model.state_dict().values()]


def same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("name", ["mlp", "lenet", "resnet"])
def test_the_same_seed_gives_the_same_weights(few: ImageData, name: str) -> None:
    runs = []
    for seed in (0, 0, 1):
        torch.manual_seed(torch.seed())  # the caller's random state must not matter
        model = build_model(name)
        before = torch.get_rng_state()
        result = train_model(model, few, TrainOptions(epochs=1, seed=seed))
        assert torch.equal(torch.get_rng_state(), before)
        runs.append((weights(model), result.steps))
    assert same(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]
    assert not same(runs[0][0], runs[2][0])


def test_what_is_measured_and_recorded(few: ImageData) -> None:
    watcher, recorder, model = Watcher(), FakeRecorder(), build_model("mlp")
    untrained = build_model("mlp")
    result = train_model(
        model, few, TrainOptions(epochs=2, evaluate=200), recorder=recorder, progress=watcher
    )
    assert [(step.epoch, step.step) for step in result.steps] == [(0, 0), (1, 5), (2, 10)]
    assert all(set(step.metrics) == METRICS for step in result.steps)
    assert watcher.steps == list(result.steps)
    assert watcher.batches[-1] == (2, 5, 5)
    assert [call[0] for call in recorder.calls] == ["start", "step", "step"]
    assert recorder.calls[2] == ("step", 2, 10, dict(result.steps[2].metrics))
    images = torch.from_numpy(few.normalise(few.train_images[:200]))
    for step, network in ((result.steps[0], untrained), (result.steps[2], model)):
        loss, accuracy = evaluate_model(network, images, torch.from_numpy(few.train_labels[:200]))
        assert math.isclose(loss, step.metrics["train_loss"])
        assert accuracy == step.metrics["train_accuracy"]
    assert result.steps[2].metrics["train_loss"] < result.steps[0].metrics["train_loss"] / 2


def test_a_started_recorder_is_not_started_again(few: ImageData) -> None:
    recorder = FakeRecorder()
    recorder.started = True  # type: ignore[attr-defined]
    train_model(build_model("mlp"), few, TrainOptions(epochs=1), recorder=recorder)
    assert [call[0] for call in recorder.calls] == ["step"]


@pytest.mark.parametrize(
    "change", [{"lr": 1e-3}, {"optimizer": "sgd"}, {"schedule": "constant"}, {"batch_size": 100}]
)
def test_every_option_matters(few: ImageData, change: dict[str, Any]) -> None:
    plain, other = build_model("mlp"), build_model("mlp")
    train_model(plain, few, TrainOptions(epochs=1))
    train_model(other, few, TrainOptions(epochs=1, **change))
    assert not same(weights(plain), weights(other))


def test_dropout_depends_on_the_seed_alone(few: ImageData) -> None:
    def run(seed: int) -> list[torch.Tensor]:
        model = build_model("mlp")
        net = nn.Sequential(model.flatten, model.hidden, nn.ReLU(), nn.Dropout(0.5), model.out)
        train_model(net, few, TrainOptions(epochs=1, seed=seed))
        return weights(net)

    assert same(run(3), run(3))
    assert not same(run(3), run(4))


def test_evaluation_restores_every_flag(few: ImageData) -> None:
    model = build_model("resnet").train()
    model.block1.norm1.eval()
    images, labels = torch.from_numpy(few.normalise(few.test_images)), torch.from_numpy(few.test_labels)
    evaluate_model(model, images, labels)
    assert model.training
    assert model.block2.norm1.training
    assert not model.block1.norm1.training


def test_ctrl_c_finishes_the_step_and_keeps_the_epochs(few: ImageData) -> None:
    def press(epoch: int, done: int) -> None:
        if (epoch, done) == (2, 3):
            signal.raise_signal(signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    watcher, recorder = Watcher(press), FakeRecorder()
    with pytest.raises(InterruptedRunError, match="interrupted in epoch 2 after 3 of 5 batches") as caught:
        train_model(build_model("mlp"), few, TrainOptions(epochs=3), recorder=recorder, progress=watcher)
    assert caught.value.exit_code == 130
    assert [call[1] for call in recorder.calls[1:]] == [1]
    assert watcher.batches[-1] == (2, 3, 5)
    assert signal.getsignal(signal.SIGINT) is handler


def test_ctrl_c_while_measuring_records_that_epoch_first(few: ImageData) -> None:
    class Press(FakeRecorder):
        def step(self, epoch: float | None = None, **rest: Any) -> None:
            signal.raise_signal(signal.SIGINT)
            super().step(epoch, **rest)

    recorder = Press()
    with pytest.raises(InterruptedRunError, match="interrupted after epoch 1"):
        train_model(build_model("mlp"), few, TrainOptions(epochs=3), recorder=recorder)
    assert [call[1] for call in recorder.calls[1:]] == [1]


def test_a_second_ctrl_c_stops_at_once(few: ImageData) -> None:
    def press_twice(epoch: int, done: int) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train_model(build_model("mlp"), few, TrainOptions(epochs=1), progress=Watcher(press_twice))


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"batch_size": 0}, {"lr": 0.0}, {"lr": math.nan}, {"weight_decay": -1.0}, {"seed": 2**64},
     {"optimizer": "adamw"}, {"schedule": "step"}, {"evaluate": 0}],
)  # fmt: skip
def test_senseless_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        TrainOptions(**wrong)


def test_options_survive_json() -> None:
    options = TrainOptions(epochs=3, lr=0.01, optimizer="sgd", schedule="constant", weight_decay=1e-4)
    assert TrainOptions.from_json({**options.to_json(), "later": 1}) == options


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Flatten(), "no parameters to train"),
        (nn.Linear(5, 10), r"does not take images of shape \(1, 28, 28\)"),
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 3)), "gives 3 logits, the data has 10 classes"),
    ],
)
def test_models_that_do_not_fit(few: ImageData, model: nn.Module, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        train_model(model, few, TrainOptions(epochs=1))


def test_lenet_learns_real_digits(mnist_root: Path | None) -> None:
    """At least 96 % after 5 epochs on MNIST's test images; the bundled digits have a tenth of its samples."""
    data = load_dataset("mnist", data_dir=mnist_root) if mnist_root else load_dataset("digits")
    result = train_model(build_model("lenet"), data, TrainOptions(epochs=5))
    assert result.test_accuracy >= (0.96 if mnist_root else 0.93), [s.metrics for s in result.steps]
