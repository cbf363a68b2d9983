"""Model files: what loads, and how kinds are told by content."""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from model_files import same_weights, zip_file
from torch import nn

from nn2gltf.errors import (
    InputDataError,
    InputMissingError,
    Nn2gltfError,
    RefusedError,
    UsageError,
)
from nn2gltf.sources.content import KINDS, detect_kind
from nn2gltf.sources.model_file import read_model
from nn2gltf.torch_vision import require_torchvision
from nn2gltf.train.models import MLP, DeepMLP, LeNet, ResNet

# ---------------------------------------------------------------- whole modules


@pytest.mark.parametrize("kind", [MLP, DeepMLP, LeNet, ResNet])
def test_our_own_models_load(kind: Callable[[], nn.Module], tmp_path: Path) -> None:
    model = kind()
    torch.save(model, tmp_path / "m.pt")
    loaded = read_model(str(tmp_path / "m.pt"))
    assert type(loaded.module) is type(model)
    assert same_weights(loaded.module, model)
    assert (loaded.weights, loaded.kind, loaded.name) == ("given", "torch", "m")


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.LSTM(3, 2)),
        nn.TransformerEncoderLayer(8, 2, 16, activation="gelu"),
        nn.Transformer(8, 2, 1, 1, 16),
        nn.ModuleDict({"a": nn.MultiheadAttention(4, 2), "b": nn.Softmax(-1)}),
    ],
    ids=["sequential", "encoder-gelu", "transformer", "dict"],
)
def test_modules_of_torch_nn_load(model: nn.Module, tmp_path: Path) -> None:
    torch.save(model, tmp_path / "m.pt")
    assert same_weights(read_model(str(tmp_path / "m.pt")).module, model)


@pytest.mark.parametrize("name", ["resnet18", "vit_b_16", "mobilenet_v3_small", "squeezenet1_1"])
def test_torchvisions_models_load(name: str, tmp_path: Path) -> None:
    models = require_torchvision().models
    with torch.device("meta"):
        model = models.get_model(name, weights=None)
    torch.save(model, tmp_path / "m.pt")
    loaded = read_model(str(tmp_path / "m.pt")).module
    assert type(loaded) is type(model)
    assert [n for n, _ in loaded.named_parameters()] == [n for n, _ in model.named_parameters()]


def test_a_checkpoint_gives_its_module_and_its_facts(tmp_path: Path) -> None:
    torch.save({"model": LeNet(), "epoch": 3, "classes": ["a", "b"], "optimizer": {}}, tmp_path / "c.pt")
    loaded = read_model(str(tmp_path / "c.pt"))
    assert isinstance(loaded.module, LeNet)
    assert loaded.facts == {"epoch": 3, "classes": ["a", "b"]}


# ---------------------------------------------------------------- weights alone


