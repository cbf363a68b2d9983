"""What passes share about blocks: a graph's layers as a tree of module calls, each with a structural signature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nn2gltf.ir.graph import Graph, Layer


@dataclass(frozen=True, kw_only=True)
class Block:
    """One call of a module, or one layer: ``layers[start:end]`` of the graph, which run one after the other.

    Attributes:
        scope: The module's path; a layer's own scope when the block is a layer.
        parts: Blocks inside, in execution order; empty for a layer.
        signature: Equal for blocks of equal structure: classes, ops, shapes and relative wiring, never names.
    """

    scope: str
    start: int
    end: int
    signature: int
    parts: tuple[Block, ...] = ()

    @property
    def size(self) -> int:
        """Number of layers inside."""
        return self.end - self.start


@dataclass
class BlockReader:
    """Reads a graph's blocks in time linear in its layers and edges times the depth of nesting."""

    graph: Graph
    _numbers: dict[Any, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index what signatures are made of."""
        graph = self.graph
        self._order = {layer.id: index for index, layer in enumerate(graph.layers)}
        self._types = {scope.path: scope.type for scope in graph.scopes}
        self._parents = {scope.path: scope.parent for scope in graph.scopes}
        self._lines = {scope: self._line(scope) for scope in {layer.scope for layer in graph.layers}}
        self._sources = [
            [(self._order[edge.source], edge.source_output) for edge in graph.inputs_of[layer.id]]
            for layer in graph.layers
        ]

    def read(self) -> Block:
        """The whole model as one block."""
        return self._block("", 0, len(self.graph.layers), depth=0)

    def _line(self, scope: str) -> tuple[str, ...]:
        """Paths from the outermost module inside the model down to ``scope``."""
        line: list[str] = []
        path: str | None = scope
        while path:
            line.append(path)
            path = self._parents[path] if path in self._parents else path.rpartition(".")[0]
        return tuple(reversed(line))

    def _block(self, scope: str, start: int, end: int, *, depth: int) -> Block:
        parts = tuple(self._parts(start, end, depth))
        inner = (self._types.get(scope, ""), tuple(part.signature for part in parts))
        signature = self._number((*inner, self._wiring(parts, start)))
        return Block(scope=scope, start=start, end=end, signature=signature, parts=parts)

    def _parts(self, start: int, end: int, depth: int) -> Iterator[Block]:
        place = start
        while place < end:
            layer = self.graph.layers[place]
            line = self._lines[layer.scope]
            if len(line) <= depth:
                yield Block(
                    scope=layer.scope, start=place, end=place + 1, signature=self._layer_signature(layer)
                )
                place += 1
                continue
            until = self._end_of_call(place, end, depth)
            yield self._block(line[depth], place, until, depth=depth + 1)
            place = until

    def _end_of_call(self, start: int, end: int, depth: int) -> int:
        """Where the call that begins at ``start`` ends: another scope begins, or its first layer comes again."""
        first, scope = _base_id(self.graph.layers[start]), self._lines[self.graph.layers[start].scope][depth]
        place = start + 1
        while place < end:
            layer = self.graph.layers[place]
            line = self._lines[layer.scope]
            if len(line) <= depth or line[depth] != scope or _base_id(layer) == first:
                break
            place += 1
        return place

    def _layer_signature(self, layer: Layer) -> int:
        return self._number(
            (
                layer.op,
                layer.kind,
                tuple(spec.shape for spec in layer.inputs),
                tuple(spec.shape for spec in layer.outputs),
                tuple(parameter.shape for parameter in layer.parameters),
                tuple(folded.op for folded in layer.folded),
                str(layer.attributes.get("dilation")),
            )
        )

    def _wiring(self, parts: tuple[Block, ...], start: int) -> tuple[Any, ...]:
        """Edges between parts, relative to ``start``; what comes from outside counts, but not from where."""
        wires: list[Any] = []
        for part in parts:
            for index in range(part.start, part.end):
                for source, output in self._sources[index]:
                    if source < start:
                        wires.append((index - start, "outside"))
                    elif source < part.start:
                        wires.append((index - start, source - start, output))
        return tuple(wires)

    def _number(self, key: Any) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def reads(self, block: tuple[Block, ...], before: tuple[Block, ...]) -> bool:
        """Whether any layer of some neighbouring blocks reads one of others."""
        low, high = before[0].start, before[-1].end
        return any(
            low <= source < high
            for index in range(block[0].start, block[-1].end)
            for source, _ in self._sources[index]
        )


def _base_id(layer: Layer) -> str:
    """The id of the first call of the same module; functional ops are numbered within a call, so they keep theirs."""
    return layer.id if "/" in layer.id else layer.id.partition("@")[0]
