"""Files of torch.save and TorchScript as they lie on disk: their pickles as stubs, their numbers as arrays.

No torch: the formats are a zip archive (or four pickles in a row) with raw numbers beside them.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import InputDataError, LimitError, safe
from nn2gltf.sources.content import LEGACY_MAGIC
from nn2gltf.sources.pickle_stubs import ITEM_BYTES, MAX_PICKLE, StubTensor, StubTree, read_stubs

FloatArray = npt.NDArray[np.floating[Any]]
LEGACY_PICKLES = 3
"""Pickles before the object in files from before torch 1.6: magic number, version, machine."""


@dataclass(frozen=True, kw_only=True)
class SavedArchive:
    """One file.

    Attributes:
        tree: What its pickle describes.
        folder: Name of the folder in the zip archive, empty for the old format.
        sizes: Bytes of each storage by key, as the archive's directory says.
    """

    path: Path
    tree: StubTree
    folder: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)

    def read(self, tensor: StubTensor) -> FloatArray | None:
        """A tensor's numbers as floats, None for the old format, for types without plain numbers, or for damage."""
        name, width = f"{self.folder}data/{tensor.storage.key}", ITEM_BYTES.get(tensor.dtype, 0)
        if (
            not self.folder
            or tensor.dtype not in _READABLE
            or name.removeprefix(self.folder) not in self.sizes
        ):
            return None
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(name) as stream:
                stream.seek(tensor.offset * width)
                raw = stream.read(tensor.count * width)
        except (OSError, zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError):
            return None
        if len(raw) != tensor.count * width or not _is_contiguous(tensor):
            return None
        return decode_floats(raw, tensor.dtype).reshape(tensor.shape)


_READABLE = frozenset({"float32", "float64", "float16", "bfloat16"})


def decode_floats(raw: bytes, dtype: str) -> FloatArray:
    """Little-endian numbers as float32 (float64 stays); bfloat16 is the upper half of a float32."""
    if dtype == "bfloat16":
        return (np.frombuffer(raw, dtype="<u2").astype(np.uint32) << 16).view(np.float32)
    array: FloatArray = np.frombuffer(raw, dtype=np.dtype(dtype).newbyteorder("<"))
    return array.astype(np.float64 if dtype == "float64" else np.float32)


def _is_contiguous(tensor: StubTensor) -> bool:
    expected, step = [], 1
    for extent in reversed(tensor.shape):
        expected.append(step)
        step *= extent
    pairs = zip(tensor.shape, tensor.strides, reversed(expected), strict=False)
    return all(n == 1 or stride == want for n, stride, want in pairs)


def read_saved(path: Path) -> SavedArchive:
    """Read the pickle of a file of torch.save or of a TorchScript archive into stubs.

    Raises:
        InputDataError: Damaged.
        LimitError: It is too large, or a tensor claims more numbers than are stored.
    """
    where = str(path)
    if not zipfile.is_zipfile(path):
        return _read_old(path)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename: entry.file_size for entry in archive.infolist()}
            pickled = next(name for name in entries if name.partition("/")[2] == "data.pkl")
            if entries[pickled] > MAX_PICKLE:
                raise LimitError(f"the pickle in it has more than {MAX_PICKLE:,} bytes", where=where)
            data = archive.read(pickled)
    except (
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        StopIteration,
        ValueError,
        RuntimeError,
        EOFError,
    ) as error:
        raise _damaged(error, where) from error
    folder = pickled.removesuffix("data.pkl")
    sizes = {
        name.removeprefix(folder): size for name, size in entries.items() if name.startswith(f"{folder}data/")
    }
    tree = read_stubs(data, where=where)
    _check_stored(tree, sizes, where)
    return SavedArchive(path=path, tree=tree, folder=folder, sizes=sizes)


def _read_old(path: Path) -> SavedArchive:
    with path.open("rb") as stream:
        data = stream.read(MAX_PICKLE)
    skip = LEGACY_PICKLES if LEGACY_MAGIC in data[:32] else 0
    return SavedArchive(path=path, tree=read_stubs(data, where=str(path), skip=skip))


def _check_stored(tree: StubTree, sizes: Mapping[str, int], where: str) -> None:
    """No storage may claim more numbers than its entry has bytes for."""
    from nn2gltf.sources.module_tree import all_tensors

    for tensor in all_tensors(tree.content):
        storage = tensor.storage
        stored = sizes.get(f"data/{storage.key}", 0)
        if storage.count * ITEM_BYTES.get(storage.dtype, 1) > stored:
            raise LimitError(
                f"a storage claims {storage.count:,} numbers, the file holds {stored:,} bytes for them",
                where=where,
            )


def _damaged(error: BaseException, where: str) -> InputDataError:
    reason = safe(" ".join(str(error).split()), limit=160) or "a part is missing"
    hint = "Save, copy or download it again."
    return InputDataError(
        f"the file is damaged or cut short: {reason}", code="E_MODEL_FILE", where=where, hint=hint
    )
