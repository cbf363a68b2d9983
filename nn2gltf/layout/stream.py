"""The residual stream of a graph: its states, and the machines that read it and add to it (LAYOUTS.md, Belt)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from nn2gltf.ir.graph import Graph, Layer

LEAST_SUMS = 2
PASSED = ("mul", "add", "activation", "dropout")
"""Kinds of layers that get no stamps of their own."""
TAKES_TOKEN = re.compile(r"\w+\[:, (-?\d+)(?:, :)?\]$")
MOST_SEARCHED = 200
"""Layers of one machine that are looked at."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What one sum adds to the stream.

    Attributes:
        inner: Its layers in execution order, the sum left out.
        weights: The layer that gives the attention weights (heads, T, T), None where there are none in the graph.
        total: The sum: the stream's next state.
    """

    inner: tuple[Layer, ...]
    weights: Layer | None
    total: Layer

    @property
    def heads(self) -> Layer | None:
        """What is drawn a tile a head: the weights, else the outputs (heads, T, n) of one opaque attention."""
        opaque = (la for la in self.inner if la.kind == "attention" and la.outputs)
        return self.weights or next((la for la in opaque if len(la.outputs[0].shape) == 4), None)

    @property
    def attends(self) -> bool:
        """Whether tokens meet here."""
        return self.weights is not None or any(layer.kind == "attention" for layer in self.inner)

    @property
    def stamps(self) -> tuple[Layer, ...]:
        """Layers before the attention weights that have one vector a token, norms first."""
        return tuple(layer for layer in self.inner if tokens_of(layer) and layer.kind not in PASSED)


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A residual stream (T, d).

    Attributes:
        source: The model's input.
        start: The state after the embedding.
        after: Layers after the last sum.
        tokens, width: T and d.
        readout: The one token that goes on after the last sum, from 0; None where all do, or a mean of them.
    """

    source: Layer | None
    start: Layer
    machines: tuple[Machine, ...]
    after: tuple[Layer, ...]
    tokens: int
    width: int
    readout: int | None = None

    @property
    def parameters(self) -> int:
        """Of all machines."""
        return sum(layer.parameter_count for m in self.machines for layer in m.inner)


def tokens_of(layer: Layer) -> tuple[int, int] | None:
    """T and d of a sequence of vectors, None for other tensors."""
    shape = layer.outputs[0].shape if layer.outputs else ()
    return (shape[1], shape[2]) if len(shape) == 3 and shape[1] > 1 and shape[2] > 1 else None


def is_norm(layer: Layer) -> bool:
    """Whether a layer normalises, by its kind or, for a module of the model's own, by its name."""
    return layer.kind == "norm" or "norm" in layer.name.lower()


def is_weights(layer: Layer) -> bool:
    """Whether a layer gives attention weights: the softmax of a square matrix a head."""
    shape = layer.outputs[0].shape if layer.outputs else ()
    ops = [layer.kind, layer.op.lower(), *(folded.op.lower() for folded in layer.folded)]
    return len(shape) == 4 and shape[2] == shape[3] > 1 and any("softmax" in op for op in ops)


def read_stream(graph: Graph) -> Stream | None:
    """The longest chain of sums of one shape, each adding to the one before; None if there is no such chain."""
    chains: dict[str, tuple[str, ...]] = {}
    for layer in graph.layers:
        if layer.kind == "add" and tokens_of(layer):
            before = _carried(graph, layer, chains)
            if before:
                chains[layer.id] = (*chains.get(before, (before,)), layer.id)
    longest = max(chains.values(), key=len, default=())
    if len(longest) < LEAST_SUMS + 1:
        return None
    order = {layer.id: index for index, layer in enumerate(graph.layers)}
    states = [graph.layer_by_id[key] for key in longest]
    found = tokens_of(states[0])
    if found is None or tokens_of(states[-1]) != found:
        return None
    machines = tuple(_machine(graph.layers[order[a.id] + 1 : order[b.id]], b) for a, b in pairwise(states))
    return Stream(
        source=next((layer for layer in graph.layers if layer.kind == "input"), None),
        start=states[0],
        machines=machines,
        after=graph.layers[order[states[-1].id] + 1 :],
        tokens=found[0],
        width=found[1],
        readout=_readout(graph, graph.layers[order[states[-1].id] :], found[0]),
    )


def _readout(graph: Graph, after: tuple[Layer, ...], tokens: int) -> int | None:
    """The token that is taken out of the stream: an edge's ``getitem[:, 0]`` on a sequence of so many."""
    for layer in after:
        for edge in graph.outputs_of[layer.id]:
            for name in edge.via:
                found = TAKES_TOKEN.match(name)
                if found and edge.spec is not None and edge.spec.shape[1:2] == (tokens,):
                    return int(found[1]) % tokens
    return None


def _carried(graph: Graph, layer: Layer, chains: dict[str, tuple[str, ...]]) -> str:
    """The state that a sum adds to: the one of its inputs from which the other was made."""
    sources = [graph.layer_by_id[edge.source] for edge in graph.inputs_of[layer.id]]
    if len(sources) != 2 or any(tokens_of(s) != tokens_of(layer) for s in sources):
        return ""
    for state, other in (sources, sources[::-1]):
        if state.id in _behind(graph, other, state):
            return next((key for key in _through_norms(graph, state) if key in chains), state.id)
    return ""


def _behind(graph: Graph, layer: Layer, state: Layer) -> set[str]:
    """Ids that a layer was made from, back to the state; the search stays inside one machine."""
    seen: set[str] = set()
    queue = [layer.id]
    while queue and len(seen) < MOST_SEARCHED:
        for edge in graph.inputs_of[queue.pop()]:
            if edge.source not in seen:
                seen.add(edge.source)
                if edge.source != state.id:
                    queue.append(edge.source)
    return seen


def _through_norms(graph: Graph, layer: Layer) -> Iterator[str]:
    """A state's own id, then those behind norms (a model that normalises after each sum)."""
    yield layer.id
    while layer.kind in ("norm", "dropout"):
        edges = graph.inputs_of[layer.id]
        if len(edges) != 1:
            return
        layer = graph.layer_by_id[edges[0].source]
        yield layer.id


def _machine(inner: tuple[Layer, ...], total: Layer) -> Machine:
    return Machine(inner=inner, weights=next((la for la in inner if is_weights(la)), None), total=total)
