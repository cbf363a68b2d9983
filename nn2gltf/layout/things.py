"""Things of a flow: what is visible of a graph, with the edges between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nn2gltf.errors import safe
from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.layout.items import SYMBOLS
from nn2gltf.layout.stages import op_text
from nn2gltf.layout.tree import Node, open_tree

MOST_MEMBERS = 12
"""Cards of a deck at most."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A layer, a closed module, a deck of closed modules, or a block of operations without weights.

    Attributes:
        nodes: Its nodes of the tree, several for a deck.
        faces: The layer that each card shows.
        name: First line of its label.
        detail: Second line.
        block: Drawn as a neutral box.
    """

    nodes: tuple[Node, ...]
    faces: tuple[Layer, ...]
    name: str
    detail: str
    block: bool = False

    @property
    def output(self) -> Layer:
        """The layer whose value it gives."""
        return self.faces[-1]

    @property
    def single(self) -> bool:
        """Whether it is one layer."""
        return len(self.nodes) == 1 and not self.nodes[0].children

    @property
    def joint(self) -> str:
        """Symbol of a layer that only joins."""
        return SYMBOLS.get(self.output.kind, "") if self.single else ""

    @property
    def parameters(self) -> int:
        """Trainable parameters."""
        return sum(node.parameters for node in self.nodes)


def read_things(graph: Graph, tree: Node, budget: int) -> tuple[list[Thing], list[tuple[int, int]]]:
    """Visible things in execution order and the edges between them, in the readers' input order."""
    visible = open_tree(tree, budget)
    runs = _decks(graph, visible)
    owner = [0] * len(graph.layers)
    for index, run in enumerate(runs):
        for node in run:
            owner[node.first : node.last] = [index] * node.count
    order = {layer.id: index for index, layer in enumerate(graph.layers)}
    edges: dict[tuple[int, int], None] = {}
    leaving: list[int] = [0] * len(graph.layers)
    for edge in sorted(graph.edges, key=lambda e: (order[e.target], e.target_input)):
        source = order[edge.source]
        a, b = owner[source], owner[order[edge.target]]
        if a != b:
            edges.setdefault((a, b))
            leaving[source] += 1
    things = [_thing(graph, run, leaving) for run in runs]
    return things, list(edges)


def _decks(graph: Graph, visible: Sequence[Node]) -> list[list[Node]]:
    """Neighbouring closed modules of one class, each fed by the one before alone, become one run."""
    order = {layer.id: index for index, layer in enumerate(graph.layers)}
    jump = [0] * (len(graph.layers) + 1)
    starts = {node.first: index for index, node in enumerate(visible)}
    where = [0] * len(graph.layers)
    for node in visible:
        where[node.first : node.last] = [starts[node.first]] * node.count
    spans = [0] * (len(visible) + 1)
    for edge in graph.edges:
        a, b = where[order[edge.source]], where[order[edge.target]]
        if b - a > 1:
            spans[a + 1] += 1
            spans[b] -= 1
    passed, total = [], 0
    for change in spans[: len(visible)]:
        total += change
        passed.append(total > 0)
    del jump
    runs: list[list[Node]] = []
    for index, node in enumerate(visible):
        same = (
            bool(runs)
            and bool(node.children)
            and bool(runs[-1][-1].children)
            and not node.glue
            and runs[-1][-1].type == node.type
            and node.type != "part"
            and not passed[index]
            and not passed[index - 1]
        )
        if same:
            runs[-1].append(node)
        else:
            runs.append([node])
    return runs


def _thing(graph: Graph, run: list[Node], leaving: list[int]) -> Thing:
    picked = (
        run
        if len(run) <= MOST_MEMBERS
        else [run[round(i * (len(run) - 1) / (MOST_MEMBERS - 1))] for i in range(MOST_MEMBERS)]
    )
    faces = tuple(_face(graph, node, leaving) for node in picked)
    node = run[-1]
    if not node.children:
        layer = faces[0]
        shown = op_text(layer) if layer.kind != "input" else safe(layer.id, limit=18)
        return Thing(nodes=(node,), faces=faces, name=shown, detail=_shape(layer), block=not _drawable(layer))
    name = safe(node.path.rpartition(".")[2], limit=24)
    if name.isdigit():
        name = safe(".".join(node.path.split(".")[-2:]), limit=24)
    if node.glue:
        return Thing(
            nodes=tuple(run), faces=faces, name=name, detail=f"{node.count} ops, no weights", block=True
        )
    if len(run) > 1:
        return Thing(nodes=tuple(run), faces=faces, name=f"{name}  × {len(run)}", detail=_shape(faces[-1]))
    detail = safe(node.type, limit=24) if node.type != "part" else f"{node.count:,} layers"
    return Thing(nodes=(node,), faces=faces, name=name, detail=detail, block=not _drawable(faces[-1]))


def _face(graph: Graph, node: Node, leaving: list[int]) -> Layer:
    """The last layer whose value leaves the node, else its last layer."""
    for index in range(node.last - 1, max(node.first, node.last - 64) - 1, -1):
        if leaving[index] or graph.layers[index].id in graph.outputs:
            return graph.layers[index]
    return graph.layers[node.last - 1]


def _drawable(layer: Layer) -> bool:
    shape = layer.outputs[0].shape if layer.outputs else ()
    numbers = 1
    for extent in shape:
        numbers *= extent
    return len(shape) >= 2 and numbers > 0


def _shape(layer: Layer) -> str:
    shape = layer.outputs[0].shape[1:] if layer.outputs else ()
    return " × ".join(str(n) for n in shape)
