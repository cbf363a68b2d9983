"""Which nodes of a flat model are one layer together, and what that layer is called."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nn2gltf.sources.flat_links import Links
from nn2gltf.sources.flat_model import FlatModel
from nn2gltf.sources.flat_ops import KIND_OF_OP, class_kind, leaf_name
from nn2gltf.sources.flat_scopes import Home, find_home

MOST_NODES = 200
"""A module of more operations than this is shown as a scope, not as one layer."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One layer to be.

    Attributes:
        id: Of the layer.
        nodes: Indices into the flat nodes, in order; the last one gives the layer's outputs.
        scope: Path of the module that holds it.
        type: Class of its module when it is one module's call, else empty.
        call: 2 for the second call of its module, and so on.
    """

    id: str
    nodes: tuple[int, ...]
    scope: str = ""
    type: str = ""
    call: int = 1


def group_nodes(
    flat: FlatModel, links: Links, outputs: Iterable[str], taken: Iterable[str]
) -> tuple[list[Group], dict[str, str]]:
    """Sort working nodes into layers.

    Args:
        outputs: Graph outputs.
        taken: Ids that are used already, those of inputs.

    Returns:
        Layers in order, and the classes of scopes as far as they are known, by path.
    """
    homes = {index: _home_of(flat, links, index) for index in links.working}
    inner = {parent for home in homes.values() for parent in _parents(home.path)}
    readers = _readers(flat, links, outputs)
    members: dict[int, tuple[int, ...]] = {}
    leaves: dict[str, list[int]] = defaultdict(list)
    for index, home in homes.items():
        if home.module and home.path not in inner:
            leaves[home.path].append(index)
    whole: set[int] = set()
    for nodes in leaves.values():
        for part in _components(flat, links, nodes):
            known = homes[part[0]].type or len(part) == 1 or leaf_name([flat.nodes[i].op for i in part])
            if known and len(part) <= MOST_NODES and _one_exit(part, readers):
                members[part[-1]] = tuple(part)
                whole.add(part[-1])
    used = {index for part in members.values() for index in part}
    for index in links.working:
        if index not in used:
            pair = _biased(flat, links, index, readers, used)
            members[pair[-1]] = pair
            used.update(pair)
    names = _Names(taken, {*inner, *leaves})
    groups = [
        _group(flat, members[last], homes[members[last][0]], names, module=last in whole)
        for last in sorted(members)
    ]
    return groups, _classes(flat, homes.values())


def _home_of(flat: FlatModel, links: Links, index: int) -> Home:
    """A node's module; a convolution that an exporter merged with its norm is back where its weights are from."""
    node = flat.nodes[index]
    home = find_home(node)
    if class_kind(home.type) != "norm" or KIND_OF_OP.get(node.op) not in ("conv", "linear"):
        return home
    names = [name for value in node.inputs for name, _ in links.weights.get(value, ())]
    owner = next((name.removesuffix(".weight") for name in names if name.endswith(".weight")), "")
    classes = tuple((path, kind) for path, kind in home.classes if path != home.path)
    return Home(
        path=owner or home.path, classes=classes, named=bool(owner), module=bool(owner) or home.module
    )


def _group(flat: FlatModel, nodes: tuple[int, ...], home: Home, names: _Names, *, module: bool) -> Group:
    if module:
        parent = home.path.rpartition(".")[0]
        name, call = names.call(home.path)
        return Group(id=name, nodes=nodes, scope=parent, type=home.type, call=call)
    node = flat.nodes[nodes[0]]
    plain = node.op.lower()
    if not home.path and node.name and "/" not in node.name and not home.named:
        plain = node.name
    return Group(id=names.free(f"{home.path}/{plain}" if home.path else plain), nodes=nodes, scope=home.path)


class _Names:
    """Ids that are unique: ``conv1``, ``conv1@2``; ``/add`` where a module is called ``add``."""

    def __init__(self, taken: Iterable[str], paths: Iterable[str]) -> None:
        self._used, self._paths = set(taken), set(paths)
        self._counts: Counter[str] = Counter()

    def call(self, path: str) -> tuple[str, int]:
        name = self._next(path)
        return name, self._counts[path]

    def free(self, base: str) -> str:
        return self._next(f"/{base}" if base in self._paths else base)

    def _next(self, base: str) -> str:
        while True:
            self._counts[base] += 1
            number = self._counts[base]
            name = base if number == 1 else f"{base}@{number}"
            if name not in self._used:
                self._used.add(name)
                return name


def _parents(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))] if path else []


def _readers(flat: FlatModel, links: Links, outputs: Iterable[str]) -> dict[int, set[int]]:
    """Working node to the working nodes that read it; the end of the graph reads as -1."""
    found: dict[int, set[int]] = defaultdict(set)
    for index in links.working:
        for value in flat.nodes[index].inputs:
            for end in links.ends.get(value, ()):
                found[end.node].add(index)
    for value in outputs:
        for end in links.ends.get(value, ()):
            found[end.node].add(-1)
    return found


def _components(flat: FlatModel, links: Links, nodes: Sequence[int]) -> list[list[int]]:
    """Nodes of one module that are joined to each other: each such part is one call of it."""
    if len(nodes) == 1:
        return [list(nodes)]
    root = {index: index for index in nodes}

    def find(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for index in nodes:
        for value in flat.nodes[index].inputs:
            for end in links.ends.get(value, ()):
                if end.node in root:
                    root[find(index)] = find(end.node)
    parts: dict[int, list[int]] = defaultdict(list)
    for index in nodes:
        parts[find(index)].append(index)
    return list(parts.values())


def _one_exit(part: Sequence[int], readers: Mapping[int, set[int]]) -> bool:
    """Only the last node is read from outside, so that the part can stand as one layer."""
    inside = set(part)
    return all(readers.get(index) and readers[index] <= inside for index in part[:-1])


def _biased(
    flat: FlatModel, links: Links, index: int, readers: Mapping[int, set[int]], used: set[int]
) -> tuple[int, ...]:
    """A product with weights and the addition of its bias are one linear layer."""
    node, after = flat.nodes[index], readers.get(index, set())
    if node.op != "MatMul" or len(after) != 1 or not any(links.weights.get(v) for v in node.inputs):
        return (index,)
    (reader,) = after
    if reader < 0 or reader in used or flat.nodes[reader].op != "Add" or reader < index:
        return (index,)
    values = flat.nodes[reader].inputs
    straight = all(not end.via for value in values for end in links.ends.get(value, ()))
    bias = sum(bool(links.weights.get(value)) and value not in links.ends for value in values)
    return (index, reader) if straight and bias == 1 else (index,)


def _classes(flat: FlatModel, homes: Iterable[Home]) -> dict[str, str]:
    found: dict[str, str] = {}
    for home in homes:
        for path, kind in home.classes:
            found.setdefault(path, kind)
    for frames, kind in flat.frame_types.items():
        found.setdefault(".".join(part.strip("/").replace("/", ".") for part in frames), kind)
    return found
