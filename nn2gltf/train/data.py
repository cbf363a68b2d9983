"""Image data sets as arrays: MNIST and its relatives from IDX files, or the bundled digits.

``load_dataset("auto", data_dir=None)`` always gives something: MNIST when it is on disk or quickly
downloaded, else the digits; :attr:`ImageData.source` says which, as a sentence.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import InputDataError, InputMissingError, Nn2gltfError, UsageError, safe
from nn2gltf.train.datasets import DATASETS, IdxFamily, SearchPath, find_idx_folder, find_part, search_path
from nn2gltf.train.digits import SIDE, read_digits
from nn2gltf.train.download import download_idx
from nn2gltf.train.idx import read_idx
from nn2gltf.train.pictures import PictureSet, is_picture_folder, read_picture_folder

Bytes = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]

AUTO_TIMEOUT_S = 10.0
"""How long ``auto`` may spend on downloading MNIST before it takes the bundled digits."""


@dataclass(frozen=True, kw_only=True)
class ImageData:
    """Images with labels, in two parts.

    Attributes:
        name: What a person calls it: ``MNIST``.
        train_images, test_images: (n, side, side) grey or (n, side, side, 3) sRGB, uint8.
        train_labels, test_labels: (n,) int64, indices into ``classes``.
        classes: Class names.
        mean, std: Of the pixels divided by 255; a model reads ``(pixel / 255 - mean) / std``.
        source: A sentence on where the data came from.
    """

    name: str
    train_images: Bytes
    train_labels: Labels
    test_images: Bytes
    test_labels: Labels
    classes: tuple[str, ...]
    mean: float
    std: float
    source: str

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for coloured ones."""
        return 1 if self.train_images.ndim == 3 else int(self.train_images.shape[3])

    @property
    def side(self) -> int:
        """Width and height of an image, pixels."""
        return int(self.train_images.shape[1])

    def normalise(self, images: Bytes) -> npt.NDArray[np.float32]:
        """Images as a model reads them: (n, 1 or 3, side, side) float32."""
        planes = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
        scaled = planes.astype(np.float32) / np.float32(255)
        return (scaled - np.float32(self.mean)) / np.float32(self.std)


def load_dataset(
    name: str,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = True,
    auto_timeout_s: float = AUTO_TIMEOUT_S,
    image_size: int | None = None,
) -> ImageData:
    """Load a data set by name, or from a folder of IDX files or of pictures.

    Args:
        name: ``mnist``, ``fashion-mnist``, ``kmnist``, ``digits`` (bundled), ``auto``, the name of any data set of
            torchvision for classification (``cifar10``, ``torchvision:Flowers102``), a folder that holds four IDX
            files, or one with a folder of pictures for each class.
        data_dir: The folder that torchvision calls root, or the one with the files itself. By default
            NN2GLTF_DATA_DIR, else ``data`` here and the user's cache are searched.
        download: Let torchvision download and verify what is missing.
        auto_timeout_s: How long ``auto`` may download, seconds.
        image_size: Side of pictures from torchvision or a folder, pixels; by default their own, 64 at most.

    Raises:
        UsageError: E_UNKNOWN_NAME: no data set or folder of that name.
        InputMissingError: E_DATA_MISSING: not on disk and not downloadable.
        InputDataError: E_IDX: a file is damaged, or images and labels do not fit together.

    >>> data = load_dataset("digits")
    >>> data.train_images.shape, data.classes[7]
    ((1442, 28, 28), '7')
    """
    if name == "digits":
        return _digits(source="The bundled handwritten digits (UCI, CC BY 4.0).")
    if name == "auto":
        return _auto(data_dir, download=download, timeout_s=auto_timeout_s)
    if name in DATASETS:
        return _from_idx(DATASETS[name], data_dir, download=download, timeout_s=None)
    if Path(name).is_dir():
        return _from_folder(Path(name), image_size)
    from nn2gltf.train.torch_datasets import PREFIX, find_dataset, read_torchvision

    try:
        find_dataset(name)
    except UsageError as error:
        if name.startswith(PREFIX):
            raise
        known = ", ".join([*DATASETS, "digits", "auto"])
        hint = f"Known: {known}, those of torchvision, or a folder with four IDX files or with pictures."
        raise UsageError(f"unknown data set {safe(name)!r}", code="E_UNKNOWN_NAME", hint=hint) from error
    train, test, classes, title = read_torchvision(
        name, data_dir=data_dir, download=download, side=image_size
    )
    return _from_pictures(train, test, classes, name=title, source=f"{title} of torchvision.")


def _auto(data_dir: str | os.PathLike[str] | None, *, download: bool, timeout_s: float) -> ImageData:
    try:
        return _from_idx(DATASETS["mnist"], data_dir, download=download, timeout_s=timeout_s)
    except InputMissingError as error:
        return _digits(source=f"The bundled handwritten digits (UCI, CC BY 4.0), since {error.message}.")


