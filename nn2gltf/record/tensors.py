"""Arrays in safetensors files: written whole, read one at a time."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from nn2gltf.errors import LimitError, RecordingError, safe

Array = npt.NDArray[Any]

MAX_HEADER_BYTES = 16 << 20
"""Largest header that is read (RELIABILITY: limits)."""


def encode_arrays(arrays: Mapping[str, Array]) -> bytes:
    """The bytes of a safetensors file; the same arrays give the same bytes.

    Raises:
        RecordingError: A name or an element type that the format lacks.
    """
    try:
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        encoded: bytes = save(contiguous)
    except (SafetensorError, KeyError, UnicodeError) as error:
        raise RecordingError(f"arrays cannot be written: {safe(error)}") from error
    return encoded


_NAMES = {
    "f4": "F32", "f8": "F64", "f2": "F16", "u1": "U8", "i1": "I8", "i2": "I16", "i4": "I32", "i8": "I64",
    "u2": "U16", "u4": "U32", "u8": "U64", "b1": "BOOL",
}  # fmt: skip


def encode_chunks(arrays: Mapping[str, Array]) -> list[bytes | memoryview]:
    """The bytes of a safetensors file as a header and views of the arrays, which are not copied.

    Raises:
        RecordingError: A name or an element type that the format lacks.

    Source: the format's description in the safetensors repository: a little-endian 64-bit length, JSON padded to
    8 bytes with spaces, then the arrays without gaps; wider elements first, so that all are aligned.
    """
    header: dict[str, object] = {}
    chunks: list[bytes | memoryview] = []
    offset = 0
    order = sorted(arrays.items(), key=lambda item: (-item[1].dtype.itemsize, item[0]))
    for name, array in order:
        kind = _NAMES.get(array.dtype.str[1:])
        if kind is None:
            raise RecordingError(f"arrays cannot be written: {array.dtype} has no counterpart", where=name)
        plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        end = offset + plain.nbytes
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [offset, end]}
        if plain.nbytes:
            chunks.append(plain.reshape(-1).view(np.uint8).data)
        offset = end
    try:
        text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeError as error:
        raise RecordingError(f"arrays cannot be written: {safe(error)}") from error
    text += b" " * (-len(text) % 8)
    return [len(text).to_bytes(8, "little") + text, *chunks]


def read_shapes(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Element type and shape of every array in a file, without reading the arrays.

    Raises:
        RecordingError: Missing or damaged.
        LimitError: The header is too large.
    """
    with _opened(path) as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118  # not a dict
        return {name: (part.get_dtype(), tuple(part.get_shape())) for name, part in slices.items()}


def read_array(path: Path, name: str) -> Array | None:
    """One array of a file, or None when the file lacks it.

    Raises:
        RecordingError: The file is missing or damaged.
        LimitError: The header is too large.
    """
    with _opened(path) as file:
        if name not in file.keys():  # noqa: SIM118
            return None
        array: Array = file.get_tensor(name)
        return array


def read_scalars(path: Path) -> dict[str, Array]:
    """Every array of a file that is a single number.

    Raises:
        RecordingError: The file is missing or damaged.
        LimitError: The header is too large.
    """
    with _opened(path) as file:
        single = [name for name in file.keys() if not file.get_slice(name).get_shape()]  # noqa: SIM118
        return {name: file.get_tensor(name) for name in single}


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A safetensors file, mapped into memory; its errors become ours."""
    try:
        with path.open("rb") as raw:
            header = int.from_bytes(raw.read(8), "little")
        if header > MAX_HEADER_BYTES:
            raise LimitError(f"the header has {header} bytes, limit {MAX_HEADER_BYTES}", where=str(path))
        with safe_open(path, framework="numpy") as file:
            yield file
    except OSError as error:
        raise RecordingError(f"a file cannot be read: {safe(error.strerror)}", where=str(path)) from error
    except (SafetensorError, AttributeError, TypeError, ValueError) as error:
        raise RecordingError(f"a file is damaged: {safe(error)}", where=str(path)) from error
