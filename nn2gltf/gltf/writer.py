"""The writer: a scene as the bytes of a .glb or a self-contained .gltf, streamed piece by piece."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pygltflib

from nn2gltf.errors import LimitError
from nn2gltf.gltf.document import BuiltDocument, build_document
from nn2gltf.gltf.serialize import serialize_document
from nn2gltf.ir.scene import Scene

MAX_BYTES = 2**30
"""Largest file that browsers open safely (RELIABILITY: limits)."""

_MAGIC = 0x46546C67
_JSON_CHUNK = 0x4E4F534A
_BINARY_CHUNK = 0x004E4942
_DATA_URI = b"data:application/octet-stream;base64,"
_BASE64_BLOCK = 3 * 2**16


@dataclass(frozen=True, kw_only=True)
class EncodedFile:
    """A file's content, ready to be written.

    Attributes:
        chunks: The bytes in order; may be read more than once.
        size: Their total length.
        not_finite: How many NaN and infinite numbers became 0 in arrays or null in extras.
    """

    chunks: tuple[bytes | memoryview, ...]
    size: int
    not_finite: int

    def __iter__(self) -> Iterator[bytes | memoryview]:
        return iter(self.chunks)

    def __bytes__(self) -> bytes:
        return b"".join(self.chunks)


def write_glb(scene: Scene) -> EncodedFile:
    """Write a scene as binary glTF 2.0; the same scene gives the same bytes.

    Args:
        scene: Arrays that are the same object, or equal, are stored once.

    Returns:
        The content, for :func:`nn2gltf.files.write_atomic`.

    Raises:
        EncodingError: The scene breaks its own rules or holds something that glTF cannot say.
        LimitError: The file would be larger than browsers can open.

    Source: glTF 2.0, section 4.4 (GLB file format).
    """
    built = build_document(scene)
    binary = built.table.binary
    if binary.size:
        built.gltf.buffers = [pygltflib.Buffer(byteLength=binary.size)]
    text = _padded_json(built)
    size = 12 + 8 + len(text) + (8 + binary.size if binary.size else 0)
    _check_size(size)
    chunks: list[bytes | memoryview] = [
        struct.pack("<III", _MAGIC, 2, size),
        struct.pack("<II", len(text), _JSON_CHUNK),
        text,
    ]
    if binary.size:
        chunks += [struct.pack("<II", binary.size, _BINARY_CHUNK), *binary]
    return EncodedFile(chunks=tuple(chunks), size=size, not_finite=built.not_finite)


def write_gltf(scene: Scene) -> EncodedFile:
    """Write a scene as JSON glTF 2.0 with its data inside, as a data URI, so that it opens anywhere.

    Raises:
        EncodingError: As :func:`write_glb`.
        LimitError: As :func:`write_glb`.
    """
    built = build_document(scene)
    binary = built.table.binary
    if not binary.size:
        text = serialize_document(built.gltf)
        return EncodedFile(chunks=(text,), size=len(text), not_finite=built.not_finite)
    marker = "@nn2gltf-data@"
    built.gltf.buffers = [pygltflib.Buffer(byteLength=binary.size, uri=marker)]
    before, _, after = serialize_document(built.gltf).partition(f'"uri":"{marker}"'.encode())
    chunks = (before, b'"uri":"', _DATA_URI, *_base64_blocks(binary), b'"', after)
    size = sum(map(len, chunks))
    _check_size(size)
    return EncodedFile(chunks=chunks, size=size, not_finite=built.not_finite)


def _padded_json(built: BuiltDocument) -> bytes:
    text = serialize_document(built.gltf)
    return text + b" " * (-len(text) % 4)


def _base64_blocks(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Base64 of all pieces as one text, in blocks whose length is a multiple of three bytes."""
    pending = bytearray()
    for piece in pieces:
        pending += piece
        usable = len(pending) // _BASE64_BLOCK * _BASE64_BLOCK
        if usable:
            yield base64.b64encode(pending[:usable])
            del pending[:usable]
    if pending:
        yield base64.b64encode(pending)


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise LimitError(
            f"the scene takes {size:,} bytes, more than the {MAX_BYTES:,} that browsers open",
            hint="Record fewer steps or probes, or draw fewer layers.",
        )
