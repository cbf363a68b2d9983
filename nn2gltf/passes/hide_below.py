"""Pass: modules below a depth become one layer each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nn2gltf.errors import UsageError
from nn2gltf.ir.graph import Edge, Folded, Graph, Layer
from nn2gltf.passes.blocks import Block, BlockReader
from nn2gltf.passes.merge import keep_repeats


def hide_below(graph: Graph, depth: int) -> Graph:
    """Close every call of a module that is nested deeper than ``depth - 1`` modules inside the model.

    A closed module is one layer named after its path and class; it shows the value that leaves it, and lists what is
    inside in :attr:`Layer.folded`. A module that holds one layer stays that layer.

    Args:
        depth: 1 shows the model's own modules, 2 those inside them ...

    Raises:
        UsageError: The depth is below 1.
    """
    if depth < 1:
        raise UsageError(
            f"the depth is {depth}", hint="1 shows the model's own modules, 2 those inside them."
        )
    closed = [block for block in _blocks(BlockReader(graph).read(), depth) if block.parts and block.size > 1]
    return _Closing(graph, closed).run() if closed else graph


def _blocks(block: Block, depth: int) -> Iterator[Block]:
    """Blocks ``depth`` modules inside one, and layers on the way, in execution order."""
    for part in block.parts:
        if part.parts and depth > 1:
            yield from _blocks(part, depth - 1)
        else:
            yield part


@dataclass
class _Closing:
    """One run of the pass."""

    graph: Graph
    blocks: list[Block]

    def run(self) -> Graph:
        graph = self.graph
        self._home: dict[str, str] = {}
        counts: Counter[str] = Counter(layer.id for layer in graph.layers)
        for block in self.blocks:
            counts[block.scope] += 1
            number = counts[block.scope]
            name = block.scope if number == 1 else f"{block.scope}@{number}"
            self._home.update({layer.id: name for layer in graph.layers[block.start : block.end]})
        self._slots = self._leaving()
        layers: list[Layer] = []
        place = 0
        for block in self.blocks:
            layers += [*graph.layers[place : block.start], self._closed(block)]
            place = block.end
        layers += graph.layers[place:]
        outputs = tuple(dict.fromkeys(self._home.get(i, i) for i in graph.outputs))
        kept = {layer.id for layer in layers}
        return replace(
            graph,
            layers=tuple(layers),
            edges=tuple(self._edges()),
            outputs=outputs,
            repeats=keep_repeats(graph, kept),
        ).check()

    def _leaving(self) -> dict[str, list[tuple[str, int]]]:
        """By closed module: the (layer, output) pairs that somebody outside reads, or the model gives."""
        leaving: dict[str, dict[tuple[str, int], None]] = {name: {} for name in self._home.values()}
        for edge in self.graph.edges:
            home = self._home.get(edge.source)
            if home is not None and self._home.get(edge.target) != home:
                leaving[home][edge.source, edge.source_output] = None
        for layer_id in self.graph.outputs:
            if layer_id in self._home:
                leaving[self._home[layer_id]][layer_id, 0] = None
        return {name: list(pairs) for name, pairs in leaving.items()}

    def _closed(self, block: Block) -> Layer:
        graph = self.graph
        inner = graph.layers[block.start : block.end]
        name = self._home[inner[0].id]
        scope = next((s for s in graph.scopes if s.path == block.scope), None)
        leaving = self._slots[name] or [(inner[-1].id, 0)]
        shown = graph.layer_by_id[leaving[-1][0]]
        flops = [layer.flops for layer in inner if layer.flops]
        return Layer(
            id=name,
            op=scope.type if scope and scope.type else "block",
            kind="op",
            scope=(scope.parent if scope else None) or "",
            inputs=tuple(edge.spec for edge in self._entering(inner) if edge.spec),
            outputs=tuple(
                graph.layer_by_id[layer_id].outputs[slot]
                for layer_id, slot in leaving
                if slot < len(graph.layer_by_id[layer_id].outputs)
            ),
            parameters=tuple(dict.fromkeys(p for layer in inner for p in layer.parameters)),
            flops=sum(flops) or None,
            folded=tuple(
                folded for layer in inner for folded in (Folded(id=layer.id, op=layer.op), *layer.folded)
            ),
            value_id=shown.value_id,
        )

    def _entering(self, inner: tuple[Layer, ...]) -> list[Edge]:
        inside = {layer.id for layer in inner}
        return [
            edge for layer in inner for edge in self.graph.inputs_of[layer.id] if edge.source not in inside
        ]

    def _edges(self) -> list[Edge]:
        edges: dict[tuple[str, str, int, tuple[str, ...]], Edge] = {}
        slots: Counter[str] = Counter()
        for edge in self.graph.edges:
            source = self._home.get(edge.source, edge.source)
            target = self._home.get(edge.target, edge.target)
            if source == target:
                continue
            output = edge.source_output
            if source != edge.source:
                output = self._slots[source].index((edge.source, output))
            key = (source, target, output, edge.via)
            if key in edges:
                continue
            place = edge.target_input
            if target != edge.target:
                place = slots[target]
                slots[target] += 1
            edges[key] = replace(edge, source=source, target=target, source_output=output, target_input=place)
        return list(edges.values())
