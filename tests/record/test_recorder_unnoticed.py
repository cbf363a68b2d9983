"""Training with recording equals training without it, bit for bit; a careless recorder fails the same test."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nn2gltf.ir.graph import Graph, Layer, TensorSpec
from nn2gltf.ir.protocols import CapturedRun
from nn2gltf.record.torch_quiet import undisturbed
from nn2gltf.record.torch_recorder import Recorder
from nn2gltf.sources.torch_trace import capture_torch
from nn2gltf.train.data import ImageData, load_dataset
from nn2gltf.train.loop import train_model
from nn2gltf.train.options import TrainOptions
from nn2gltf.train.registry import build_model


class Random(nn.Module):
    """Everything that a careless recorder disturbs: dropout, batch statistics, and random numbers from everywhere."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5, stride=2)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(4 * 12 * 12, classes)
        self.register_buffer("calls", torch.zeros(()))
        self.register_buffer("last", torch.zeros(1))

    def forward(self, images: Tensor) -> Tensor:
        self.calls += 1
        self.last = images.mean().reshape(1)
        noise = random.random() + float(np.random.rand()) + float(torch.rand(()))
        maps = self.drop(self.norm(self.conv(images)))
        return self.out(maps.flatten(1)) * (1 + 1e-3 * noise)


MODELS: dict[str, Callable[[], nn.Module]] = {
    "mlp": lambda: build_model("mlp"),
    "lenet": lambda: build_model("lenet"),
    "resnet": lambda: build_model("resnet"),
    "random": Random,
}


@pytest.fixture(scope="module")
def few() -> ImageData:
    data = load_dataset("digits")
    return dataclasses.replace(
        data, train_images=data.train_images[:192], train_labels=data.train_labels[:192]
    )


class Careless:
    """The control: the model as it stands, nothing put back."""

    started = False

    def __init__(self, model: nn.Module, probes: Tensor) -> None:
        self.model, self.probes = model, probes

    def start(self, **metrics: float) -> None:
        self.step()

    def step(self, epoch: float | None = None, **metrics: float) -> None:
        self.model(self.probes)
        torch.rand(3)


def train(
    name: str, data: ImageData, make_recorder: Callable[[nn.Module, Tensor], Any] | None
) -> dict[str, Tensor]:
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    model = MODELS[name]()
    probes = torch.from_numpy(data.normalise(data.test_images[:10]))
    recorder = make_recorder(model, probes) if make_recorder else None
    steps = train_model(model, data, TrainOptions(epochs=2), recorder=recorder).steps
    state = {key: value.clone() for key, value in model.state_dict().items()}
    gradients = {
        f"gradient of {k}": p.grad.clone() for k, p in model.named_parameters() if p.grad is not None
    }
    loss = {"losses": torch.tensor([step.metrics["test_loss"] for step in steps], dtype=torch.float64)}
    after = {"random": torch.tensor([random.random(), float(np.random.rand()), float(torch.rand(()))])}
    return {**state, **gradients, **loss, **after}


def differing(a: dict[str, Tensor], b: dict[str, Tensor]) -> list[str]:
    assert a.keys() == b.keys()
    return [key for key in a if not torch.equal(a[key], b[key])]


@pytest.mark.parametrize("name", MODELS)
def test_recording_does_not_change_the_training(few: ImageData, name: str, tmp_path: Any) -> None:
    def recorded(model: nn.Module, probes: Tensor) -> Recorder:
        return Recorder(model, probes=probes, capture=capture_torch, path=tmp_path / "run")

    assert differing(train(name, few, None), train(name, few, recorded)) == []


def test_the_recorder_does_not_rely_on_the_capture(few: ImageData) -> None:
    def bare(model: Any, args: tuple[Any, ...], kwargs: Any, *, values: bool) -> CapturedRun:
        output = model(*args)
        layer = Layer(id="out", op="Model", kind="linear", outputs=(TensorSpec(shape=tuple(output.shape)),))
        return CapturedRun(graph=Graph(name="m", layers=(layer,), edges=()), values={"out": output})

    def recorded(model: nn.Module, probes: Tensor) -> Recorder:
        return Recorder(model, probes=probes, capture=bare)

    assert differing(train("random", few, None), train("random", few, recorded)) == []


@pytest.mark.parametrize(("name", "what"), [("resnet", "stem.norm.running_mean"), ("random", "conv.weight")])
def test_the_control_does(few: ImageData, name: str, what: str) -> None:
    assert what in differing(train(name, few, None), train(name, few, Careless))


def test_a_step_between_forward_and_backward_is_not_noticed() -> None:
    gradients = []
    for record in (False, True):
        torch.manual_seed(0)
        model = build_model("resnet").train()
        images = torch.rand(8, 1, 28, 28)
        recorder = Recorder(model, probes=images[:2], capture=capture_torch).start()
        loss = functional.cross_entropy(model(images), torch.arange(8))
        if record:
            recorder.step()
        loss.backward()  # type: ignore[no-untyped-call]
        gradients.append([p.grad for p in model.parameters()])
    for one, other in zip(*gradients, strict=True):
        assert one is not None
        assert other is not None
        assert torch.equal(one, other)


def test_every_submodules_own_flag_is_restored() -> None:
    model = build_model("resnet").train()
    model.block1.norm1.eval()
    model.block3.eval()
    flags = {path: module.training for path, module in model.named_modules()}
    seen: set[bool] = set()
    handle = model.block2.register_forward_pre_hook(lambda module, _: seen.add(module.training))
    Recorder(model, probes=torch.rand(2, 1, 28, 28), capture=capture_torch).start()
    handle.remove()
    assert {path: module.training for path, module in model.named_modules()} == flags
    assert seen == {False}


def test_gradients_hooks_and_grad_mode_are_left_alone() -> None:
    model = build_model("lenet")
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    hooks = [dict(module._forward_hooks) for module in model.modules()]
    call = nn.Module.__call__
    with torch.enable_grad():
        Recorder(model, probes=torch.rand(2, 1, 28, 28), capture=capture_torch).start()
        assert torch.is_grad_enabled()
    assert all(bool((p.grad == 1).all()) for p in model.parameters() if p.grad is not None)
    assert [dict(module._forward_hooks) for module in model.modules()] == hooks
    assert nn.Module.__call__ is call


def test_everything_is_put_back_when_the_model_fails() -> None:
    model = Random().train()
    torch.manual_seed(0)
    buffer, before = model.last, torch.get_rng_state()
    with pytest.raises(ZeroDivisionError), undisturbed(model):
        assert not model.training
        assert not torch.is_grad_enabled()
        model(torch.rand(2, 1, 28, 28))
        raise ZeroDivisionError
    assert model.training
    assert model.drop.training
    assert model.last is buffer
    assert float(model.calls) == 0
    assert float(buffer) == 0
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.is_grad_enabled()
