"""Samples as people give them: data sets, pictures and arrays on disk, as NumPy arrays."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from nn2gltf.errors import InputDataError, InputMissingError, Nn2gltfError, UsageError, safe
from nn2gltf.files import check_readable
from nn2gltf.ir.json import Json
from nn2gltf.record import choose_probes
from nn2gltf.train import DATA_NAMES
from nn2gltf.train.data import ImageData, load_dataset

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
MAX_PICTURES = 64
"""More probes than this do not fit one scene."""

DIGIT_CLASSES = 10
PIXELS = 28 * 28
DIGITS = ("auto", "mnist", "digits")
"""Data sets whose classes are the ten digits."""

_LABELS = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, kw_only=True)
class SampleTarget:
    """The model that a sample is for.

    Attributes:
        shape: Gives the shape of one input without its batch axis; raises when it is unknown.
        facts: What its file says: ``data``, ``mean``, ``std``.
    """

    name: str
    shape: Callable[[], tuple[int, ...]]
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a model is shown.

    Attributes:
        inputs: A batch, or a tuple or mapping of arguments, arrays or tensors; axis 0 counts the probes.
        labels: True classes.
        classes: Class names.
    """

    inputs: Any
    labels: Any = None
    classes: Sequence[str] = ()
    dataset: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


def read_sample(
    given: str | os.PathLike[str],
    target: SampleTarget,
    *,
    labels: Any = None,
    classes: Sequence[str] = (),
    data_dir: str | os.PathLike[str] | None = None,
) -> Sample:
    """Read what a person named as a sample: ``mnist``, ``mnist:0-4``, a picture, a folder of pictures, a ``.npy`` file.

    Args:
        labels: True classes; those of the data set when it is one.
        data_dir: Where data sets are.

    Raises:
        InputMissingError: No such file.
        InputDataError: E_SAMPLE: the file is damaged or does not fit the model.
    """
    name, _, chosen = str(given).partition(":")
    if name in DATA_NAMES and not Path(given).exists():
        data = _load(name, data_dir)
        return _from_data(normalise_as_trained(data, target.facts), chosen, target)
    check_readable(given)
    path = Path(given)
    if path.suffix.lower() == ".npy":
        return Sample(inputs=_read_array(path), labels=labels, classes=classes)
    pictures = _find_pictures(path)
    return Sample(inputs=_read_pictures(pictures, target), labels=labels, classes=classes)


def _load(name: str, data_dir: str | os.PathLike[str] | None) -> ImageData:
    """A data set that is here; an export downloads none."""
    try:
        return load_dataset(name, data_dir=data_dir, download=False)
    except InputMissingError as error:
        hint = "Say where it is with --data-dir, or show the bundled digits: --sample digits"
        raise InputMissingError(error.message, code=error.code, where=error.where, hint=hint) from error


def normalise_as_trained(data: ImageData, facts: Mapping[str, Json]) -> ImageData:
    """The data set with the mean and deviation that the model was trained with, when they are known."""
    mean, std = facts.get("mean"), facts.get("std")
    if isinstance(mean, (int, float)) and isinstance(std, (int, float)) and std > 0:
        return replace(data, mean=float(mean), std=float(std))
    return data


def matching_data(facts: Mapping[str, Json], data_dir: str | os.PathLike[str] | None) -> ImageData | None:
    """The data a model was trained on, else digits, prepared as the model knows them; None when neither is here."""
    named = facts.get("data", "auto")
    for name in (named, "digits") if named in DIGITS else (named,):
        try:
            return normalise_as_trained(load_dataset(str(name), data_dir=data_dir, download=False), facts)
        except Nn2gltfError:
            continue
    return None


def reads_digits(shape: tuple[int, ...], outputs: int) -> bool:
    """Whether a model that takes ``shape`` (without the batch axis) and gives ``outputs`` numbers may know digits."""
    return outputs == DIGIT_CLASSES and shape in ((PIXELS,), (1, 28, 28))