def _from_idx(
    family: IdxFamily,
    data_dir: str | os.PathLike[str] | None,
    *,
    download: bool,
    timeout_s: float | None,
) -> ImageData:
    search = search_path(data_dir)
    found, verb = find_idx_folder(family, search), "read from"
    if found is None:
        if not download:
            raise _missing(family, search.download_to, "is not on disk and may not be downloaded")
        found, verb = _download(family, search.download_to, timeout_s), "downloaded to"
    return _read_family(family, found, source=f"{family.title}, {verb} {safe(found)}.")


def _download(family: IdxFamily, target: Path, timeout_s: float | None) -> Path:
    try:
        return download_idx(family, target, timeout_s=timeout_s)
    except Nn2gltfError as error:
        reason = f"is not on disk and cannot be downloaded: {error.message}"
        raise _missing(family, target, reason) from error


def _missing(family: IdxFamily, target: Path, reason: str) -> InputMissingError:
    folder = safe(target / family.folder / "raw")
    hint = f"Put its four IDX files into {folder}, or use the bundled digits (--data digits)."
    return InputMissingError(f"{family.title} {reason}", code="E_DATA_MISSING", where=str(target), hint=hint)


def _from_pictures(
    train: PictureSet, test: PictureSet, classes: tuple[str, ...], *, name: str, source: str
) -> ImageData:
    mean, std = pixel_statistics(train.images)
    side = train.images.shape[1]
    return ImageData(
        name=name,
        train_images=train.images,
        train_labels=train.labels,
        test_images=test.images,
        test_labels=test.labels,
        classes=classes,
        mean=mean,
        std=std,
        source=f"{source} Pictures are {side} × {side} pixels.",
    )


def _from_folder(folder: Path, image_size: int | None) -> ImageData:
    if is_picture_folder(folder):
        train, test, classes, split = read_picture_folder(folder, side=image_size)
        held = " Every fifth of a class is for testing." if split else ""
        source = f"Pictures, read from {safe(folder)}.{held}"
        return _from_pictures(train, test, classes, name=folder.resolve().name, source=source)
    family = IdxFamily(title=folder.resolve().name, folder="", classes=())
    found = find_idx_folder(family, SearchPath(roots=(folder,), direct=True, download_to=folder))
    if found is None:
        names = (
            "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte"
        )
        hint = f"It must hold {names} (each may end in .gz)."
        raise InputMissingError(
            "no IDX files in the folder", code="E_DATA_MISSING", where=str(folder), hint=hint
        )
    return _read_family(family, found, source=f"IDX files, read from {safe(found)}.")


def _read_family(family: IdxFamily, folder: Path, *, source: str) -> ImageData:
    classes = family.classes
    train_images, train_labels = _read_part(folder, "train", len(classes))
    test_images, test_labels = _read_part(folder, "t10k", len(classes))
    if not classes:
        highest = int(max(train_labels.max(), test_labels.max()))
        classes = tuple(str(index) for index in range(highest + 1))
    mean, std = family.mean_std or pixel_statistics(train_images)
    return ImageData(
        name=family.title,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        classes=classes,
        mean=mean,
        std=std,
        source=source,
    )


def _read_part(folder: Path, part: str, classes: int) -> tuple[Bytes, Labels]:
    image_path = find_part(folder, f"{part}-images-idx3-ubyte")
    label_path = find_part(folder, f"{part}-labels-idx1-ubyte")
    if image_path is None or label_path is None:
        raise InputMissingError(
            "a data file vanished while it was read", code="E_DATA_MISSING", where=str(folder)
        )
    images, labels = read_idx(image_path, dimensions=3), read_idx(label_path, dimensions=1)
    if images.shape[1:] != (SIDE, SIDE):
        raise _unfit(
            f"images are {images.shape[1]} × {images.shape[2]} pixels, expected {SIDE} × {SIDE}", image_path
        )
    if len(images) != len(labels) or not len(images):
        raise _unfit(f"{len(labels)} labels for {len(images)} images", label_path)
    if classes and labels.max() >= classes:
        raise _unfit(f"label {labels.max()}, expected 0 to {classes - 1}", label_path)
    return images, labels.astype(np.int64)


def _unfit(message: str, path: Path) -> InputDataError:
    return InputDataError(
        message, code="E_IDX", where=str(path), hint="Use the files of one data set together."
    )


def pixel_statistics(images: Bytes) -> tuple[float, float]:
    """Mean and standard deviation of pixels divided by 255, exact whatever the number of images."""
    counts = np.bincount(images.ravel(), minlength=256)
    values = np.arange(256) / 255
    mean = float((counts * values).sum() / counts.sum())
    variance = float((counts * (values - mean) ** 2).sum() / counts.sum())
    return mean, variance**0.5 or 1.0


def _digits(*, source: str) -> ImageData:
    train_images, train_labels, test_images, test_labels = read_digits()
    mean, std = pixel_statistics(train_images)
    return ImageData(
        name="UCI digits",
        train_images=train_images,
        train_labels=train_labels.astype(np.int64),
        test_images=test_images,
        test_labels=test_labels.astype(np.int64),
        classes=tuple("0123456789"),
        mean=mean,
        std=std,
        source=source,
    )
