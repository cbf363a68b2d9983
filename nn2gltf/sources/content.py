"""Which kind of model file this is, told by its first bytes and its zip directory: nothing is loaded or run."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable
from pathlib import Path

from nn2gltf.errors import InputDataError, InputMissingError, LimitError, safe

HEAD = 512
LEGACY_MAGIC = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"
"""The long integer that torch.save wrote first before version 1.6, as pickle spells it."""

LARGEST_HEADER = 16 * 2**20
"""Bytes of a safetensors header (RELIABILITY: limits)."""

MAX_ENTRIES = 100_000
MAX_UNPACKED = 16 * 2**30
MAX_RATIO = 200

KINDS: dict[str, str] = {
    "torch": "a file of torch.save",
    "torchscript": "a TorchScript archive",
    "pt2": "an archive of torch.export",
    "torch-tar": "a file of torch.save from before 2017",
    "pickle": "a Python pickle that torch.save did not write",
    "safetensors": "a safetensors file",
    "onnx": "an ONNX model",
    "keras": "a Keras model",
    "npz": "an archive of NumPy arrays",
    "scene": "a glTF scene",
    "page": "an HTML page, perhaps of a failed download",
    "lfs": "a Git LFS pointer instead of the file itself",
    "zip": "a zip archive without a model that is known here",
    "unknown": "of an unknown kind",
}
"""Kind to what a person calls it."""

PATH_HINT = "Check the path: a model file ends in .pt, .pth, .ckpt, .pt2, .safetensors or .onnx."


def peek_kind(file: Path) -> str | None:
    """Kind of a file by its first bytes alone; None for an empty file and an archive, which need a closer look."""
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    return None if not head or head.startswith(b"PK\x03\x04") else _kind_of_head(head, file.stat().st_size)


def detect_kind(path: str | os.PathLike[str]) -> str:
    """Kind of a file, a key of :data:`KINDS`.

    Raises:
        InputMissingError: No regular file there.
        InputDataError: Empty, or a damaged zip archive.
        LimitError: A zip archive with too many entries, or one that unpacks to too much.
    """
    file = Path(path)
    try:
        if not file.is_file():
            what = "is not a regular file" if file.exists() else "does not exist"
            raise InputMissingError(f"the model file {what}", where=str(file), hint=PATH_HINT)
        with file.open("rb") as stream:
            head = stream.read(HEAD)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputMissingError(
            f"the model file cannot be read: {safe(reason)}", where=str(file), hint=PATH_HINT
        ) from error
    if not head:
        hint = "Save or download it again: an empty file is what an interrupted copy leaves."
        raise InputDataError("the model file is empty", code="E_MODEL_FILE", where=str(file), hint=hint)
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_names(read_zip_names(file))
    return _kind_of_head(head, file.stat().st_size)


def read_zip_names(file: Path) -> list[str]:
    """Names in a zip archive, after its directory passed the limits.

    Raises:
        InputDataError: Damaged or cut short.
        LimitError: Too many entries, or it unpacks to too much.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputDataError(
            f"the archive is damaged or cut short: {safe(error)}",
            code="E_MODEL_FILE",
            where=str(file),
            hint="Copy or download it again.",
        ) from error
    packed_too_well = any(e.file_size > MAX_RATIO * max(e.compress_size, 1) for e in entries)
    if len(entries) > MAX_ENTRIES:
        raise LimitError(f"the archive has more than {MAX_ENTRIES:,} entries", where=str(file))
    if packed_too_well or sum(e.file_size for e in entries) > MAX_UNPACKED:
        raise LimitError(
            f"the archive unpacks to more than {MAX_RATIO} times its size, or more than 16 GiB",
            where=str(file),
        )
    return [entry.filename for entry in entries]


def _kind_of_names(names: Iterable[str]) -> str:
    """Kind of a zip archive; every format of torch puts its files into one folder of any name."""
    whole = list(names)
    inner = {name.partition("/")[2] for name in whole} | set(whole)
    if inner & {"models/model.json", "archive_format", "serialized_exported_program.json"}:
        return "pt2"
    homes = (n.removesuffix("data.pkl") for n in whole if "data.pkl" in (n, n.partition("/")[2]))
    home = next(homes, None)
    if home is not None:  # the folder is called as the file was: code.pt has one called code
        return "torchscript" if any(name.startswith(f"{home}code/") for name in whole) else "torch"
    if "model.weights.h5" in inner:
        return "keras"
    return "npz" if whole and all(name.endswith(".npy") for name in whole) else "zip"


def _kind_of_head(head: bytes, size: int) -> str:  # noqa: PLR0911  # one line a magic number
    # first, since the length that safetensors begins with may look like any of the others
    header = int.from_bytes(head[:8], "little")
    if head[8:9] == b"{" and 2 <= header <= min(LARGEST_HEADER, size - 8):
        return "safetensors"
    if head[:1] == b"\x80":
        return "torch" if LEGACY_MAGIC in head[:32] else "pickle"
    if head.startswith(b"glTF"):
        return "scene"
    if head.startswith(b"\x89HDF"):
        return "keras"
    if head[257:262] == b"ustar":
        return "torch-tar"
    if head.startswith(b"version https://git-lfs"):
        return "lfs"
    if head.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return "page"
    # field 1 of ModelProto, ir_version, as a small varint, then another field of it
    if head[:1] == b"\x08" and head[1:2] < b"\x20" and head[2:3] in b"\x12\x1a\x22\x28\x32\x3a\x42":
        return "onnx"
    return "unknown"
