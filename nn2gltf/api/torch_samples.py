"""Samples as people give them: tensors, arrays, data sets, pictures and arrays on disk."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, UnidentifiedImageError

from nn2gltf.api.torch_subject import Subject
from nn2gltf.api.torch_values import Sample, normalise_as_trained
from nn2gltf.errors import InputDataError, InputMissingError, Nn2gltfError, UsageError, safe
from nn2gltf.record import choose_probes
from nn2gltf.sources.torch_inputs import build_inputs, infer_inputs, parse_input_spec
from nn2gltf.train import DATA_NAMES
from nn2gltf.train.data import ImageData, load_dataset

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
MAX_PICTURES = 64
"""More probes than this do not fit one scene."""

_LABELS = re.compile(r"(\d+)(?:-(\d+))?")


def make_shapes(specs: Sequence[str]) -> tuple[tuple[Any, ...], Mapping[str, Any]] | None:
    """Neutral arguments from ``1x3x224x224`` or ``ids=1x16:int64``, None without any.

    Raises:
        UsageError: A text is not a shape.
    """
    return build_inputs(parse_input_spec(text) for text in specs) if specs else None


def make_sample(
    given: Any,
    subject: Subject,
    *,
    labels: Any = None,
    classes: Sequence[str] = (),
    data_dir: str | os.PathLike[str] | None = None,
) -> Sample:
    """Read what a person gave as a sample.

    Args:
        given: Tensors, arrays, a tuple or mapping of them, or text: ``mnist``, ``mnist:0-4``, a picture, a folder
            of pictures, a ``.npy`` file.
        labels: True classes; those of the data set when it is one.
        data_dir: Where data sets are.

    Raises:
        InputMissingError: No such file.
        InputDataError: E_SAMPLE: the file is damaged or does not fit the model.
    """
    if not isinstance(given, (str, Path)):
        return Sample(inputs=given, labels=labels, classes=classes)
    name, _, chosen = str(given).partition(":")
    if name in DATA_NAMES and not Path(given).exists():
        data = load_dataset(name, data_dir=data_dir, download=False)
        return _from_data(normalise_as_trained(data, subject), chosen, subject)
    path = Path(given)
    if path.suffix.lower() == ".npy":
        return Sample(inputs=torch.from_numpy(_read_array(path)), labels=labels, classes=classes)
    pictures = _find_pictures(path)
    return Sample(inputs=_read_pictures(pictures, subject), labels=labels, classes=classes)


def _from_data(data: ImageData, chosen: str, subject: Subject) -> Sample:
    wanted = _parse_labels(chosen, len(data.classes))
    indices = [
        i for i in choose_probes(data.test_images, data.test_labels) if int(data.test_labels[i]) in wanted
    ]
    shape = _picture_shape(subject)
    pixels = torch.from_numpy(data.normalise(data.test_images[indices]))
    if pixels[0].numel() != int(np.prod(shape)):
        raise _unfit(f"{data.name} has pictures of 1 × 28 × 28, the model reads {_times(shape)}", data.name)
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
        raise UsageError(f"{safe(text)!r} is outside the classes 0 to {classes - 1}")
    return wanted


def _read_array(path: Path) -> npt.NDArray[np.float32]:
    try:
        array: npt.NDArray[Any] = np.load(path, allow_pickle=False)
    except OSError as error:
        raise InputMissingError("the sample cannot be read", code="E_SAMPLE", where=str(path)) from error
    except (ValueError, EOFError) as error:
        raise _unfit("the file is not an array of NumPy", str(path)) from error
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def _find_pictures(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        hint = f"Give a picture, a folder of pictures, a .npy file, or one of {', '.join(DATA_NAMES)}."
        raise InputMissingError("no such sample", code="E_SAMPLE", where=str(path), hint=hint)
    pictures = sorted(item for item in path.iterdir() if item.suffix.lower() in PICTURE_SUFFIXES)
    if not pictures:
        raise _unfit("the folder holds no pictures", str(path))
    return pictures[:MAX_PICTURES]


def _read_pictures(paths: Sequence[Path], subject: Subject) -> torch.Tensor:
    """Pictures in the model's own size, with values 0..1, normalised as the model's data was when that is known."""
    shape = _picture_shape(subject)
    channels, height, width = shape if len(shape) == 3 else (1, *_square(shape))
    if channels not in (1, 3):
        raise _unfit(f"the model reads {channels} channels, a picture has 1 or 3", str(paths[0]))
    pixels = np.stack([_read_picture(path, channels, (width, height)) for path in paths])
    mean, std = _fact(subject, "mean", 0.0), _fact(subject, "std", 1.0)
    return torch.from_numpy((pixels - np.float32(mean)) / np.float32(std)).reshape(-1, *shape)


def _fact(subject: Subject, name: str, default: float) -> float:
    value = subject.facts.get(name)
    return float(value) if isinstance(value, (int, float)) else default


def _read_picture(path: Path, channels: int, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    try:
        with Image.open(path) as picture:
            resized = picture.convert("L" if channels == 1 else "RGB").resize(size, Image.Resampling.BICUBIC)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError) as error:
        raise _unfit("the file is not a picture that can be read", str(path)) from error
    pixels = np.asarray(resized, dtype=np.float32) / np.float32(255)
    return pixels.reshape(size[1], size[0], channels).transpose(2, 0, 1)


def _picture_shape(subject: Subject) -> tuple[int, ...]:
    """Shape of one input, without the batch axis."""
    try:
        inputs = infer_inputs(subject.module)
    except Nn2gltfError as error:
        raise _unfit(f"the model's input is not a picture: {error.message}", subject.name) from error
    return tuple(inputs[0].shape[1:])


def _square(shape: tuple[int, ...]) -> tuple[int, int]:
    side = round(float(np.prod(shape)) ** 0.5)
    if side * side != int(np.prod(shape)):
        raise _unfit(f"the model reads {_times(shape)} numbers, which is no picture", "sample")
    return side, side


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _unfit(message: str, where: str) -> InputDataError:
    hint = "Give an array of the model's own shape as a .npy file (API: a tensor)."
    return InputDataError(message, code="E_SAMPLE", where=where, hint=hint)
