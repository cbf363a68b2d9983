"""Any classification data set of torchvision, by the name of its class, as arrays."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from PIL import Image

from nn2gltf.errors import InputDataError, InputMissingError, UsageError, safe
from nn2gltf.torch_vision import require_torchvision
from nn2gltf.train.datasets import search_path
from nn2gltf.train.pictures import PictureSet, choose_side, collect_pictures

PREFIX = "torchvision:"
SPLITS = {"train": ("train", "train"), "test": ("test", "val", "valid")}
"""What a data set's parts are called in its ``split`` argument."""


def find_dataset(name: str) -> Any:
    """A class of ``torchvision.datasets``; letters' case, dashes and underscores do not count.

    Raises:
        UsageError: E_UNKNOWN_NAME.
    """
    datasets = require_torchvision().datasets
    known = {_plain(item): item for item in datasets.__all__}
    found = known.get(_plain(name.removeprefix(PREFIX)))
    if found is None:
        close = get_close_matches(_plain(name.removeprefix(PREFIX)), known, n=1)
        guess = f"Did you mean {PREFIX}{known[close[0]]}? " if close else ""
        hint = f"{guess}Known: the classes of torchvision.datasets."
        raise UsageError(f"torchvision has no data set {safe(name)!r}", code="E_UNKNOWN_NAME", hint=hint)
    return getattr(datasets, found)


def read_torchvision(
    name: str, *, data_dir: str | os.PathLike[str] | None, download: bool, side: int | None
) -> tuple[PictureSet, PictureSet, tuple[str, ...], str]:
    """Both parts of a data set, its class names and its title.

    Args:
        side: Of the pictures, pixels; see :func:`nn2gltf.train.pictures.choose_side`.

    Raises:
        UsageError: An unknown name, or a data set that has no parts or no classes.
        InputMissingError: Not on disk and not downloadable.
        LimitError: Too large.
    """
    kind = find_dataset(name)
    train, test = (_make(kind, part, data_dir, download) for part in ("train", "test"))
    first, label = train[0]
    if not isinstance(first, Image.Image) or not isinstance(label, int):
        raise UsageError(f"{kind.__name__} is not for classification of pictures")
    looked = [train[index][0] for index in range(0, len(train), max(1, len(train) // 200))]
    chosen = choose_side([picture.size for picture in looked], side)
    color = any(picture.mode not in ("1", "L") for picture in looked)
    sets = [
        collect_pictures(_items(part), count=len(part), side=chosen, color=color) for part in (train, test)
    ]
    count = int(max(sets[0].labels.max(), sets[1].labels.max())) + 1
    names = [str(item) for item in getattr(train, "classes", [])]
    classes = tuple(names) if len(names) >= count else tuple(str(index) for index in range(count))
    return sets[0], sets[1], classes, kind.__name__


def _make(kind: Any, part: str, data_dir: str | os.PathLike[str] | None, download: bool) -> Any:
    """An instance of one part; folders are searched, and the first that may be written to gets a download."""
    search = search_path(data_dir)
    parameters = inspect.signature(kind.__init__).parameters
    if "train" in parameters:
        ways: list[dict[str, Any]] = [{"train": part == "train"}]
    elif "split" in parameters:
        ways = [{"split": split} for split in dict.fromkeys(SPLITS[part])]
    else:
        raise UsageError(f"{kind.__name__} has no parts for training and testing")
    reasons = []
    for root in [*search.roots, *([search.download_to] if download else [])]:
        fetch = (
            {"download": True} if download and "download" in parameters and root == search.download_to else {}
        )
        for way in ways:
            try:
                if fetch:
                    Path(root).mkdir(parents=True, exist_ok=True)
                return kind(os.fspath(root), **way, **fetch)
            except (RuntimeError, OSError, ValueError) as error:
                reasons.append(safe(" ".join(str(error).split()), limit=160))
    last = reasons[-1] if reasons else "it was not found"
    hint = "Put it where --data-dir says, in torchvision's layout."
    raise InputMissingError(f"{kind.__name__} cannot be read: {last}", code="E_DATA_MISSING", hint=hint)


def _items(part: Any) -> Iterator[tuple[Image.Image, int]]:
    for index in range(len(part)):
        picture, label = part[index]
        if label < 0:
            raise InputDataError(f"picture {index} has no class")
        yield picture, int(label)


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