def test_weights_alone_need_a_model(tmp_path: Path) -> None:
    torch.save(LeNet().state_dict(), tmp_path / "w.pt")
    with pytest.raises(InputDataError, match="model="):
        read_model(str(tmp_path / "w.pt"))


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before-1.6"])
@pytest.mark.parametrize("key", [None, "state_dict", "model_state_dict"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod."])
def test_weights_go_into_the_model(tmp_path: Path, prefix: str, key: str | None, old: bool) -> None:
    model = LeNet()
    state: Any = {prefix + name: tensor for name, tensor in model.state_dict().items()}
    path = tmp_path / "w.pt"
    torch.save({key: state, "epoch": 1} if key else state, path, _use_new_zipfile_serialization=not old)
    loaded = read_model(str(path), model="nn2gltf.train.models:LeNet")
    assert same_weights(loaded.module, model)
    assert loaded.weights == "given"
    assert loaded.facts == ({"epoch": 1} if key else {})


def test_weights_go_into_a_torchvision_model(tmp_path: Path) -> None:
    built = read_model("torchvision:squeezenet1_1", seed=4)
    assert built.weights == "random"
    torch.save(built.module.state_dict(), tmp_path / "w.pt")
    loaded = read_model(str(tmp_path / "w.pt"), model="torchvision:squeezenet1_1")
    assert same_weights(loaded.module, built.module)
    assert loaded.weights == "given"


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    state = LeNet().state_dict()
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(InputDataError, match=r"missing hidden\.weight.*left over conv1\.weight.*and 5 more"):
        read_model(str(tmp_path / "w.pt"), model="nn2gltf.train.models:MLP")
    state["out.weight"] = torch.zeros(3, 84)
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(InputDataError, match=r"out\.weight is 3x84 and must be 10x84"):
        read_model(str(tmp_path / "w.pt"), model="nn2gltf.train.models:LeNet")


@pytest.mark.parametrize("content_", [[1, 2], {"a": 1}, {}, 3, {"optimizer": {"state": {}}}])
def test_a_file_without_a_model_says_what_it_holds(content_: Any, tmp_path: Path) -> None:
    torch.save(content_, tmp_path / "x.pt")
    with pytest.raises(InputDataError, match=r"no model and no weights"):
        read_model(str(tmp_path / "x.pt"))


# ---------------------------------------------------------------- told by content


CONTENTS: dict[str, tuple[str, bytes]] = {
    "scene": ("x.pt", b"glTF\x02\x00\x00\x00"),
    "keras": ("x.pt", b"\x89HDF\r\n\x1a\n"),
    "lfs": ("x.pt", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
    "page": ("x.pt", b"\n<!DOCTYPE html><html><body>404</body></html>"),
    "safetensors": ("x.pt", struct.pack("<Q", 2) + b"{}" + b"\0" * 8),
    "onnx": ("x.pt", b"\x08\x08\x12\x07pytorch"),
    "pickle": ("x.pt", pickle.dumps({"a": 1})),
    "unknown": ("x.pt", b"hello, world"),
    "torch-tar": ("x.pt", b"\0" * 257 + b"ustar\0" + b"\0" * 64),
}


@pytest.mark.parametrize("kind", sorted(CONTENTS))
def test_files_are_told_by_content_not_by_name(kind: str, tmp_path: Path) -> None:
    name, data = CONTENTS[kind]
    path = tmp_path / name
    path.write_bytes(data)
    assert detect_kind(path) == kind
    with pytest.raises(Nn2gltfError) as caught:
        read_model(str(path))
    assert KINDS[kind] in str(caught.value)
    assert caught.value.exit_code == (77 if kind in ("pickle", "torch-tar") else 65)
    assert caught.value.hint


def test_zip_archives_are_told_by_their_names(tmp_path: Path) -> None:
    members = {
        "torch": {"m/data.pkl": b"", "m/version": b"3"},
        "torchscript": {"m/data.pkl": b"", "m/code/__torch__.py": b""},
        "pt2": {"m/models/model.json": b"{}", "m/archive_format": b"pt2"},
        "keras": {"config.json": b"", "model.weights.h5": b""},
        "npz": {"arr_0.npy": b""},
        "zip": {"readme.txt": b""},
    }
    for kind, files in members.items():
        assert detect_kind(zip_file(tmp_path / f"{kind}.bin", files)) == kind


def test_torchscript_is_refused(tmp_path: Path) -> None:
    torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)).save(str(tmp_path / "ts.pt"))
    with pytest.raises(RefusedError, match="TorchScript"):
        read_model(str(tmp_path / "ts.pt"))


def test_missing_empty_and_odd_paths(tmp_path: Path) -> None:
    (tmp_path / "empty.pt").touch()
    with pytest.raises(InputDataError, match="empty"):
        read_model(str(tmp_path / "empty.pt"))
    with pytest.raises(InputMissingError, match="does not exist"):
        read_model(str(tmp_path / "nope.pt"))
    with pytest.raises(InputMissingError, match="folder"):
        read_model(str(tmp_path))
    os.mkfifo(tmp_path / "fifo.pt")
    with pytest.raises(InputMissingError, match="not a regular file"):
        read_model(str(tmp_path / "fifo.pt"))
    with pytest.raises(UsageError, match="neither a file nor a model"):
        read_model("lenett")
