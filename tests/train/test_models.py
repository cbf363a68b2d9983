"""The built-in models: shapes, names, seeds, and files that load through the allow-list."""

from __future__ import annotations

import io
from collections import OrderedDict

import pytest
import torch
from torch import nn

from nn2gltf.errors import UsageError
from nn2gltf.train import MODELS
from nn2gltf.train.registry import build_model, model_names

PARAMETERS = {"mlp": 101_770, "mlp-deep": 242_762, "lenet": 62_558, "resnet": 19_810}
SHOWN = {
    "mlp": ["hidden", "out"],
    "mlp-deep": ["hidden1", "hidden2", "hidden3", "out"],
    "lenet": ["conv1", "pool1", "conv2", "pool2", "fc1", "fc2", "out"],
}


def test_every_registered_model_is_tested() -> None:
    assert set(MODELS) == set(PARAMETERS)
    assert model_names()[: len(MODELS)] == list(MODELS)


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("classes", [10, 3])
def test_logits_of_images(name: str, classes: int) -> None:
    model = build_model(name, classes=classes).eval()
    assert model(torch.zeros(4, 1, 28, 28)).shape == (4, classes)
    if classes == 10:
        assert sum(p.numel() for p in model.parameters()) == PARAMETERS[name]


@pytest.mark.parametrize("name", SHOWN)
def test_names_that_a_picture_shows(name: str) -> None:
    kinds = (nn.Conv2d, nn.Linear, nn.MaxPool2d)
    shown = [path for path, module in build_model(name).named_modules() if isinstance(module, kinds)]
    assert shown == SHOWN[name]


def test_the_resnet_skips() -> None:
    model = build_model("resnet").eval()
    block = model.block1
    nn.init.zeros_(block.norm2.weight)
    maps = torch.rand(2, 8, 28, 28)
    torch.testing.assert_close(block(maps), maps)
    assert isinstance(block.shortcut, nn.Identity)
    assert block.shortcut is not model.block2.shortcut
    assert model.block2.shortcut.conv.kernel_size == (1, 1)


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_seed_decides_and_the_callers_state_stays(name: str) -> None:
    before = torch.get_rng_state()
    first, again, other = build_model(name), build_model(name, seed=0), build_model(name, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    for key, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[key])
    assert any(not torch.equal(v, other.state_dict()[k]) for k, v in first.state_dict().items())


@pytest.mark.parametrize("name", PARAMETERS)
def test_whole_modules_load_without_running_code(name: str) -> None:
    model = build_model(name).eval()
    file = io.BytesIO()
    torch.save(model, file)
    ours = {type(module) for module in model.modules()}
    torch_classes = [kind for kind in ours if kind.__module__.startswith("torch.nn.")]
    known = {kind for kind in ours if kind.__module__ == "nn2gltf.train.models"}
    assert known | set(torch_classes) == ours
    file.seek(0)
    with torch.serialization.safe_globals([*ours, set, OrderedDict]):
        loaded = torch.load(file, weights_only=True)
    images = torch.rand(2, 1, 28, 28)
    assert torch.equal(loaded(images), model(images))


def test_unknown_models_list_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"Did you mean 'lenet'.*mlp, mlp-deep, lenet, resnet") as caught:
        build_model("le-net")
    assert caught.value.code == "E_UNKNOWN_NAME"


def test_models_of_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    from nn2gltf.train import registry

    entry = EntryPoint("theirs", "nn2gltf.train.models:DeepMLP", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry] if group == registry.GROUP else [])
    assert model_names()[-1] == "theirs"
    assert type(build_model("theirs")).__name__ == "DeepMLP"
