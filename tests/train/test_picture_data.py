"""Data sets beyond IDX files: folders of pictures, torchvision's by name, and models that fit what they hold."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nn2gltf.errors import InputDataError, InputMissingError, LimitError, UsageError
from nn2gltf.torch_vision import require_torchvision
from nn2gltf.train import pictures
from nn2gltf.train.data import load_dataset
from nn2gltf.train.registry import build_model

COLORS = {"blue": (20, 30, 200), "green": (20, 200, 30), "red": (200, 20, 30)}


def make_pictures(folder: Path, count: int, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> Path:
    rng = np.random.default_rng(0)
    for name, color in COLORS.items():
        (folder / name).mkdir(parents=True)
        for index in range(count):
            noise = rng.integers(0, 40, (size[1], size[0], 3)) + np.array(color)
            picture = Image.fromarray(noise.clip(0, 255).astype(np.uint8)).convert(mode)
            picture.save(folder / name / f"{index:02d}.png")
    (folder / name / "notes.txt").write_text("no picture")
    return folder


def test_a_folder_by_class_is_split(tmp_path: Path) -> None:
    data = load_dataset(str(make_pictures(tmp_path / "paints", 10)))
    assert (data.name, data.classes, data.channels, data.side) == ("paints", ("blue", "green", "red"), 3, 64)
    assert data.train_images.shape == (24, 64, 64, 3)
    assert np.bincount(data.test_labels).tolist() == [2, 2, 2]
    assert "Every fifth of a class is for testing." in data.source
    for index, color in enumerate(COLORS.values()):
        mean = data.test_images[data.test_labels == index].mean(axis=(0, 1, 2))
        assert np.abs(mean - color - 20).max() < 8
    batch = data.normalise(data.train_images)
    assert batch.shape == (24, 3, 64, 64)
    assert abs(float(batch.mean())) < 1e-3
    assert abs(float(batch.std()) - 1) < 1e-3


def test_a_folder_with_both_parts(tmp_path: Path) -> None:
    make_pictures(tmp_path / "d" / "train", 4, size=(16, 16), mode="L")
    make_pictures(tmp_path / "d" / "val", 2, size=(16, 16), mode="L")
    data = load_dataset(str(tmp_path / "d"))
    assert (data.channels, data.side) == (1, 16)
    assert (len(data.train_images), len(data.test_images)) == (12, 6)
    assert load_dataset(str(tmp_path / "d"), image_size=8).side == 8


def test_what_is_wrong_with_a_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_pictures(tmp_path / "d", 3)
    (folder / "red" / "00.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(InputDataError, match="cannot be read") as caught:
        load_dataset(str(folder))
    assert str(caught.value.where).endswith("00.png")
    (folder / "red" / "00.png").unlink()
    monkeypatch.setattr(pictures, "MAX_BYTES", 1000)
    with pytest.raises(LimitError, match="image_size=32"):
        load_dataset(str(folder))
    (folder / "red" / "01.png").unlink()
    with pytest.raises(InputMissingError, match="too few pictures of class red"):
        load_dataset(str(folder))


class Paints:
    """What torchvision's data sets look like."""

    def __init__(self, root: str, train: bool = True, download: bool = False) -> None:
        if not (Path(root) / "paints").exists() and not download:
            raise RuntimeError("Dataset not found. You can use download=True to download it")
        self.classes = ["blue", "green"]
        self.rows = [(Image.new("RGB", (12, 12), (i, 0, 0)), i % 2) for i in range(20 if train else 6)]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        return self.rows[index]


def test_any_data_set_of_torchvision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = require_torchvision().datasets
    monkeypatch.setattr(datasets, "Paints", Paints, raising=False)
    monkeypatch.setattr(datasets, "__all__", (*datasets.__all__, "Paints"))
    with pytest.raises(InputMissingError, match="Paints cannot be read: Dataset not found"):
        load_dataset("paints", data_dir=tmp_path, download=False)
    (tmp_path / "paints").mkdir()
    for name in ("paints", "Paints", "torchvision:Paints"):
        data = load_dataset(name, data_dir=tmp_path, download=False)
        assert (data.name, data.classes, data.channels, data.side) == ("Paints", ("blue", "green"), 3, 12)
        assert (len(data.train_images), len(data.test_images)) == (20, 6)
        assert data.train_images[7, 0, 0].tolist() == [7, 0, 0]


def test_unknown_names_are_usage_errors() -> None:
    with pytest.raises(UsageError, match=r"those of torchvision, or a folder"):
        load_dataset("emoji")
    with pytest.raises(UsageError, match="Did you mean torchvision:CIFAR10"):
        load_dataset("torchvision:CIFR10")
    with pytest.raises(UsageError, match=r"has no parts for training and testing|is not for classification"):
        load_dataset("torchvision:FakeData", download=False)


@pytest.mark.parametrize("name", ["mlp", "mlp-deep", "lenet", "resnet"])
def test_models_fit_other_images(name: str) -> None:
    import torch

    model = build_model(name, classes=3, channels=3, side=32).eval()
    assert model(torch.rand(2, 3, 32, 32)).shape == (2, 3)
    plain, again = build_model(name, seed=1), build_model(name, seed=1, channels=1, side=28)
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), again.parameters(), strict=True))


def test_the_command_trains_on_a_folder(tmp_path: Path) -> None:
    folder = make_pictures(tmp_path / "paints", 12)
    output = tmp_path / "x.glb"
    options = [
        "--data",
        str(folder),
        "--image-size",
        "20",
        "--model",
        "lenet",
        "--epochs",
        "3",
        "-o",
        str(output),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "nn2gltf", "train", *options, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert "20 × 20 pixels" in answer["data"]
    assert answer["steps"][-1]["metrics"]["test_accuracy"] > 0.9
