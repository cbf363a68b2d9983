"""IDX files, the format of MNIST and its relatives, read with every number checked.

A file is a magic number (two zero bytes, the element type, the number of dimensions), one big-endian
uint32 per dimension, and the elements. Compressed files are told by their content, not by their name.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import InputDataError, LimitError
from nn2gltf.files import check_input

Bytes = npt.NDArray[np.uint8]

UNSIGNED_BYTE = 0x08
"""The one element type that image and label files use."""

ELEMENT_TYPES = {0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
"""Type byte of an IDX file to the name of its elements."""

MAX_BYTES = 1 << 30
"""Largest content that is read; all of MNIST's training images are 47 MB."""

_GZIP_MAGIC = b"\x1f\x8b"


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_idx(path: str | Path, *, dimensions: int) -> Bytes:
    """Read an IDX file of unsigned bytes.

    Args:
        path: The file, plain or gzip.
        dimensions: How many it must have: 1 for labels, 3 for images.

    Returns:
        uint8 array with the shape that the file declares.

    Raises:
        InputMissingError: No such file.
        InputDataError: E_IDX: the magic number, the element type, the number of dimensions or the length is wrong.
        LimitError: It declares more than :data:`MAX_BYTES`.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section "File formats".
    """
    source = check_input(path)
    with source.open("rb") as raw:
        packed = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        if not packed:
            return _read_stream(raw, source, dimensions)
        with gzip.GzipFile(fileobj=raw) as unpacked:
            try:
                return _read_stream(unpacked, source, dimensions)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise _damaged("the gzip data is damaged or cut short", source) from error


def _read_stream(stream: _Readable, source: Path, dimensions: int) -> Bytes:
    shape = _read_header(stream, source, dimensions)
    expected = 1
    for extent in shape:
        expected *= extent
    if expected > MAX_BYTES:
        raise LimitError(f"the file declares {expected} bytes, limit {MAX_BYTES}", where=str(source))
    content = stream.read(expected)
    if len(content) < expected:
        raise _damaged(f"{_times(shape)} bytes are declared, but only {len(content)} follow", source)
    if stream.read(1):
        raise _damaged(f"{_times(shape)} bytes are declared, but more follow", source)
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _read_header(stream: _Readable, source: Path, dimensions: int) -> tuple[int, ...]:
    magic = stream.read(4)
    if len(magic) < 4:
        raise _damaged(f"the file ends after {len(magic)} bytes, inside the magic number", source)
    if magic[:2] != b"\0\0":
        raise _damaged(f"the magic number is 0x{magic.hex()}, an IDX file begins with 0x0000", source)
    if magic[2] != UNSIGNED_BYTE:
        kind = ELEMENT_TYPES.get(magic[2], "unknown")
        raise _damaged(f"the element type is 0x{magic[2]:02x} ({kind}), expected 0x08 (uint8)", source)
    if magic[3] != dimensions:
        raise _damaged(f"the file has {magic[3]} dimensions, expected {dimensions}", source)
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise _damaged(f"the file ends after {4 + len(sizes)} bytes, inside its dimensions", source)
    return struct.unpack(f">{dimensions}I", sizes)


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _damaged(message: str, source: Path) -> InputDataError:
    hint = "Delete the file and run again to download it, or copy it once more."
    return InputDataError(message, code="E_IDX", where=str(source), hint=hint)
