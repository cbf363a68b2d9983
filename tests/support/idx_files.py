"""IDX files made by hand, for tests of reading and downloading."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np

PARTS = {"train": 30, "t10k": 10}


def encode_idx(array: np.ndarray, *, kind: int = 0x08) -> bytes:
    """The bytes of an IDX file of unsigned bytes; ``kind`` lies about the element type."""
    return bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def make_parts(*, classes: int = 10, side: int = 28, seed: int = 0) -> dict[str, bytes]:
    """The four files of a tiny data set, by name."""
    rng = np.random.default_rng(seed)
    files = {}
    for part, count in PARTS.items():
        images = rng.integers(0, 256, (count, side, side), dtype=np.uint8)
        labels = (np.arange(count) % classes).astype(np.uint8)
        files[f"{part}-images-idx3-ubyte"] = encode_idx(images)
        files[f"{part}-labels-idx1-ubyte"] = encode_idx(labels)
    return files


def write_parts(folder: Path, files: dict[str, bytes], *, packed: bool = False) -> Path:
    """Write the files, compressed when ``packed``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(content) if packed else content)
    return folder
