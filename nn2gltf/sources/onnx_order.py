"""Nodes of one ONNX graph in an order in which they can run; a circle is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import onnx

from nn2gltf.errors import InputDataError, safe
from nn2gltf.sources.onnx_text import subgraphs, text


def node_inputs(node: onnx.NodeProto) -> list[str]:
    """Values a node reads, also those its subgraphs read from outside, without repeats."""
    names = [text(name) for name in node.input if name]
    for _, graph in subgraphs(node):
        names += captured(graph)
    return list(dict.fromkeys(names))


def captured(graph: onnx.GraphProto) -> list[str]:
    """Names that a subgraph reads and does not define, in order."""
    own = {text(v.name) for v in graph.input} | {text(t.name) for t in graph.initializer}
    own |= {text(name) for node in graph.node for name in node.output}
    read = [name for node in graph.node for name in node_inputs(node)]
    read += [text(v.name) for v in graph.output]
    return [name for name in dict.fromkeys(read) if name not in own]


def sort_nodes(nodes: Sequence[onnx.NodeProto], *, where: str) -> list[onnx.NodeProto]:
    """The nodes sorted so that each comes after what it reads; their own order where that allows it.

    Kahn's algorithm, without recursion, in time linear in nodes and edges.

    Raises:
        InputDataError: Nodes wait for each other in a circle, or two of them give the same value.
    """
    maker: dict[str, int] = {}
    for index, node in enumerate(nodes):
        for name in map(text, node.output):
            if name and maker.setdefault(name, index) != index:
                raise InputDataError(
                    f"two nodes give the value {safe(name)!r}", code="E_MODEL_FILE", where=where
                )
    needs = [{maker[name] for name in node_inputs(node) if name in maker} for node in nodes]
    if all(not need or max(need) < index for index, need in enumerate(needs)):
        return list(nodes)
    return [nodes[index] for index in _kahn(needs, where, nodes)]


def _kahn(needs: Sequence[Iterable[int]], where: str, nodes: Sequence[onnx.NodeProto]) -> list[int]:
    waiting = [len(set(need)) for need in needs]
    readers: list[list[int]] = [[] for _ in needs]
    for index, need in enumerate(needs):
        for source in need:
            readers[source].append(index)
    ready = [index for index, count in enumerate(waiting) if not count]
    order: list[int] = []
    for index in ready:  # grows while it is read
        order.append(index)
        for reader in readers[index]:
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    if len(order) < len(needs):
        stuck = next(index for index, count in enumerate(waiting) if count)
        name = text(nodes[stuck].name) or text(nodes[stuck].op_type)
        raise InputDataError(
            f"the graph is circular: {safe(name)} waits for its own output", code="E_MODEL_FILE", where=where
        )
    return order
