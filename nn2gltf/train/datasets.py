"""The known data sets of IDX files, and where on disk they may lie."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class IdxFamily:
    """One data set of four IDX files.

    Attributes:
        title: What a person calls it.
        folder: torchvision's name of its folder and class: ``<root>/<folder>/raw``.
        classes: Class names by label.
        mean_std: The customary normalisation; computed from the training images when None.
    """

    title: str
    folder: str
    classes: tuple[str, ...]
    mean_std: tuple[float, float] | None = None


DATASETS: dict[str, IdxFamily] = {
    "mnist": IdxFamily(title="MNIST", folder="MNIST", classes=tuple("0123456789"), mean_std=(0.1307, 0.3081)),
    "fashion-mnist": IdxFamily(
        title="Fashion-MNIST",
        folder="FashionMNIST",
        classes=(
            "T-shirt/top",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
    ),
    "kmnist": IdxFamily(
        title="Kuzushiji-MNIST",
        folder="KMNIST",
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
}
"""Name on the command line to data set. The bundled ``digits`` have no files and are not here."""

PARTS = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""File names that all of them share; each may end in ``.gz``."""


@dataclass(frozen=True, kw_only=True)
class SearchPath:
    """Where to look for a data set.

    Attributes:
        roots: Folders that torchvision calls root, in order.
        direct: The files may also lie in a root itself, because a person named it.
        download_to: The root that downloads go to.
    """

    roots: tuple[Path, ...]
    direct: bool
    download_to: Path


def search_path(data_dir: str | os.PathLike[str] | None) -> SearchPath:
    """The given folder, else NN2GLTF_DATA_DIR, else ``data`` here and the user's cache.

    Downloads go to ``data`` only when it is there: a program should not litter the current folder.
    """
    chosen = data_dir or os.environ.get("NN2GLTF_DATA_DIR")
    if chosen:
        root = Path(chosen).expanduser()
        return SearchPath(roots=(root,), direct=True, download_to=root)
    here, cache = Path("data"), cache_folder() / "data"
    return SearchPath(roots=(here, cache), direct=False, download_to=here if here.is_dir() else cache)


def cache_folder() -> Path:
    """Where this system keeps what programs can fetch again."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "nn2gltf"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "nn2gltf"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nn2gltf"


def find_idx_folder(family: IdxFamily, search: SearchPath) -> Path | None:
    """The first folder that holds all four files of a data set, or None.

    All families name their files alike, so a folder that belongs to another one never counts.
    """
    for root in search.roots:
        folders = [root / family.folder / "raw"]
        if search.direct and not _belongs_to_other(root, family):
            folders += [root, root / "raw"]
        for folder in folders:
            if all(find_part(folder, part) for part in PARTS):
                return folder
    return None


def _belongs_to_other(root: Path, family: IdxFamily) -> bool:
    others = {other.folder for other in DATASETS.values()} - {family.folder}
    return bool(family.folder) and not others.isdisjoint(root.resolve().parts[-2:])


def find_part(folder: Path, part: str) -> Path | None:
    """One of the four files, plain or compressed."""
    for name in (part, f"{part}.gz"):
        if (folder / name).is_file():
            return folder / name
    return None
