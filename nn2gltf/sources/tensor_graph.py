"""A graph of tensors: what a file of weights alone gives to draw, each tensor a layer in the scope of its module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace

from nn2gltf.errors import listed
from nn2gltf.ir.graph import ORDER_INFERRED, Edge, Graph, Layer, Parameter, Scope, TensorSpec
from nn2gltf.sources.module_tree import parents


def is_of_modules(graph: Graph) -> bool:
    """Whether nobody ran the model: its order is inferred, so that nothing but weights can be shown."""
    return any(line.startswith(ORDER_INFERRED) for line in graph.report)


def own_tensors(graph: Graph) -> Iterator[tuple[Layer, Parameter]]:
    """Every tensor once, with the layer that reads it first."""
    seen: set[str] = set()
    for layer in graph.layers:
        for parameter in layer.parameters:
            if not parameter.shared_with and parameter.name not in seen:
                seen.add(parameter.name)
                yield layer, parameter


def graph_of_tensors(graph: Graph, drawn: Collection[str]) -> Graph:
    """A layer for each tensor, in the order of the file.

    Args:
        graph: Of modules, as :func:`nn2gltf.sources.tree_graph.graph_of_modules` gives it.
        drawn: Names of the tensors that there are numbers of.
    """
    found = [(layer, parameter) for layer, parameter in own_tensors(graph) if parameter.name in drawn]
    tensors = [_layer(layer, parameter) for layer, parameter in found]
    main: dict[str, Parameter] = {}
    for layer, parameter in found:
        if layer.id not in main or parameter.count > main[layer.id].count:
            main[layer.id] = parameter
    order = {layer.id: index for index, layer in enumerate(tensors)}
    edges = [
        Edge(source=main[source].name, target=main[target].name, via=via)
        for source, target, via in _short_edges(graph, main)
    ]
    return replace(
        graph,
        layers=tuple(tensors),
        edges=tuple(edge for edge in edges if order[edge.source] < order[edge.target]),
        scopes=_scopes(graph, tensors),
        outputs=(),
        report=(*graph.report, *_without(graph)),
    ).check()


def _short_edges(graph: Graph, kept: Collection[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Edges between the layers that are kept; others that lie between two of them become the edge's ``via``."""
    reach: dict[str, dict[str, tuple[str, ...]]] = {}
    for layer in graph.layers:
        found: dict[str, tuple[str, ...]] = {}
        for edge in graph.inputs_of[layer.id]:
            sources = {edge.source: ()} if edge.source in kept else reach.get(edge.source, {})
            found |= {source: (*via, *edge.via) for source, via in sources.items()}
        if layer.id in kept:
            yield from ((source, layer.id, via) for source, via in found.items())
        else:
            reach[layer.id] = {source: (*via, layer.op) for source, via in found.items()}


def _without(graph: Graph) -> Iterator[str]:
    """A sentence on layers that have no weights to show."""
    count = Counter(layer.op for layer in graph.layers if not layer.parameters)
    if count:
        named = [f"{op} ({n})" if n > 1 else op for op, n in count.items()]
        yield f"Layers without weights are not drawn: {listed(named, most=4, more='more kinds')}."


def _layer(module: Layer, parameter: Parameter) -> Layer:
    return Layer(
        id=parameter.name,
        op=module.op if parameter.name.rpartition(".")[0] == module.id else "parameters",
        kind="weight",
        scope=parameter.name.rpartition(".")[0],
        parameters=(parameter,),
        outputs=(TensorSpec(shape=(1, *parameter.shape), dtype=parameter.dtype),),
    )


def _scopes(graph: Graph, tensors: list[Layer]) -> tuple[Scope, ...]:
    """The modules' scopes and the modules themselves."""
    kinds = {layer.id: layer.op for layer in graph.layers} | {s.path: s.type for s in graph.scopes if s.type}
    scopes = {"": graph.scopes[0]}
    for tensor in tensors:
        for path in [*parents(tensor.scope), tensor.scope] if tensor.scope else []:
            scopes.setdefault(
                path, Scope(path=path, type=kinds.get(path, ""), parent=path.rpartition(".")[0])
            )
    return tuple(scopes.values())
