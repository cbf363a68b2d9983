"""safetensors files: the header alone, and single tensors by their place; no native code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import InputDataError, LimitError, safe
from nn2gltf.ir.graph import TensorSpec
from nn2gltf.sources.content import LARGEST_HEADER
from nn2gltf.sources.pickle_stubs import ITEM_BYTES
from nn2gltf.sources.saved_archive import decode_floats

_DTYPES: dict[str, str] = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32",
    "I16": "int16", "I8": "int8", "U8": "uint8", "U16": "uint16", "U32": "uint32", "U64": "uint64", "BOOL": "bool",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "C64": "complex64",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SafetensorsFile:
    """What a header says.

    Attributes:
        tensors: Shape and type by name, in the order in which they lie in the file.
        places: First and last byte of each.
        metadata: Text that the writer noted.
    """

    path: Path
    tensors: Mapping[str, TensorSpec]
    places: Mapping[str, tuple[int, int]]
    metadata: Mapping[str, str] = field(default_factory=dict)

    def read(self, name: str) -> npt.NDArray[np.floating[Any]] | None:
        """A tensor's numbers as floats, None for types without plain numbers."""
        spec = self.tensors[name]
        if spec.dtype not in ("float32", "float64", "float16", "bfloat16"):
            return None
        start, end = self.places[name]
        with self.path.open("rb") as stream:
            stream.seek(start)
            raw = stream.read(end - start)
        return decode_floats(raw, spec.dtype).reshape(spec.shape)


def read_safetensors(path: Path) -> SafetensorsFile:
    """Read and check a header; no tensor is read.

    Raises:
        InputDataError: Damaged, or a tensor lies outside the file or has another size than its shape.
        LimitError: The header is larger than 16 MiB.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > LARGEST_HEADER:
            raise LimitError(f"the header has {length:,} bytes, limit {LARGEST_HEADER:,}", where=str(path))
        raw = stream.read(length)
    try:
        if len(raw) != length:
            raise ValueError("the header is cut short")
        header = json.loads(raw)
        notes = header.pop("__metadata__", {})
        found = {str(name): _tensor(entry, 8 + length, size) for name, entry in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputDataError(
            f"the file is damaged or cut short: {safe(error, limit=160)}",
            code="E_MODEL_FILE",
            where=str(path),
            hint="Save, copy or download it again.",
        ) from error
    ordered = sorted(found, key=lambda name: found[name][1])
    return SafetensorsFile(
        path=path,
        tensors={name: found[name][0] for name in ordered},
        places={name: found[name][1] for name in ordered},
        metadata={str(k): str(v) for k, v in notes.items()} if isinstance(notes, dict) else {},
    )


def _tensor(entry: Any, base: int, size: int) -> tuple[TensorSpec, tuple[int, int]]:
    shape = tuple(entry["shape"])
    start, end = entry["data_offsets"]
    numbers = [*shape, start, end]
    if any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in numbers):
        raise ValueError("a size that is no natural number")
    dtype = _DTYPES.get(entry["dtype"], str(entry["dtype"]).lower())
    count = 1
    for extent in shape:
        count *= extent
    width = ITEM_BYTES.get(dtype)
    if not start <= end <= size - base or (width is not None and count * width != end - start):
        raise ValueError("a tensor does not fit its place in the file")
    return TensorSpec(shape=shape, dtype=dtype), (base + start, base + end)
