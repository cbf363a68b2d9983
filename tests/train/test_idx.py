"""IDX files: good ones are read whole, every damage is named with its numbers."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from idx_files import encode_idx

from nn2gltf.errors import InputDataError, InputMissingError, LimitError, Nn2gltfError
from nn2gltf.train.idx import read_idx

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
GOOD = encode_idx(IMAGES)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_good_files_are_read(tmp_path: Path, pack) -> None:
    path = tmp_path / "images"
    path.write_bytes(pack(GOOD))
    np.testing.assert_array_equal(read_idx(path, dimensions=3), IMAGES)


DAMAGE = {
    "empty": (b"", "ends after 0 bytes, inside the magic"),
    "magic": (b"\x89PNG" + GOOD[4:], "magic number is 0x89504e47"),
    "type": (encode_idx(IMAGES, kind=0x0D), r"element type is 0x0d \(float32\)"),
    "odd type": (encode_idx(IMAGES, kind=0x77), r"0x77 \(unknown\)"),
    "dimensions": (encode_idx(IMAGES[0]), "has 2 dimensions, expected 3"),
    "cut header": (GOOD[:10], "ends after 10 bytes, inside its dimensions"),
    "short": (GOOD[:-1], "3 × 4 × 5 bytes are declared, but only 59 follow"),
    "long": (GOOD + b"\0", "3 × 4 × 5 bytes are declared, but more follow"),
    "html": (b"<html>not found</html>", "magic number"),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named(tmp_path: Path, damage: str, pack) -> None:
    content, message = DAMAGE[damage]
    path = tmp_path / "damaged"
    path.write_bytes(pack(content))
    with pytest.raises(InputDataError, match=message) as caught:
        read_idx(path, dimensions=3)
    assert caught.value.code == "E_IDX"
    assert "damaged" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cut_gzip_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(np.random.default_rng(0).bytes(5000))[:-900])
    with pytest.raises(InputDataError) as caught:
        read_idx(path, dimensions=3)
    assert caught.value.code == "E_IDX"


def test_a_huge_declaration_is_refused_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    path.write_bytes(bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**31, 2**31, 2**31))
    with pytest.raises(LimitError, match="limit"):
        read_idx(path, dimensions=3)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(InputMissingError):
            read_idx(path, dimensions=1)


@given(content=st.binary(max_size=64), position=st.integers(0, 80), value=st.integers(0, 255))
def test_no_content_crashes(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, position: int, value: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz"
    flipped = bytearray(GOOD)
    flipped[position % len(GOOD)] = value
    for damaged in (content, bytes(flipped), b"\x1f\x8b" + content):
        path.write_bytes(damaged)
        try:
            assert read_idx(path, dimensions=3).ndim == 3
        except Nn2gltfError as error:
            assert error.code in ("E_IDX", "E_LIMIT")