def _from_data(data: ImageData, chosen: str, target: SampleTarget) -> Sample:
    wanted = _parse_labels(chosen, len(data.classes))
    indices = [
        i for i in choose_probes(data.test_images, data.test_labels) if int(data.test_labels[i]) in wanted
    ]
    shape = _picture_shape(target)
    pixels = data.normalise(data.test_images[indices])
    if pixels[0].size != int(np.prod(shape)):
        raise unfit(f"{data.name} has pictures of 1 × 28 × 28, the model reads {_times(shape)}", data.name)
    return Sample(
        inputs=pixels.reshape(-1, *shape),
        labels=[int(data.test_labels[i]) for i in indices],
        classes=data.classes,
        dataset=data.name,
    )


def _parse_labels(text: str, classes: int) -> set[int]:
    """``3``, ``0-4``, ``1,7-9``; all when empty."""
    if not text:
        return set(range(classes))
    wanted: set[int] = set()
    for part in text.split(","):
        match = _LABELS.fullmatch(part.strip())
        if match is None:
            raise UsageError(f"{safe(text)!r} names no classes", hint="Write them like 3, 0-4 or 1,7-9.")
        wanted |= set(range(int(match[1]), int(match[2] or match[1]) + 1))
    if not wanted or max(wanted) >= classes:
        hint = "Write them like 3, 0-4 or 1,7-9."
        raise UsageError(f"{safe(text)!r} is outside the classes 0 to {classes - 1}", hint=hint)
    return wanted


def _read_array(path: Path) -> npt.NDArray[np.float32]:
    try:
        array: npt.NDArray[Any] = np.load(path, allow_pickle=False)
    except OSError as error:
        raise InputMissingError("the sample cannot be read", code="E_SAMPLE", where=str(path)) from error
    except (ValueError, EOFError) as error:
        raise unfit("the file is not an array of NumPy", str(path)) from error
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def _find_pictures(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        hint = f"Give a picture, a folder of pictures, a .npy file, or one of {', '.join(DATA_NAMES)}."
        raise InputMissingError("no such sample", code="E_SAMPLE", where=str(path), hint=hint)
    pictures = sorted(item for item in path.iterdir() if item.suffix.lower() in PICTURE_SUFFIXES)
    if not pictures:
        raise unfit("the folder holds no pictures", str(path))
    return pictures[:MAX_PICTURES]


def _read_pictures(paths: Sequence[Path], target: SampleTarget) -> npt.NDArray[np.float32]:
    """Pictures in the model's own size, with values 0..1, normalised as the model's data was when that is known."""
    shape = _picture_shape(target)
    channels, height, width = shape if len(shape) == 3 else (1, *_square(shape))
    if channels not in (1, 3):
        raise unfit(f"the model reads {channels} channels, a picture has 1 or 3", str(paths[0]))
    pixels = np.stack([_read_picture(path, channels, (width, height)) for path in paths])
    mean, std = _fact(target, "mean", 0.0), _fact(target, "std", 1.0)
    return ((pixels - np.float32(mean)) / np.float32(std)).reshape(-1, *shape)


def _fact(target: SampleTarget, name: str, default: float) -> float:
    value = target.facts.get(name)
    return float(value) if isinstance(value, (int, float)) else default


def _read_picture(path: Path, channels: int, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    try:
        with Image.open(path) as picture:
            resized = picture.convert("L" if channels == 1 else "RGB").resize(size, Image.Resampling.BICUBIC)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError) as error:
        raise unfit("the file is not a picture that can be read", str(path)) from error
    pixels = np.asarray(resized, dtype=np.float32) / np.float32(255)
    return pixels.reshape(size[1], size[0], channels).transpose(2, 0, 1)


def _picture_shape(target: SampleTarget) -> tuple[int, ...]:
    """Shape of one input, without the batch axis."""
    try:
        return target.shape()
    except Nn2gltfError as error:
        raise unfit(f"the model's input is not a picture: {error.message}", target.name) from error


def _square(shape: tuple[int, ...]) -> tuple[int, int]:
    side = round(float(np.prod(shape)) ** 0.5)
    if side * side != int(np.prod(shape)):
        raise unfit(f"the model reads {_times(shape)} numbers, which is no picture", "sample")
    return side, side


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def unfit(message: str, where: str) -> InputDataError:
    """The error for a sample that the model cannot be shown."""
    hint = "Give an array of the model's own shape as a .npy file (API: a tensor)."
    return InputDataError(message, code="E_SAMPLE", where=where, hint=hint)
