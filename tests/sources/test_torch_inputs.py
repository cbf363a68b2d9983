"""Inputs without a sample: inferred from the model, or read from what the user typed."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hard_models import FunctionalNet, TwoInputs
from torch import Tensor, nn

from nn2gltf.errors import InputDataError, UsageError
from nn2gltf.sources.input_spec import InputSpec, parse_input_spec
from nn2gltf.sources.loaded import ReadOptions
from nn2gltf.sources.torch_builders import _picture_size, read_torchvision
from nn2gltf.sources.torch_inputs import build_inputs, infer_inputs
from nn2gltf.torch_vision import require_torchvision
from nn2gltf.train.models import MLP, LeNet


class Cifar(nn.Module):
    """Fits 32 x 32 pictures alone."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 5)
        self.fc = nn.Linear(4 * 14 * 14, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(nn.functional.max_pool2d(self.conv(x), 2).flatten(1))


def stated() -> nn.Module:
    model = nn.Linear(3, 3)
    model.example_input_array = torch.zeros(7, 3)
    return model


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (FunctionalNet(), (1, 1, 28, 28)),
        (LeNet(), (1, 1, 28, 28)),
        (MLP(), (1, 784)),
        (Cifar(), (1, 3, 32, 32)),
        (nn.Conv2d(3, 4, 7, stride=4), (1, 3, 224, 224)),
        (nn.Sequential(nn.Conv2d(5, 4, 3), nn.ReLU()), (1, 5, 32, 32)),
        (nn.Conv1d(2, 4, 3), (1, 2, 128)),
        (nn.Conv3d(1, 2, 3), (1, 1, 16, 16, 16)),
        (nn.GRU(6, 4, batch_first=True), (1, 16, 6)),
        (nn.Sequential(nn.Embedding(20, 4), nn.Linear(4, 2)), (1, 16)),
        (stated(), (7, 3)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_the_first_layer_tells_the_shape(model: nn.Module, shape: tuple[int, ...]) -> None:
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    (sample,) = infer_inputs(model)
    assert tuple(sample.shape) == shape
    model(sample)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_embeddings_get_indices_and_halves_get_halves() -> None:
    assert infer_inputs(nn.Embedding(20, 4))[0].dtype is torch.int64
    assert infer_inputs(nn.Linear(4, 4).double())[0].dtype is torch.float64


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1"])
def test_torchvisions_builders_get_224(name: str) -> None:
    with torch.device("meta"):
        model = require_torchvision().models.get_model(name, weights=None)
    assert tuple(infer_inputs(model)[0].shape) == (1, 3, 224, 224)


def test_a_lazy_model_stays_lazy() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.LazyLinear(2))
    assert tuple(infer_inputs(model)[0].shape) == (1, 4)
    assert isinstance(model[1], nn.LazyLinear)


@pytest.mark.parametrize("model", [TwoInputs(), nn.ReLU()], ids=["two-inputs", "no-shape"])
def test_what_cannot_be_inferred_shows_the_signature_and_the_line_to_type(model: nn.Module) -> None:
    with pytest.raises(InputDataError, match=r'forward\(.*inputs=\["1x[0-9x]+(:int64)?"\]') as caught:
        infer_inputs(model)
    assert caught.value.code == "E_INPUT_UNKNOWN"


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("1x3x224x224", InputSpec(shape=(1, 3, 224, 224))),
        ("ids=1x16:int64", InputSpec(shape=(1, 16), dtype="int64", name="ids")),
        (" 4:bfloat16 ", InputSpec(shape=(4,), dtype="bfloat16")),
    ],
)
def test_specifications_are_read(text: str, spec: InputSpec) -> None:
    assert parse_input_spec(text) == spec


@pytest.mark.parametrize("text", ["", "1x", "x3", "1x0x3", "1x3:float33", "1x3:nn", "1,3", "1x-3", "=1x3"])
def test_wrong_specifications_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="inputs="):
        parse_input_spec(text)


def test_inputs_are_built_by_place_and_by_name() -> None:
    args, kwargs = build_inputs([parse_input_spec("2x3"), parse_input_spec("mask=1x4:bool")])
    assert [tuple(a.shape) for a in args] == [(2, 3)]
    assert kwargs["mask"].dtype is torch.bool
    with pytest.raises(UsageError, match=r"2\^31"):
        build_inputs([parse_input_spec("100000x100000")])


class TwoNamed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.example_input_array = {"mask": torch.ones(1, 3), "x": torch.zeros(1, 3)}

    def forward(self, x: Tensor, scale: float = 2.0, mask: Tensor | None = None) -> Tensor:
        return self.layer(x * scale if mask is None else x * mask)


def test_named_example_inputs_go_to_their_places() -> None:
    x, scale, mask = infer_inputs(TwoNamed())
    assert (tuple(x.shape), scale, tuple(mask.shape)) == ((1, 3), 2.0, (1, 3))


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("inception_v3", [(1, 3, 299, 299)]),
        ("vit_b_16", [(1, 3, 224, 224)]),
        ("lraspp_mobilenet_v3_large", [(1, 3, 520, 520)]),
        ("ssdlite320_mobilenet_v3_large", [[(3, 320, 320)]]),
        ("r3d_18", [(1, 3, 16, 112, 112)]),
        ("mvit_v1_b", [(1, 3, 16, 224, 224)]),
        ("raft_small", [(1, 3, 128, 224), (1, 3, 128, 224)]),
    ],
)
def test_torchvision_models_say_what_they_read(name: str, shapes: list[Any]) -> None:
    models = require_torchvision().models
    weights = {"weights_backbone": None} if "ssd" in name or "lraspp" in name else {}
    with torch.device("meta"):
        model = models.get_model(name, weights=None, **weights)
    args = infer_inputs(model)
    assert [[tuple(t.shape) for t in a] if isinstance(a, list) else tuple(a.shape) for a in args] == shapes


def test_a_half_model_gets_half_pictures() -> None:
    model = require_torchvision().models.squeezenet1_1(weights=None).half()
    assert infer_inputs(model)[0].dtype is torch.float16


def test_builders_know_the_size_of_their_own_weights_pictures() -> None:
    loaded = read_torchvision("efficientnet_b3", ReadOptions())
    assert tuple(infer_inputs(loaded.module)[0].shape) == (1, 3, 300, 300)
    assert not any(isinstance(value, Tensor) for value in vars(loaded.module).values()), "nothing to be saved"


def test_a_model_knows_its_picture_better_than_its_first_weights() -> None:
    """torchvision lists vit_h_14's weights for 518 pixels first, and builds it for 224."""
    models = require_torchvision().models
    with torch.device("meta"):
        module = models.vit_h_14(weights=None)
    assert _picture_size(module, models, "vit_h_14") == 224
    assert _picture_size(models.squeezenet1_0(weights=None), models, "efficientnet_b3") == 300
