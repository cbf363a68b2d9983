"""Columns and lanes of a directed graph of things (LAYOUTS.md, Flow 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Where things stand.

    Attributes:
        column: Column of each thing.
        lane: Lane of each thing inside its rack, 0 at the top; 0 for the trunk.
        lanes: Lanes of the rack that holds each column; 1 for the trunk.
    """

    column: tuple[int, ...]
    lane: tuple[int, ...]
    lanes: tuple[int, ...]


def arrange(count: int, edges: Sequence[tuple[int, int]]) -> Columns:
    """Columns by longest path, racks of lanes where several things stand in parallel.

    Args:
        count: Things, numbered in a topological order.
        edges: (from, to), each from < to, in the order of the readers' inputs.
    """
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        before[b].append(a)
        after[a].append(b)
    column = _longest(count, before, after)
    held: dict[int, list[int]] = {}
    for thing in range(count):
        held.setdefault(column[thing], []).append(thing)
    most = max(held, default=-1) + 1
    racks = _rack_columns(most, held, column, edges)
    lane, lanes = [0] * count, [1] * most
    start = 0
    while start < most:
        end = start
        while end < most and racks[end]:
            end += 1
        if end > start:
            things = [t for c in range(start, end) for t in held.get(c, [])]
            used = _lanes(things, column, after, lane)
            lanes[start:end] = [used] * (end - start)
            start = end
        else:
            start += 1
    return Columns(column=tuple(column), lane=tuple(lane), lanes=tuple(lanes))


def _longest(count: int, before: list[list[int]], after: list[list[int]]) -> list[int]:
    column = [0] * count
    for thing in range(count):
        column[thing] = max((column[p] + 1 for p in before[thing]), default=0)
    for thing in reversed(range(count)):
        if not before[thing] and after[thing]:
            column[thing] = max(0, min(column[n] for n in after[thing]) - 1)
    used = {c: i for i, c in enumerate(sorted(set(column)))}
    return [used[c] for c in column]


def _rack_columns(
    most: int, held: dict[int, list[int]], column: list[int], edges: Sequence[tuple[int, int]]
) -> list[bool]:
    """Columns of several things, and single ones that a parallel branch passes."""
    racks = [len(held.get(c, [])) > 1 for c in range(most)]
    reach = [0] * (most + 1)
    for a, b in edges:
        long = column[b] - column[a] > 1
        if long and (racks[column[a]] or racks[column[b]] or any(racks[column[a] + 1 : column[b]])):
            reach[column[a] + 1] += 1
            reach[column[b]] -= 1
    total = 0
    passed = []
    for c in range(most):
        total += reach[c]
        passed.append(total > 0)
    return [racks[c] or passed[c] for c in range(most)]


def _lanes(things: list[int], column: list[int], after: list[list[int]], lane: list[int]) -> int:
    """Give every thing of a rack a lane: components by their first input, the longest chain first."""
    inside = set(things)
    left = sorted(inside)
    length: dict[int, int] = {}
    for thing in reversed(left):
        length[thing] = 1 + max((length[n] for n in after[thing] if n in inside), default=0)
    taken: list[list[tuple[int, int]]] = []
    waiting = set(left)
    for head in left:
        if head not in waiting:
            continue
        chain = [head]
        while True:
            following = [n for n in after[chain[-1]] if n in waiting and n not in chain]
            if not following:
                break
            chain.append(max(following, key=lambda n: (length[n], -n)))
        span = (column[chain[0]], column[chain[-1]])
        row = next(
            (i for i, spans in enumerate(taken) if all(span[1] < a or b < span[0] for a, b in spans)),
            len(taken),
        )
        if row == len(taken):
            taken.append([])
        taken[row].append(span)
        for thing in chain:
            lane[thing] = row
        waiting -= set(chain)
    return len(taken)
