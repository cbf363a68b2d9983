"""Comparing a graph with torch.export, an independent tracer: the same layers with weights feed each other."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.sources.torch_layers import describe_parameters
from nn2gltf.sources.torch_ops import NEW_TENSORS
from nn2gltf.sources.torch_quiet import quiet

Pair = tuple[str, str]

RETURN_THEIR_INPUT = frozenset({"aten::to", "aten::type_as", "aten::contiguous"})
"""Operators that return their input itself where nothing is to be changed."""

LIKE_ANOTHER = frozenset({"type_as", "reshape_as", "view_as", "expand_as"})
"""Operators that take only the type or the shape of their second tensor."""


@dataclass(frozen=True, kw_only=True)
class Parity:
    """Pairs of weighted layers where one's output reaches the other through functions alone.

    Attributes:
        missing: Pairs that torch.export has and the graph has not.
        extra: The other way round.
    """

    common: int
    missing: tuple[Pair, ...]
    extra: tuple[Pair, ...]


def export_program(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """torch.export's own view of the model.

    Raises:
        Exception: Whatever torch.export raises on a model that it does not take.
    """
    with quiet(model), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.export's own deprecations
        program = torch.export.export(model, args, dict(kwargs), strict=False)
        # with no decompositions to run, this only makes in-place operators functional
        return program.run_decompositions({}) if _hides_edges(program) else program


def _hides_edges(program: Any) -> bool:
    """Whether something written in place is read again by another name, which no edge of the program shows."""
    for node in program.graph.nodes:
        schema = getattr(node.target, "_schema", None)
        if schema is None or not schema.is_mutable:
            continue
        for argument, given in zip(schema.arguments, node.args, strict=False):
            if argument.alias_info is None or not argument.alias_info.is_write:
                continue
            made_by: Any = getattr(getattr(given, "target", None), "_schema", None)
            is_view = made_by is not None and any(result.alias_info is not None for result in made_by.returns)
            if len(getattr(given, "users", (node,))) > 1 or (is_view and not made_by.is_mutable):
                return True
    return False


def compare_edges(model: nn.Module, graph: Graph, program: Any) -> Parity:
    """Compare the edges of a model's graph with those of its exported program."""
    first = {name: p.shared_with or name for name, p in describe_parameters(model).items()}
    groups, ours = _edges_of_graph(graph)
    whole = {layer.id.partition("@")[0]: _trainable(layer) for layer in graph.layers if layer.parameters}
    theirs = _edges_of_program(program, groups, first, whole)
    return Parity(
        common=len(ours & theirs), missing=tuple(sorted(theirs - ours)), extra=tuple(sorted(ours - theirs))
    )


class _Groups:
    """Parameters that one layer reads together: a name for each group, whoever splits or joins the layer's ops."""

    def __init__(self) -> None:
        self._up: dict[str, str] = {}

    def find(self, name: str) -> str:
        while (up := self._up.setdefault(name, name)) != name:
            self._up[name] = name = self._up[up]
        return name

    def join(self, names: Iterable[str]) -> None:
        roots = sorted({self.find(name) for name in names})
        for root in roots[1:]:
            self._up[root] = roots[0]


def _edges_of_graph(graph: Graph) -> tuple[_Groups, set[Pair]]:
    groups = _Groups()
    reached = {layer.id for layer in graph.layers if layer.kind == "input"}
    reads: dict[str, set[str]] = {}
    for layer in graph.layers:
        sources = [edge.source for edge in graph.inputs_of[layer.id]]
        if any(source in reached for source in sources):
            reached.add(layer.id)
        own = _trainable(layer)
        # what no input reaches is preparation of whoever reads it, on both sides
        reads[layer.id] = own.union(*(reads[source] for source in sources if source not in reached))
        if layer.id in reached:
            groups.join(reads[layer.id])
    nodes = [
        (layer.id, [e.source for e in graph.inputs_of[layer.id]], reads[layer.id])
        for layer in graph.layers
        if layer.id in reached
    ]
    return groups, _pairs(nodes, groups)


def _trainable(layer: Layer) -> set[str]:
    return {p.shared_with or p.name for p in layer.parameters if p.trainable}


def _edges_of_program(
    program: Any, groups: _Groups, first: Mapping[str, str], whole: Mapping[str, set[str]]
) -> set[Pair]:
    """Pairs of a program.

    Args:
        first: Every name of a parameter to its first one.
        whole: Parameters of the modules that are one layer: all operators inside are that layer, as in the graph.
    """
    signature = program.graph_signature
    inputs, weights = set(signature.user_inputs), signature.inputs_to_parameters
    reached: set[str] = set()
    reads: dict[str, set[str]] = {}
    nodes: list[tuple[str, list[str], set[str]]] = []
    for node in program.graph.nodes:
        if node.op == "placeholder":
            name = weights.get(node.name)
            reads[node.name] = {first.get(name, name)} if name is not None else set()
            if node.name in inputs:
                reached.add(node.name)
                nodes.append((node.name, [], set()))
            continue
        sources = [source.name for source in _read(node)]
        own: set[str] = set().union(*(reads.get(s, set()) for s in sources if s not in reached))
        reads[node.name] = own
        if any(source in reached for source in sources):
            reached.add(node.name)
            stack = list((node.meta.get("nn_module_stack") or {}).values())
            inside = "" if _gives_itself(node) or not stack else stack[-1][0]
            nodes.append((node.name, sources, own or whole.get(inside, set())))
    return _pairs(nodes, groups)


def _read(node: Any) -> list[Any]:
    """The nodes whose numbers a node reads: of some it takes only the shape or the type."""
    names = str(node.target).split(".")
    if not NEW_TENSORS.isdisjoint(names):
        return []
    read: list[Any] = node.all_input_nodes
    return read[:1] if not LIKE_ANOTHER.isdisjoint(names) else read


def _gives_itself(node: Any) -> bool:
    """Whether an operator returned its input: a program then names the input by the operator, in later modules too."""
    schema = getattr(node.target, "_schema", None)
    if schema is None or schema.name not in RETURN_THEIR_INPUT:
        return False
    given, made = node.all_input_nodes[0].meta.get("val"), node.meta.get("val")
    return bool(given.dtype == made.dtype and given.device == made.device and given.stride() == made.stride())


def _pairs(nodes: list[tuple[str, list[str], set[str]]], groups: _Groups) -> set[Pair]:
    """Pairs of groups, from nodes in execution order with whom they read and which parameters they use."""
    feeding: dict[str, set[str]] = {}
    pairs: set[Pair] = set()
    for name, sources, used in nodes:
        before: set[str] = set().union(*(feeding.get(source, set()) for source in sources))
        if used:
            here = groups.find(min(used))
            pairs |= {(source, here) for source in before if source != here}
            before = {here}
        feeding[name] = before
    return pairs
