"""Items: a graph as a sequence of blocks, found from the module tree and the edges, without any name of a network."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from nn2gltf.ir.graph import Graph, Layer, Scope
from nn2gltf.layout.shapes import Maps, map_shape

CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict"})
JOINS = frozenset({"add", "concat", "mul"})
SYMBOLS = {"add": "+", "mul": "×", "concat": "‖", "upsample": "↑"}
WEIGHTED = frozenset({"conv", "linear"})


@dataclass(frozen=True, kw_only=True)
class Item:
    """One block, or one layer that belongs to none.

    Attributes:
        layers: All its layers, in execution order; the last one is its output.
        path: Layers on its longest path, the output last.
        scope: Module path of the block, empty for a single layer.
        type: Class of the block's module, empty for a single layer.
        skip: Its input reaches the output's sum or product past the path.
        projected: The skip has weights of its own.
    """

    layers: tuple[Layer, ...]
    path: tuple[Layer, ...]
    scope: str = ""
    type: str = ""
    skip: bool = False
    projected: bool = False

    @property
    def output(self) -> Layer:
        """The layer whose value the item gives."""
        return self.layers[-1]

    @property
    def shape(self) -> Maps | None:
        """Channels, rows, columns of the output, None for a vector."""
        return map_shape(self.output)

    @property
    def parameters(self) -> int:
        """Trainable parameters."""
        return sum(layer.parameter_count for layer in self.layers)

    @property
    def works(self) -> bool:
        """Whether it is a block or has weights: no pool, no input."""
        return len(self.layers) > 1 or self.parameters > 0

    @property
    def inner(self) -> tuple[Layer, ...]:
        """Layers of maps on the path before the output."""
        return tuple(layer for layer in self.path[:-1] if map_shape(layer))


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A graph as items in execution order.

    Attributes:
        jumps: Edges between items that are not neighbours: (index from, index to).
        beside: Weighted layers that are neither on a path nor a projection: parallel branches.
    """

    items: tuple[Item, ...]
    jumps: tuple[tuple[int, int], ...]
    beside: int


def read_chain(graph: Graph) -> Chain:
    """Group the layers into blocks; linear in layers and edges."""
    home = _block_scopes(graph)
    types = {scope.path: scope.type for scope in graph.scopes}
    groups: list[tuple[str, list[Layer]]] = []
    number: dict[str, int] = {}
    open_group: dict[str, int] = {}
    for layer in graph.layers:
        scope = home.get(layer.scope, "")
        if scope and scope in open_group:
            index = open_group[scope]
        else:
            index = len(groups)
            groups.append((scope, []))
            if scope:
                open_group[scope] = index
        groups[index][1].append(layer)
        number[layer.id] = index
    items = tuple(_item(graph, scope, types.get(scope, ""), layers) for scope, layers in groups)
    jumps = tuple(
        sorted(
            {
                (number[edge.source], number[edge.target])
                for edge in graph.edges
                if abs(number[edge.target] - number[edge.source]) > 1
            }
        )
    )
    return Chain(items=items, jumps=jumps, beside=sum(_beside(item) for item in items))


def _item(graph: Graph, scope: str, kind: str, layers: list[Layer]) -> Item:
    ids = {layer.id for layer in layers}
    path = _longest(graph, layers)
    on_path = {layer.id for layer in path}
    output = layers[-1]
    sources = [edge.source for edge in graph.inputs_of[output.id]]
    beside = [layer for layer in layers if layer.id not in on_path]
    joined = output.kind in ("add", "mul") and len(sources) > 1
    skip = joined and any(s not in on_path or s not in ids for s in sources)
    return Item(
        layers=tuple(layers),
        path=path,
        scope=scope,
        type=kind,
        skip=skip,
        projected=skip and any(layer.kind in WEIGHTED and map_shape(layer) for layer in beside),
    )


def _beside(item: Item) -> int:
    on_path = {layer.id for layer in item.path}
    off = [x for x in item.layers if x.id not in on_path and x.kind in WEIGHTED and map_shape(x)]
    return max(0, len(off) - 1) if item.skip else len(off)


def _longest(graph: Graph, layers: list[Layer]) -> tuple[Layer, ...]:
    """The longest path to the last layer inside a block."""
    by_id = {layer.id: layer for layer in layers}
    length: dict[str, tuple[int, int]] = {}
    before: dict[str, str] = {}
    for layer in layers:
        best = (0, 0)
        for edge in graph.inputs_of[layer.id]:
            if edge.source in length and length[edge.source] > best:
                best, before[layer.id] = length[edge.source], edge.source
        weight = layer.parameter_count if layer.kind in WEIGHTED else 0
        length[layer.id] = (best[0] + 1, best[1] + weight)
    here: str | None = layers[-1].id
    path: list[Layer] = []
    while here is not None:
        path.append(by_id[here])
        here = before.get(here)
    return tuple(path[::-1])


def _block_scopes(graph: Graph) -> dict[str, str]:
    """Scope path to the block that holds it: the outermost module whose class occurs twice and is no container."""
    count, children = _count_layers(graph)
    scopes = {scope.path: scope for scope in graph.scopes}
    kinds = Counter(scope.type for scope in graph.scopes if count.get(scope.path, 0) > 1)
    blocks: dict[str, str] = {}
    pending = [(scope, "") for scope in children.get(None, [])]
    while pending:
        scope, block = pending.pop()
        here = block or (scope.path if _is_block(scope, count, children, kinds) else "")
        if here:
            blocks[scope.path] = here
        pending += [(scopes[c.path], here) for c in children.get(scope.path, [])]
    return blocks


def _count_layers(graph: Graph) -> tuple[dict[str, int], dict[str | None, list[Scope]]]:
    """Layers in each scope and below, and each scope's children."""
    count: dict[str, int] = Counter(layer.scope for layer in graph.layers)
    children: dict[str | None, list[Scope]] = {}
    order = sorted(graph.scopes, key=lambda s: s.path.count(".") if s.path else -1, reverse=True)
    for scope in order:
        if scope.parent is not None:
            count[scope.parent] = count.get(scope.parent, 0) + count.get(scope.path, 0)
    for scope in graph.scopes:
        children.setdefault(scope.parent, []).append(scope)
    return count, children


def _is_block(
    scope: Scope, count: dict[str, int], children: dict[str | None, list[Scope]], kinds: Counter[str]
) -> bool:
    total = count.get(scope.path, 0)
    if not scope.path or scope.type in CONTAINERS or total < 2 or kinds[scope.type] < 2:
        return False
    inside = [child for child in children.get(scope.path, []) if count.get(child.path, 0)]
    while len(inside) == 1 and count[inside[0].path] == total:
        if kinds[inside[0].type] > kinds[scope.type] and inside[0].type not in CONTAINERS:
            return False  # a wrapper of one block
        inside = [child for child in children.get(inside[0].path, []) if count.get(child.path, 0)]
    same = Counter(child.type for child in inside if child.type not in CONTAINERS)
    largest, repeats = same.most_common(1)[0] if same else ("", 0)
    held = sum(count[child.path] for child in inside if child.type == largest)
    return not (repeats >= 2 and held > 0.7 * total and kinds[largest] > kinds[scope.type])
