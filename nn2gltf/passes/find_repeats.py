"""Pass: rows of identical sibling blocks are found and listed in :attr:`Graph.repeats`; no layer changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nn2gltf.ir.graph import Graph
from nn2gltf.ir.repeat import Repeat
from nn2gltf.passes.blocks import Block, BlockReader

LONGEST_PERIOD = 8
"""Siblings of one copy at most: window and shifted-window blocks alternate with period 2, some nets with more."""
FEWEST_SINGLE = 4
"""A row of equal single layers is a repeat from so many on; equal blocks are one from two on."""


def find_repeats(graph: Graph) -> Graph:
    """List every row of two or more copies of a block, or four or more of a layer, outer rows first.

    Inside a row only the first copy is searched for rows of its own: the same places repeat in every copy.
    Folded rows are kept as they are.
    """
    reader = BlockReader(graph)
    folded = tuple(repeat for repeat in graph.repeats if repeat.folded)
    return replace(graph, repeats=(*folded, *_search(reader, reader.read())))


def _search(reader: BlockReader, block: Block) -> Iterator[Repeat]:
    """Rows among a block's parts, then rows inside them."""
    inside: list[Block] = []
    place = 0
    while place < len(block.parts):
        period, count = _best_row(block.parts, place)
        copies = [block.parts[place + k * period : place + (k + 1) * period] for k in range(count)]
        if _worth(copies):
            yield _repeat(reader, block.scope, copies)
            inside += copies[0]
            place += period * count
        else:
            inside += block.parts[place : place + count]
            place += count  # a row of few single layers: no row starts inside it
    for part in inside:
        if part.parts:
            yield from _search(reader, part)


def _best_row(parts: Sequence[Block], place: int) -> tuple[int, int]:
    """Period and number of copies of the row at ``place`` that hides most layers; (1, n) if nothing is worth it."""
    single = _count_copies(parts, place, 1)
    best, most = (1, single), (single - 1) * parts[place].size
    if single > 1 and parts[place].size == 1:
        return best  # longer periods of one layer are the same row
    for period in range(2, min(LONGEST_PERIOD, (len(parts) - place) // 2) + 1):
        count = _count_copies(parts, place, period)
        hidden = (count - 1) * sum(part.size for part in parts[place : place + period])
        if hidden > most:
            best, most = (period, count), hidden
    return best


def _count_copies(parts: Sequence[Block], place: int, period: int) -> int:
    count = 1
    while place + (count + 1) * period <= len(parts) and all(
        parts[place + count * period + k].signature == parts[place + k].signature for k in range(period)
    ):
        count += 1
    return count


def _worth(copies: Sequence[Sequence[Block]]) -> bool:
    layers = sum(part.size for part in copies[0])
    return len(copies) >= (2 if layers > 1 else FEWEST_SINGLE)


def _repeat(reader: BlockReader, scope: str, copies: Sequence[tuple[Block, ...]]) -> Repeat:
    layers = reader.graph.layers
    return Repeat(
        scope=scope,
        copies=tuple(
            tuple(layer.id for part in copy for layer in layers[part.start : part.end]) for copy in copies
        ),
        chain=reader.reads(copies[1], copies[0]),
    )
