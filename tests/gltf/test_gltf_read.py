"""Reading files from strangers: every damage is a coded error, never a crash."""

from __future__ import annotations

import base64
import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_scenes import tiny_scene

from nn2gltf.errors import InputDataError, InputMissingError, LimitError, Nn2gltfError
from nn2gltf.gltf import check_glb, is_ours, parse_glb, read_glb, write_glb
from nn2gltf.gltf import read as reader

GLB = bytes(write_glb(tiny_scene()))


def pack(document: Any, binary: bytes = b"") -> bytes:
    """A .glb around any JSON value."""
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    if binary:
        chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def with_length(data: bytes) -> bytes:
    return data[:8] + struct.pack("<I", len(data)) + data[12:]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a glTF file"),
        (b"PK\x03\x04", "not a glTF file"),
        (b"glTF", "ends inside its header"),
        (GLB[:-4], "the header says"),
        (GLB + b"\0\0\0\0", "the header says"),
        (with_length(GLB[:-4]), "does not fit"),
        (with_length(GLB + b"\0\0\0\0"), "ends inside a chunk header"),
        (GLB[:4] + struct.pack("<I", 1) + GLB[8:], "version 1"),
        (GLB[:16] + b"BIN\0" + GLB[20:], "first chunk is not JSON"),
        (with_length(GLB + struct.pack("<I4s", 4, b"BIN\0") + b"1234"), "two binary chunks"),
        (pack(b'{"asset": NaN}'), "NaN is not JSON"),
        (pack(b"{"), "JSON is damaged"),
        (pack(b"[]"), "not an object"),
        (pack(b'{"a": "\xff"}'), "JSON is damaged"),
        (pack({"buffers": [{"byteLength": 8}]}, b"1234"), "needs 8 bytes"),
        (pack({"buffers": [{"byteLength": True}]}, b"1234"), "one buffer with a length"),
        (pack({"buffers": [{"byteLength": 4}] * 2}, b"1234"), "one buffer with a length"),
        (pack({"buffers": {}}), "not a list of objects"),
        (pack({"buffers": [{"byteLength": 4, "uri": "https://example.com/a.bin"}]}), "another file"),
        (pack({"buffers": [{"byteLength": 4, "uri": "../../etc/passwd"}]}), "another file"),
        (pack({"buffers": [{"byteLength": 4, "uri": reader._DATA_URI + "!!"}]}), "not base64"),
    ],
)
def test_damage_is_a_coded_error(data: bytes, message: str) -> None:
    with pytest.raises(InputDataError, match=message) as caught:
        parse_glb(data, where="x.glb")
    assert (caught.value.code, caught.value.exit_code) == ("E_GLB", 65)
    assert "x.glb" in str(caught.value)


def test_deep_json_is_a_limit() -> None:
    for depth in (100, 100_000):
        with pytest.raises(LimitError, match="nested") as caught:
            parse_glb(pack(b'{"a":' + b"[" * depth + b"]" * depth + b"}"))
        assert caught.value.exit_code == 75
    assert parse_glb(pack(b'{"a":' + b"[" * 60 + b"]" * 60 + b"}")).json["a"]


def test_large_json_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_JSON_BYTES", 100)
    with pytest.raises(LimitError, match="limit 100"):
        parse_glb(GLB)


def test_large_files_are_refused_unread_and_warned_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "huge.glb"
    with path.open("wb") as file:
        file.truncate(reader.REFUSE_BYTES + 1)
    with pytest.raises(LimitError, match="limit 1,073,741,824"):
        read_glb(path)
    monkeypatch.setattr(reader, "WARN_BYTES", 100)
    assert "browsers" in parse_glb(GLB).warnings[0]
    assert check_glb(GLB, khronos=False).warnings[0].code == "FILE_LARGE"


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputMissingError):
        read_glb(tmp_path / "none.glb")


def test_reads_extras_and_generator(tmp_path: Path) -> None:
    path = tmp_path / "a.glb"
    path.write_bytes(GLB)
    document = read_glb(path)
    assert document.generator.startswith("nn2gltf ")
    assert document.extras == tiny_scene().extras
    assert document.size == len(GLB)


def test_is_ours(tmp_path: Path) -> None:
    ours, foreign, damaged = (tmp_path / name for name in ("ours.glb", "foreign.glb", "damaged.glb"))
    ours.write_bytes(GLB)
    foreign.write_bytes(pack({"asset": {"version": "2.0", "generator": "Blender"}}))
    damaged.write_bytes(GLB[:100])
    assert [is_ours(path) for path in (ours, foreign, damaged)] == [True, False, False]


@pytest.mark.parametrize("extras", [None, [], {}, [{}], [{"extras": 1}], [{"extras": {"nn2gltf": []}}], 7])
def test_foreign_extras_are_none(extras: Any) -> None:
    assert parse_glb(pack({"scenes": extras})).extras is None


def test_data_uri_of_another_program() -> None:
    uri = reader._DATA_URI + base64.b64encode(b"12345678").decode()
    text = json.dumps({"asset": {"version": "2.0"}, "buffers": [{"byteLength": 8, "uri": uri}]})
    assert bytes(parse_glb(text.encode()).binary) == b"12345678"


@pytest.mark.parametrize("lost", [None, "min", "max"])
def test_positions_of_one_number_are_a_finding(lost: str | None) -> None:
    document = json.loads(json.dumps(parse_glb(GLB).json))
    times = next(i for i, a in enumerate(document["accessors"]) if a["type"] == "SCALAR" and "min" in a)
    document["accessors"][times].pop(lost, None)
    for mesh in document["meshes"]:
        for primitive in mesh["primitives"]:
            primitive["attributes"]["POSITION"] = times
    binary = bytes(parse_glb(GLB).binary)
    report = check_glb(pack(document, binary + bytes(-len(binary) % 4)), khronos=False)
    assert "POSITION_BOUNDS" in {problem.code for problem in report.errors}


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(GLB) - 1), st.integers(0, 255), st.integers(0, len(GLB)))
def test_flipped_bytes_and_cuts_never_crash(place: int, value: int, cut: int) -> None:
    flipped = GLB[:place] + bytes([value]) + GLB[place + 1 :]
    for data in (flipped, GLB[:cut], with_length(flipped[: max(cut, 12)])):
        try:
            check_glb(data, khronos=False)
        except Nn2gltfError as error:
            assert error.exit_code in (65, 75)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_json_in_any_place_never_crashes(data: st.DataObject) -> None:
    document = json.loads(json.dumps(parse_glb(GLB).json))
    parent: Any = document
    for _ in range(8):
        keys = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(parent[key], (dict, list)) or not parent[key] or data.draw(st.integers(0, 4)) == 0:
            break
        parent = parent[key]
    parent[key] = data.draw(json_values)
    binary = bytes(parse_glb(GLB).binary)
    try:
        check_glb(pack(document, binary + bytes(-len(binary) % 4)), khronos=False)
    except Nn2gltfError as error:
        assert error.exit_code == 65


def test_unreadable_file(tmp_path: Path) -> None:
    if os.getuid() == 0:
        pytest.skip("root may read everything")
    path = tmp_path / "a.glb"
    path.write_bytes(GLB)
    path.chmod(0)
    with pytest.raises(InputMissingError, match="permission"):
        read_glb(path)
