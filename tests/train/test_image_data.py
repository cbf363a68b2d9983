"""Data sets: where they are found, how they are named, and what is said when they are not there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from idx_files import encode_idx, make_parts, write_parts

from nn2gltf.errors import InputDataError, InputMissingError, UsageError
from nn2gltf.train.data import ImageData, load_dataset, pixel_statistics
from nn2gltf.train.datasets import search_path


@pytest.fixture(autouse=True)
def _no_other_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NN2GLTF_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", ["MNIST/raw", "raw", "."])
def test_every_layout_is_accepted(tmp_path: Path, layout: str, packed: bool) -> None:
    write_parts(tmp_path / "root" / layout, make_parts(), packed=packed)
    data = load_dataset("mnist", data_dir=tmp_path / "root")
    assert data.train_images.shape == (30, 28, 28)
    assert data.train_images.dtype == np.uint8
    assert data.test_labels.tolist() == list(range(10))
    assert data.test_labels.dtype == np.int64
    assert (data.mean, data.std) == (0.1307, 0.3081)
    assert str(tmp_path / "root") in data.source


def test_the_environment_then_here_then_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parts(tmp_path / "cache/nn2gltf/data/KMNIST/raw", make_parts(seed=1))
    from_cache = load_dataset("kmnist", download=False)
    assert "cache" in from_cache.source
    write_parts(Path("data/KMNIST/raw"), make_parts(seed=2))
    assert "cache" not in load_dataset("kmnist", download=False).source
    monkeypatch.setenv("NN2GLTF_DATA_DIR", str(tmp_path / "elsewhere"))
    write_parts(tmp_path / "elsewhere/KMNIST/raw", make_parts(seed=3))
    assert "elsewhere" in load_dataset("kmnist", download=False).source


def test_downloads_do_not_litter_the_current_folder(tmp_path: Path) -> None:
    assert search_path(None).download_to == tmp_path / "cache" / "nn2gltf" / "data"
    Path("data").mkdir()
    assert search_path(None).download_to == Path("data")


def test_the_folder_of_another_data_set_is_never_taken(tmp_path: Path) -> None:
    raw = write_parts(tmp_path / "MNIST" / "raw", make_parts())
    assert load_dataset("mnist", data_dir=raw).name == "MNIST"
    for data_dir in (raw, raw.parent):
        with pytest.raises(InputMissingError):
            load_dataset("fashion-mnist", data_dir=data_dir, download=False)


def test_class_names() -> None:
    from nn2gltf.train.datasets import DATASETS

    assert DATASETS["fashion-mnist"].classes[9] == "ankle boot"
    assert all(len(family.classes) == 10 for family in DATASETS.values())


def test_a_folder_is_a_data_set(tmp_path: Path) -> None:
    write_parts(tmp_path / "letters", make_parts(classes=4))
    data = load_dataset(str(tmp_path / "letters"))
    assert data.name == "letters"
    assert data.classes == ("0", "1", "2", "3")
    assert data.mean == pytest.approx(float(np.mean(data.train_images / 255)))
    with pytest.raises(InputMissingError, match="no IDX files"):
        load_dataset(str(tmp_path / "work"))


def test_missing_data_offline_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputMissingError) as caught:
        load_dataset("mnist", data_dir=tmp_path / "nothing", download=False)
    assert caught.value.code == "E_DATA_MISSING"
    assert caught.value.exit_code == 66
    assert 'data="digits"' in str(caught.value)
    assert str(tmp_path / "nothing" / "MNIST" / "raw") in str(caught.value)
    assert not (tmp_path / "nothing").exists()


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(UsageError, match="mnist, fashion-mnist, kmnist, digits, auto"):
        load_dataset("cifar")


UNFIT = {
    "t10k-labels-idx1-ubyte": (encode_idx(np.zeros(7, dtype=np.uint8)), "7 labels for 10 images"),
    "train-labels-idx1-ubyte": (encode_idx(np.full(30, 10, dtype=np.uint8)), "label 10, expected 0 to 9"),
    "t10k-images-idx3-ubyte": (encode_idx(np.zeros((10, 28, 27), dtype=np.uint8)), "28 × 27 pixels"),
    "train-images-idx3-ubyte": (encode_idx(np.zeros((0, 28, 28), dtype=np.uint8)), "30 labels for 0 images"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_files_that_do_not_fit_together(tmp_path: Path, name: str) -> None:
    content, message = UNFIT[name]
    write_parts(tmp_path / "MNIST" / "raw", {**make_parts(), name: content})
    with pytest.raises(InputDataError, match=message) as caught:
        load_dataset("mnist", data_dir=tmp_path)
    assert caught.value.code == "E_IDX"
    assert f"{name.partition('-')[0]}-" in str(caught.value)


def test_auto_takes_mnist_from_disk_and_else_the_digits(tmp_path: Path) -> None:
    digits = load_dataset("auto", data_dir=tmp_path, download=False)
    assert digits.name == "UCI digits"
    assert "since MNIST is not on disk" in digits.source
    write_parts(tmp_path / "MNIST" / "raw", make_parts())
    assert load_dataset("auto", data_dir=tmp_path, download=False).name == "MNIST"


def test_auto_does_not_hide_damage(tmp_path: Path) -> None:
    write_parts(tmp_path / "MNIST" / "raw", {**make_parts(), "t10k-labels-idx1-ubyte": b"junk"})
    with pytest.raises(InputDataError):
        load_dataset("auto", data_dir=tmp_path, download=False)


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return load_dataset("digits")


def test_digits_are_split_by_class_and_always_the_same(digits: ImageData) -> None:
    assert digits.train_images.shape == (1442, 28, 28)
    assert digits.test_images.shape == (355, 28, 28)
    assert np.bincount(digits.test_labels).min() >= 34
    parts = (digits.train_images, digits.train_labels, digits.test_images, digits.test_labels)
    total = hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()
    assert total == "5c8c803c2eb9059a9a72560968a3583c3a04208feb3c3154965c7795dec1ca80"


def test_digits_are_framed_like_mnist(digits: ImageData) -> None:
    border = digits.train_images.copy()
    border[:, 1:-1, 1:-1] = 0
    assert not border.any()
    assert digits.train_images.max() == 255


def test_normalised_images_have_mean_0_and_deviation_1(digits: ImageData) -> None:
    values = digits.normalise(digits.train_images)
    assert values.shape == (1442, 1, 28, 28)
    assert values.dtype == np.float32
    assert abs(float(values.mean())) < 1e-4
    assert float(values.std()) == pytest.approx(1, abs=1e-4)


def test_pixel_statistics_of_flat_images_do_not_divide_by_zero() -> None:
    assert pixel_statistics(np.zeros((2, 28, 28), dtype=np.uint8)) == (0.0, 1.0)


def test_real_mnist_is_read(mnist_root: Path | None) -> None:
    if mnist_root is None:
        pytest.skip("real MNIST is not on this machine")
    data = load_dataset("mnist", data_dir=mnist_root, download=False)
    assert len(data.train_images) == len(data.train_labels) >= 8000
    assert np.bincount(data.train_labels).min() > 0.08 * len(data.train_labels)
    assert float((data.train_images / 255).mean()) == pytest.approx(0.1307, abs=0.002)
