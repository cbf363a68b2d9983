"""Pictures of any size as arrays of one size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from nn2gltf.errors import InputDataError, InputMissingError, LimitError, safe

DEFAULT_SIDE = 64
"""Side of pictures that are larger or of different sizes, pixels, unless a person says otherwise."""
MAX_BYTES = 4 << 30
"""Most memory that a data set may take."""
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".ppm", ".pgm", ".tif", ".tiff"})
TEST_NAMES = ("test", "val", "valid", "validation")
TEST_EVERY = 5
"""Without a folder for testing, every fifth picture of each class is for testing."""

Bytes = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class PictureSet:
    """One part of a data set: (n, side, side) or (n, side, side, 3) uint8 and (n,) int64."""

    images: Bytes
    labels: Labels


def fit_picture(picture: Image.Image, *, side: int, color: bool) -> Bytes:
    """A picture as a square: its middle, cut out and resized. (side, side) or (side, side, 3) uint8."""
    plain = picture.convert("RGB" if color else "L")
    edge = min(plain.size)
    left, top = (plain.width - edge) // 2, (plain.height - edge) // 2
    box = (left, top, left + edge, top + edge)
    fitted = plain.resize((side, side), Image.Resampling.BILINEAR, box=box, reducing_gap=3.0)
    return np.asarray(fitted, dtype=np.uint8)


def collect_pictures(
    items: Iterable[tuple[Image.Image, int]], *, count: int, side: int, color: bool
) -> PictureSet:
    """Pictures and labels as arrays.

    Args:
        count: How many there are.

    Raises:
        LimitError: They would take more than :data:`MAX_BYTES`.
    """
    shape = (count, side, side, 3) if color else (count, side, side)
    size = math.prod(shape)
    if size > MAX_BYTES:
        hint = "Choose smaller pictures: --image-size 32."
        raise LimitError(f"the pictures take {size:,} bytes, limit {MAX_BYTES:,}", hint=hint)
    images, labels = np.empty(shape, np.uint8), np.empty(count, np.int64)
    for index, (picture, label) in enumerate(items):
        images[index], labels[index] = fit_picture(picture, side=side, color=color), label
    return PictureSet(images=images, labels=labels)


def choose_side(sizes: Iterable[tuple[int, int]], wanted: int | None) -> int:
    """The wanted side, else that of the pictures when all are equal squares and not large.

    >>> choose_side([(32, 32), (32, 32)], None), choose_side([(32, 32), (40, 30)], None)
    (32, 64)
    """
    if wanted is not None:
        return wanted
    first, *rest = {*sizes}
    return first[0] if not rest and first[0] == first[1] <= DEFAULT_SIDE else DEFAULT_SIDE


def is_picture_folder(folder: Path) -> bool:
    """Whether a folder holds a folder of pictures for each class, itself or below ``train``."""
    return len(_classes(_parts(folder)[0])) > 1


def read_picture_folder(
    folder: Path, *, side: int | None = None
) -> tuple[PictureSet, PictureSet, tuple[str, ...], bool]:
    """Read ``folder/<class>/*.png``, or ``folder/train/<class>`` and ``folder/test/<class>`` (or ``val``).

    Args:
        side: Of the pictures, pixels; see :func:`choose_side`.

    Returns:
        The part for training, the part for testing, class names, and whether the folder itself was split.

    Raises:
        InputMissingError: A class without pictures, or too few of them.
        InputDataError: A file that is no picture; it is named.
        LimitError: Too large.
    """
    train, test = _parts(folder)
    classes = _classes(train)
    files = [(path, index) for index, name in enumerate(classes) for path in _pictures(train / name)]
    counts = np.bincount([index for _, index in files], minlength=len(classes))
    if len(classes) < 2 or counts.min() < 2:
        lacking = classes[int(counts.argmin())] if classes else ""
        hint = "It must hold a folder of at least two pictures for each of two classes or more."
        raise InputMissingError(
            f"too few pictures {f'of class {safe(lacking)}' if lacking else ''}".strip(),
            code="E_DATA_MISSING",
            where=str(train),
            hint=hint,
        )
    if test is None:
        held = _held_out([index for _, index in files])
        parts = (
            [file for file, out in zip(files, held, strict=True) if not out],
            [file for file, out in zip(files, held, strict=True) if out],
        )
    else:
        known = {name: index for index, name in enumerate(classes)}
        own = [(p, known[name]) for name in _classes(test) if name in known for p in _pictures(test / name)]
        if not own:
            raise InputMissingError("no pictures for testing", code="E_DATA_MISSING", where=str(test))
        parts = files, own
    facts = [_look(path) for path, _ in files]
    chosen = choose_side([size for size, _ in facts], side)
    color = any(is_color for _, is_color in facts)
    sets = [
        collect_pictures(((_open(p), i) for p, i in part), count=len(part), side=chosen, color=color)
        for part in parts
    ]
    return sets[0], sets[1], classes, test is None


def _parts(folder: Path) -> tuple[Path, Path | None]:
    train = folder / "train"
    test = next((folder / name for name in TEST_NAMES if (folder / name).is_dir()), None)
    return (train, test) if train.is_dir() and test is not None else (folder, None)


def _classes(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir() and _pictures(path)))


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())


def _held_out(labels: Sequence[int]) -> list[bool]:
    """Every fifth of a class, and one at least."""
    seen: dict[int, int] = {}
    held = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        held.append(seen[label] % TEST_EVERY == 2)
    return held


def _look(path: Path) -> tuple[tuple[int, int], bool]:
    """Size, and whether it has colours."""
    picture = _try(path, lambda: Image.open(path))
    with picture:
        return picture.size, picture.mode not in ("1", "L", "LA", "I", "I;16", "F")


def _open(path: Path) -> Image.Image:
    def load() -> Image.Image:
        with Image.open(path) as picture:
            picture.load()
            return picture.copy()

    return _try(path, load)


def _try(path: Path, action: Any) -> Image.Image:
    try:
        picture: Image.Image = action()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        hint = "Remove it or save it again."
        raise InputDataError(
            f"a picture cannot be read: {safe(error)}", where=str(path), hint=hint
        ) from error
    return picture
