"""Groups of a flow: the parts of a network that get a sign and a colour."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nn2gltf.errors import safe
from nn2gltf.layout.things import Thing

MOST_GROUPS = 5
MAIN_SHARE = 0.8
SMALL_SHARE = 0.03


@dataclass(frozen=True, kw_only=True)
class Group:
    """Things of one module.

    Attributes:
        number: Index of its colour.
    """

    name: str
    number: int
    things: tuple[int, ...]
    types: tuple[str, ...]
    parameters: int


def read_groups(things: Sequence[Thing]) -> list[Group]:
    """At most five groups with a sign, those with most parameters, in execution order."""
    names = _names(things)
    found: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        if name:
            found.setdefault(name, []).append(index)
    weight = {name: sum(things[i].parameters for i in members) for name, members in found.items()}
    kept = sorted(found, key=lambda name: (-weight[name], found[name][0]))[:MOST_GROUPS]
    kept = sorted((name for name in kept if weight[name] or len(found) == 1), key=lambda name: found[name][0])
    return [
        Group(
            name=safe(name, limit=22),
            number=number,
            things=tuple(found[name]),
            types=tuple(
                dict.fromkeys(safe(_type(things[i]), limit=22) for i in found[name] if _type(things[i]))
            ),
            parameters=weight[name],
        )
        for number, name in enumerate(kept)
    ]


def _type(thing: Thing) -> str:
    node = thing.nodes[0]
    return node.type if node.children and node.type not in ("part", "steps", "Sequential") else ""


def _names(things: Sequence[Thing]) -> list[str]:
    """The shortest path prefix that tells several parts apart."""
    paths = [
        [] if thing.output.kind == "input" else thing.nodes[0].path.replace("/", ".").split(".")
        for thing in things
    ]
    depth = 1
    while depth < 4:
        names = [".".join(path[:depth]) for path in paths]
        counts = Counter(name for name in names if name)
        if not counts or counts.most_common(1)[0][1] < MAIN_SHARE * sum(counts.values()):
            break
        depth += 1
    names = [".".join(path[:depth]) for path in paths]
    for pattern in (r"(?<=[0-9])[a-z]$", r"[_.]?[0-9]+[a-z]*$"):
        if len(set(names)) > MOST_GROUPS + 1:
            names = _ends([re.sub(pattern, "", name) or name for name in names], things)
    return names


def _ends(names: list[str], things: Sequence[Thing]) -> list[str]:
    """Small parts before the first large one are the stem, those after the last the head, where there are several."""
    weight: Counter[str] = Counter()
    for name, thing in zip(names, things, strict=True):
        weight[name] += thing.parameters
    total = sum(weight.values()) or 1
    large = [i for i, name in enumerate(names) if name and weight[name] > SMALL_SHARE * total]
    if not large or len(set(names)) <= MOST_GROUPS:
        return names
    first, last = large[0], large[-1]
    stem, head = set(names[:first]) - {""}, set(names[last + 1 :]) - {""}
    return [
        "stem"
        if i < first and len(stem) > 1 and name
        else "head"
        if i > last and len(head) > 1 and name
        else name
        for i, name in enumerate(names)
    ]
