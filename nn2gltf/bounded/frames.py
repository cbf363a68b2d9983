"""Messages between processes: a JSON object and raw blocks of bytes, each with its length in front."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

MAX_HEAD = 512 * 2**20
MAX_BLOCKS = 2 * 2**30
"""Bytes of all blocks together; the answering process may be taken over, so nothing is read without end."""

Block = bytes | memoryview


def encode_message(head: Any, blocks: Sequence[Block] = ()) -> list[Block]:
    """Pieces of a message, to be written one after the other."""
    text = json.dumps({"head": head, "blocks": [len(block) for block in blocks]}).encode("ascii")
    return [len(text).to_bytes(8, "little"), text, *blocks]


def decode_message(data: bytes) -> tuple[Any, list[memoryview]]:
    """Head and blocks of a message.

    Raises:
        ValueError: It is cut short or of another form.
    """
    view = memoryview(data)
    size = int.from_bytes(view[:8], "little")
    if len(view) < 8 or size > len(view) - 8:
        raise ValueError("the message is cut short")
    outer = json.loads(bytes(view[8 : 8 + size]))
    sizes, place = outer["blocks"], 8 + size
    if not all(isinstance(n, int) and n >= 0 for n in sizes) or place + sum(sizes) != len(view):
        raise ValueError("the message has another length than it says")
    blocks = []
    for length in sizes:
        blocks.append(view[place : place + length])
        place += length
    return outer["head"], blocks


def read_all(read: Callable[[int], bytes], limit: int = MAX_HEAD + MAX_BLOCKS) -> bytes:
    """Read until the end.

    Raises:
        ValueError: There is more than ``limit``.
    """
    pieces: list[bytes] = []
    total = 0
    while piece := read(2**20):
        total += len(piece)
        if total > limit:
            raise ValueError(f"more than {limit:,} bytes")
        pieces.append(piece)
    return b"".join(pieces)
