"""Reading .glb and .gltf files from strangers: every length, type and depth is checked before use."""

from __future__ import annotations

import base64
import binascii
import json
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nn2gltf.errors import InputDataError, LimitError, safe
from nn2gltf.files import check_input
from nn2gltf.ir.json import JsonObject

WARN_BYTES = 256 * 2**20
REFUSE_BYTES = 2**30
MAX_JSON_BYTES = 128 * 2**20
MAX_JSON_DEPTH = 64
"""Limits of RELIABILITY.md; JSON beside hundreds of nodes stays far below them."""

_HEADER = struct.Struct("<4sII")
_CHUNK = struct.Struct("<I4s")
_DATA_URI = "data:application/octet-stream;base64,"
_GENERATOR = "nn2gltf "


@dataclass(frozen=True, kw_only=True)
class GlbDocument:
    """A parsed file.

    Attributes:
        json: The glTF document; only its outer shape has been checked.
        binary: The data of buffer 0, empty without one.
        size: Bytes of the file.
        warnings: Sentences on what is unusual but allowed.
    """

    json: JsonObject
    binary: memoryview
    size: int
    warnings: tuple[str, ...] = ()

    @property
    def extras(self) -> dict[str, Any] | None:
        """``scenes[0].extras.nn2gltf`` or None when the file is not one of ours."""
        scenes: Any = self.json.get("scenes")
        first = scenes[0] if isinstance(scenes, list) and scenes else None
        extras = first.get("extras") if isinstance(first, dict) else None
        ours = extras.get("nn2gltf") if isinstance(extras, dict) else None
        return ours if isinstance(ours, dict) else None

    @property
    def generator(self) -> str:
        """Program that wrote the file, empty when it does not say."""
        asset: Any = self.json.get("asset")
        name = asset.get("generator") if isinstance(asset, dict) else None
        return name if isinstance(name, str) else ""


def read_glb(path: str | os.PathLike[str]) -> GlbDocument:
    """Read a .glb or self-contained .gltf file, told apart by content.

    Raises:
        InputMissingError: No regular file.
        InputDataError: The file is damaged or refers to other files.
        LimitError: It is larger than 1 GiB, or its JSON is too large or too deep.
    """
    return parse_glb(read_file_bytes(path), where=str(path))


def read_file_bytes(path: str | os.PathLike[str]) -> bytes:
    """Bytes of a file no larger than browsers can open.

    Raises:
        InputMissingError: No regular file.
        LimitError: It is larger than 1 GiB.
    """
    source = check_input(path)
    size = source.stat().st_size
    if size > REFUSE_BYTES:
        raise LimitError(
            f"the file has {size:,} bytes, limit {REFUSE_BYTES:,}",
            where=str(path),
            hint="Export fewer steps.",
        )
    return source.read_bytes()


def parse_glb(data: bytes, *, where: str = "") -> GlbDocument:
    """Parse the bytes of a .glb or self-contained .gltf file; ``where`` names it in errors.

    Raises:
        InputDataError: The bytes are damaged or refer to other files.
        LimitError: The JSON is too large or too deep.
    """
    warnings = (
        ()
        if len(data) <= WARN_BYTES
        else (f"the file has {len(data):,} bytes: browsers may run out of memory",)
    )
    if data[:4] == b"glTF":
        text, binary = _split_chunks(memoryview(data), where)
        document = _parse_json(text, MAX_JSON_BYTES, where)
    elif data[:64].lstrip()[:1] == b"{":
        # Its data is inside as base64, so the limit is the one for whole files.
        document = _parse_json(memoryview(data), REFUSE_BYTES, where)
        binary = None
    else:
        raise _damaged("not a glTF file: it starts neither with glTF nor with {", where)
    return GlbDocument(
        json=document, binary=_buffer(document, binary, where), size=len(data), warnings=warnings
    )


def is_ours(path: Path) -> bool:
    """Tell whether nn2gltf wrote the .glb or .gltf at ``path``; a damaged file is not ours."""
    try:
        return read_glb(path).generator.startswith(_GENERATOR)
    except (InputDataError, LimitError, OSError):
        return False


def _split_chunks(data: memoryview, where: str) -> tuple[memoryview, memoryview | None]:
    if len(data) < _HEADER.size + _CHUNK.size:
        raise _damaged("the file ends inside its header", where)
    _, version, length = _HEADER.unpack_from(data)
    if version != 2:
        raise _damaged(f"glTF version {version} is not supported, only 2", where)
    if length != len(data):
        raise _damaged(f"the header says {length:,} bytes, the file has {len(data):,}", where)
    chunks = list(_chunks(data, where))
    if not chunks or chunks[0][0] != b"JSON":
        raise _damaged("the first chunk is not JSON", where)
    binaries = [body for kind, body in chunks[1:] if kind == b"BIN\0"]
    if len(binaries) > 1:
        raise _damaged("there are two binary chunks", where)
    return chunks[0][1], binaries[0] if binaries else None


def _chunks(data: memoryview, where: str) -> Iterator[tuple[bytes, memoryview]]:
    offset = _HEADER.size
    while offset < len(data):
        if len(data) - offset < _CHUNK.size:
            raise _damaged("the file ends inside a chunk header", where)
        length, kind = _CHUNK.unpack_from(data, offset)
        offset += _CHUNK.size
        if length % 4 or offset + length > len(data):
            raise _damaged(f"a chunk of {length:,} bytes at {offset:,} does not fit the file", where)
        yield kind, data[offset : offset + length]
        offset += length


def _parse_json(text: memoryview, limit: int, where: str) -> JsonObject:
    if len(text) > limit:
        raise LimitError(f"its JSON has {len(text):,} bytes, limit {limit:,}", where=where)
    try:
        document = json.loads(bytes(text), parse_constant=_refuse_constant)
    except RecursionError:
        raise LimitError("its JSON is nested too deeply", where=where) from None
    except ValueError as error:
        raise _damaged(f"its JSON is damaged: {safe(error)}", where) from error
    if not isinstance(document, dict):
        raise _damaged("its JSON is not an object", where)
    if _deeper_than(document, MAX_JSON_DEPTH):
        raise LimitError(f"its JSON is nested more than {MAX_JSON_DEPTH} deep", where=where)
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


def _buffer(document: JsonObject, chunk: memoryview | None, where: str) -> memoryview:
    """Data of buffer 0: the chunk or a data URI; a file elsewhere is refused."""
    buffers: Any = document.get("buffers", [])
    if not isinstance(buffers, list) or not all(isinstance(buffer, dict) for buffer in buffers):
        raise _damaged("its buffers are not a list of objects", where)
    if not buffers:
        return memoryview(b"")
    length, uri = buffers[0].get("byteLength"), buffers[0].get("uri")
    if len(buffers) > 1 or not isinstance(length, int) or isinstance(length, bool) or length < 1:
        raise _damaged("it needs one buffer with a length", where)
    if uri is None:
        body = chunk if chunk is not None else memoryview(b"")
    elif isinstance(uri, str) and uri.startswith(_DATA_URI):
        body = memoryview(_decode_base64(uri[len(_DATA_URI) :], where))
    else:
        raise _damaged("its data is in another file, which is not followed", where)
    if not length <= len(body) <= length + 3:
        raise _damaged(f"its buffer needs {length:,} bytes, {len(body):,} are there", where)
    return body[:length]


def _decode_base64(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _damaged("its data URI is not base64", where) from error


def _damaged(message: str, where: str) -> InputDataError:
    return InputDataError(message, code="E_GLB", where=where or None)
