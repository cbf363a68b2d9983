"""The module tree over execution order, opened as far as a budget allows (LAYOUTS.md, Flow 1 and 2).

Every node of the tree is a run of consecutive layers, so that any set of nodes that covers the run of all layers is a
sequence of disjoint intervals, and edges between them can only lead forwards.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

from nn2gltf.ir.graph import Graph, Layer

WIDEST = 60
"""A scope with more children is cut into parts where the fewest edges cross."""
FEWEST_GLUE = 4
LONGEST_RUN = 8
WEIGHTLESS = frozenset({"op", "reshape", "constant", "activation", "mul", "dropout", "softmax", "norm"})
ARITHMETIC = WEIGHTLESS | {"add", "concat", "upsample"}
"""Joints count as glue where many stand in a row: a loop over detections adds and resizes a hundred times."""


@dataclass(eq=False)
class Node:
    """Layers ``first`` to ``last`` (exclusive) of the execution order: a module's call, a part of one, or one layer.

    Attributes:
        glue: Operations without weights that are drawn as one block.
    """

    first: int
    last: int
    path: str = ""
    type: str = ""
    children: list[Node] = field(default_factory=list)
    parameters: int = 0
    glue: bool = False
    signature: int = 0

    @property
    def count(self) -> int:
        """Number of layers."""
        return self.last - self.first


def build_tree(graph: Graph) -> Node:
    """The tree of module calls; a module that is left and entered again has two nodes. Linear in layers and edges."""
    types = {scope.path: scope.type for scope in graph.scopes}
    parents = graph.parent_of
    root = Node(first=0, last=len(graph.layers), type=types.get("", graph.name))
    stack = [root]
    for index, layer in enumerate(graph.layers):
        chain = _chain(layer, parents)
        depth = 0
        while depth < len(chain) and depth + 1 < len(stack) and stack[depth + 1].path == chain[depth]:
            depth += 1
        for node in stack[depth + 1 :]:
            node.last = index
        del stack[depth + 1 :]
        for path in chain[depth:]:
            node = Node(first=index, last=len(graph.layers), path=path, type=types.get(path, ""))
            stack[-1].children.append(node)
            stack.append(node)
        leaf = Node(
            first=index, last=index + 1, path=layer.id, type=layer.op, parameters=layer.parameter_count
        )
        stack[-1].children.append(leaf)
    _finish(root, graph)
    return root


def _chain(layer: Layer, parents: dict[str, str | None]) -> list[str]:
    chain: list[str] = []
    path: str | None = layer.scope
    while path:
        chain.append(path)
        path = parents.get(path)
    return chain[::-1]


def _finish(root: Node, graph: Graph) -> None:
    """Bottom-up: parameters, one-child scopes, runs of operations without weights, wide scopes, signatures."""
    order = [root]
    for node in order:
        order += node.children
    crossing = _crossings(graph)
    signatures: dict[tuple[object, ...], int] = {}
    for node in reversed(order):
        if not node.children:
            layer = graph.layers[node.first]
            node.signature = signatures.setdefault((layer.kind, layer.op), len(signatures) + 1)
            continue
        while len(node.children) == 1 and node.children[0].children and node is not root:
            node.children = node.children[0].children
        if len(node.children) == 1 and node is not root:
            only = node.children[0]
            node.children, node.type, node.parameters = [], only.type, only.parameters
            node.signature = only.signature
            continue
        node.children = _grouped(node.children, graph)
        node.parameters = sum(child.parameters for child in node.children)
        if len(node.children) > WIDEST:
            node.children = _parts(node, crossing)
        weightless = (
            all(graph.layers[i].kind in WEIGHTLESS for i in range(node.first, node.last))
            if node.count < 2000
            else False
        )
        node.glue = node is not root and weightless and not node.parameters and node.count >= FEWEST_GLUE
        key = (node.type, tuple(child.signature for child in node.children))
        node.signature = signatures.setdefault(key, len(signatures) + 1)


def _grouped(children: list[Node], graph: Graph) -> list[Node]:
    """Long runs of single operations without weights become one block."""
    found: list[Node] = []
    run: list[Node] = []

    def flush() -> None:
        if len(run) > LONGEST_RUN:
            found.append(
                Node(
                    first=run[0].first,
                    last=run[-1].last,
                    path=run[0].path,
                    type="steps",
                    children=list(run),
                    glue=True,
                )
            )
        else:
            found.extend(run)
        run.clear()

    for child in children:
        layer = graph.layers[child.first]
        if not child.children and layer.kind in ARITHMETIC and not child.parameters:
            run.append(child)
        else:
            flush()
            found.append(child)
    flush()
    return found


def _crossings(graph: Graph) -> list[int]:
    """Edges that cross each boundary before a layer."""
    order = {layer.id: index for index, layer in enumerate(graph.layers)}
    change = [0] * (len(graph.layers) + 2)
    for edge in graph.edges:
        change[order[edge.source] + 1] += 1
        change[order[edge.target] + 1] -= 1
    total, crossing = 0, []
    for step in change:
        total += step
        crossing.append(total)
    return crossing


def _parts(node: Node, crossing: list[int]) -> list[Node]:
    """Some 24 parts of a wide scope, cut where the fewest edges cross; the parts again, if they are wide."""
    children = node.children
    count = min(24, -(-len(children) // 24))
    width = len(children) / count
    cuts = [0]
    for j in range(1, count):
        low, high = max(cuts[-1] + 1, int((j - 0.3) * width)), int((j + 0.3) * width)
        if low < high:
            cuts.append(min(range(low, high + 1), key=lambda i: (crossing[children[i].first], i)))
    cuts.append(len(children))
    parts = []
    for j, (a, b) in enumerate(pairwise(cuts), start=1):
        inside = children[a:b]
        part = Node(
            first=inside[0].first,
            last=inside[-1].last,
            path=f"{node.path or 'model'} part {j}",
            type="part",
            children=inside,
            parameters=sum(child.parameters for child in inside),
            signature=-j,
        )
        if len(inside) > WIDEST:
            part.children = _parts(part, crossing)
        parts.append(part)
    return parts


def open_tree(root: Node, budget: int) -> list[Node]:
    """The visible nodes in execution order.

    Breadth-first, the largest first: a scope of a new kind is opened if its children fit, the second one stays closed.
    """
    opened: set[int] = {id(root)}
    seen: set[int] = set()
    count = len(root.children)
    queue = deque(sorted((c for c in root.children if c.children), key=lambda c: (-c.count, c.first)))
    while queue:
        node = queue.popleft()
        more = len(node.children) - 1
        if node.glue or node.signature in seen or count + more > budget:
            continue
        seen.add(node.signature)
        opened.add(id(node))
        count += more
        queue.extend(sorted((c for c in node.children if c.children), key=lambda c: (-c.count, c.first)))
    visible: list[Node] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in opened:
            stack += reversed(node.children)
        else:
            visible.append(node)
    return visible
