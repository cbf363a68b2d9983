"""Weights of TorchScript and torch.export archives as tensors, read from their raw numbers: no code of theirs runs."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from nn2gltf.errors import InputDataError, safe
from nn2gltf.ir.json import Json
from nn2gltf.sources.content import read_zip_names
from nn2gltf.sources.export_archive import read_weight_table, tensor_meta
from nn2gltf.sources.module_tree import is_module, stub_tensors
from nn2gltf.sources.pickle_stubs import StubTensor
from nn2gltf.sources.saved_archive import SavedArchive, read_saved
from nn2gltf.sources.saved_model import find_tensors, module_in, plain_facts

READ_ERRORS = (
    OSError, EOFError, KeyError, ValueError, TypeError, AttributeError, RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What a damaged archive raises."""


def read_archive_state(path: Path, kind: str) -> dict[str, torch.Tensor]:
    """Parameters and buffers by name.

    Args:
        kind: ``torchscript`` or ``pt2``.

    Raises:
        InputDataError: Damaged, or its weights are stored in a way that is not known.
        LimitError: A tensor claims more numbers than are stored.
    """
    read_zip_names(path)
    try:
        return _script_state(path) if kind == "torchscript" else _export_state(path)
    except READ_ERRORS as error:
        raise _unreadable(error, path) from error


def _unreadable(error: BaseException, path: Path) -> InputDataError:
    reason = safe(" ".join(str(error).split()), limit=160) or type(error).__name__
    return InputDataError(
        f"its weights cannot be read: {reason}",
        code="E_MODEL_FILE",
        where=str(path),
        hint="Save the model's state_dict() instead.",
    )


def read_saved_state(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Json]]:
    """Weights of a file of torch.save beside objects of unknown classes, and the plain values in it.

    Returns:
        Nothing for a file without weights, or in the format from before torch 1.6.

    Raises:
        InputDataError, LimitError: Damaged, or a tensor claims more numbers than are stored.
    """
    archive = read_saved(path)
    module = module_in(archive.tree.content)
    found = find_tensors(archive.tree.content) if module is None else stub_tensors(module)
    if not found or not archive.folder:
        return {}, {}
    try:
        return _tensors(archive, found), plain_facts(archive.tree.content)
    except READ_ERRORS as error:
        raise _unreadable(error, path) from error


def _script_state(path: Path) -> dict[str, torch.Tensor]:
    archive = read_saved(path)
    root = archive.tree.content
    if not is_module(root):
        raise ValueError("it holds no module")
    return _tensors(archive, stub_tensors(root))


def _tensors(archive: SavedArchive, stubs: Mapping[str, StubTensor]) -> dict[str, torch.Tensor]:
    with zipfile.ZipFile(archive.path) as opened:
        return {
            name: _view(
                opened.read(f"{archive.folder}data/{stub.storage.key}"),
                stub.dtype,
                stub.shape,
                stub.strides,
                stub.offset,
            )
            for name, stub in stubs.items()
        }


def _export_state(path: Path) -> dict[str, torch.Tensor]:
    table, folder = read_weight_table(path)
    with zipfile.ZipFile(path) as opened:
        return {name: _stored(opened, entry, folder) for name, entry in table.items()}


def _stored(opened: zipfile.ZipFile, entry: Mapping[str, Any], folder: str) -> torch.Tensor:
    if entry.get("use_pickle"):
        raise ValueError("a weight is a pickle")
    dtype, shape, strides, offset = tensor_meta(entry["tensor_meta"])
    return _view(opened.read(f"{folder}{entry['path_name']}"), dtype, shape, strides, offset)


def _view(
    raw: bytes, dtype: str, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
) -> torch.Tensor:
    """A tensor over a storage's bytes; torch itself checks that it stays inside them."""
    kind = getattr(torch, dtype, None)
    if not isinstance(kind, torch.dtype):
        raise ValueError(f"torch has no {safe(dtype, limit=40)}")
    if 0 in shape:
        return torch.zeros(shape, dtype=kind)
    storage = torch.frombuffer(bytearray(raw), dtype=kind)
    if torch.Size(shape).numel() > storage.numel():
        raise ValueError("a tensor is larger than the data stored for it")
    return storage.as_strided(shape, strides, offset).clone()
