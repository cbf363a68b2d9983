"""The binary chunk as a list of pieces: nothing is copied into one big buffer before it is written."""

from __future__ import annotations

from collections.abc import Iterator

ALIGNMENT = 4
"""glTF 2.0, section 3.6.2.4: offsets are multiples of the component size, at most 4 bytes here."""


class BinaryChunk:
    """Pieces of data at aligned offsets, in the order they were added."""

    def __init__(self) -> None:
        self._pieces: list[bytes | memoryview] = []
        self.size = 0

    def add(self, data: bytes | memoryview) -> int:
        """Append ``data`` at the next aligned offset and return that offset, in bytes."""
        self.align()
        offset = self.size
        self._pieces.append(data)
        self.size += len(data)
        return offset

    def align(self) -> None:
        """Pad with zeros to a multiple of :data:`ALIGNMENT`."""
        padding = -self.size % ALIGNMENT
        if padding:
            self._pieces.append(bytes(padding))
            self.size += padding

    def __iter__(self) -> Iterator[bytes | memoryview]:
        return iter(self._pieces)
