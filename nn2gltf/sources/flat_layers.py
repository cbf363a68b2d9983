"""From a flat model to a graph: layers, edges, scopes, parameters, and what could not be said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nn2gltf.ir.graph import Edge, Graph, Layer, Scope, TensorSpec
from nn2gltf.ir.json import Json
from nn2gltf.sources.flat_flops import count_flops
from nn2gltf.sources.flat_groups import Group, group_nodes
from nn2gltf.sources.flat_links import Links, link_nodes
from nn2gltf.sources.flat_model import UNKNOWN, FlatModel, FlatNode, ValueType
from nn2gltf.sources.flat_ops import class_kind, leaf_name, op_kind, op_name, shown_settings
from nn2gltf.sources.flat_parameters import ParameterBook

REMEMBERS = ("Loop", "Scan")


@dataclass(frozen=True, kw_only=True)
class BuiltGraph:
    """A graph and how to find its numbers.

    Attributes:
        values: Layer id to the name of its first output in the file, for layers of the main graph.
        weights: Parameter name to the tensor's name in the file and whether it must be transposed.
    """

    graph: Graph
    values: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, tuple[str, bool]] = field(default_factory=dict)


def build_graph(
    flat: FlatModel,
    *,
    name: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    initializers: Sequence[str],
    report: Sequence[str],
) -> BuiltGraph:
    """Make layers of a flat model.

    Args:
        inputs, outputs: Names of the graph's own, in order.
        initializers: Values with weights.
        report: Sentences to begin the graph's report with.
    """
    builder = _Builder(flat, link_nodes(flat, inputs, outputs, initializers), inputs, outputs)
    return builder.build(name, tuple(report))


class _Builder:
    def __init__(self, flat: FlatModel, links: Links, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        self._flat, self._links, self._inputs, self._outputs = flat, links, inputs, outputs
        self._parameters = ParameterBook(flat, links)
        self._layer_of: dict[int, str] = {}
        self._unknown: Counter[str] = Counter()

    def build(self, name: str, report: tuple[str, ...]) -> BuiltGraph:
        entries = self._input_layers()
        groups, classes = group_nodes(self._flat, self._links, self._outputs, [e.id for e in entries])
        self._layer_of.update((index, group.id) for group in groups for index in group.nodes)
        plain = [*entries, *(self._layer(group) for group in groups)]
        layers = self._parameters.share(plain)
        ends = [end.node for value in self._outputs for end in self._links.ends.get(value, ())]
        graph = Graph(
            name=name,
            layers=tuple(layers),
            edges=tuple(self._edges(groups)),
            scopes=_scopes(name, layers, classes),
            outputs=tuple(dict.fromkeys(self._layer_of[node] for node in ends)),
            report=(*report, *self._notes()),
        )
        values = {g.id: self._first_output(g) for g in groups if not self._flat.nodes[g.nodes[-1]].frames}
        values |= {self._layer_of[-1 - i]: value for i, value in enumerate(self._inputs)}
        return BuiltGraph(graph=graph.check(), values=values, weights=self._parameters.sources)

    def _input_layers(self) -> list[Layer]:
        layers: list[Layer] = []
        for index, value in enumerate(self._inputs):
            layer_id = "input" if len(self._inputs) == 1 else value
            self._layer_of[-1 - index] = layer_id
            specs, settings = self._specs([value])
            layers.append(Layer(id=layer_id, op="input", kind="input", outputs=specs, attributes=settings))
        return layers

    def _layer(self, group: Group) -> Layer:
        nodes = [self._flat.nodes[index] for index in group.nodes]
        names = self._parameters.names(group)
        op, kind = self._name(group, nodes, weighted=bool(names))
        specs, unknown = self._specs([value for value in nodes[-1].outputs if value])
        main = next(
            (node for node in nodes if op_kind(node.op, node.domain, weighted=True) == kind), nodes[0]
        )
        settings: dict[str, Json] = {**shown_settings(main.op, main.settings), **unknown}
        if any(node.op in REMEMBERS for node in nodes):
            settings["repeats"] = True
        parameters = tuple(self._parameters.described[name] for name in names)
        return Layer(
            id=group.id,
            op=op,
            kind=kind,
            scope=group.scope,
            inputs=self._input_specs(group),
            outputs=specs,
            parameters=parameters,
            flops=count_flops(main, self._flat.types),
            attributes=settings,
            call=group.call,
        )

    def _name(self, group: Group, nodes: Sequence[FlatNode], *, weighted: bool) -> tuple[str, str]:
        """What a person calls the layer, and its kind."""
        last = nodes[-1]
        if last.op == "Constant":
            return "constant", "constant"
        first = next((node for node in nodes if _main_kind(node) != "op"), nodes[0])
        kind = op_kind(first.op, first.domain, weighted=weighted)
        if len(nodes) > 1:
            found = leaf_name([node.op for node in nodes])
            if found is not None:
                return group.type or found[0], found[1]
            kind = class_kind(group.type) or kind
        dims = self._flat.types.get(first.outputs[0] if first.outputs else "", UNKNOWN).dims
        name = op_name(first.op, kind, None if dims is None else len(dims), weighted=weighted)
        if group.type:
            return group.type, class_kind(group.type) or kind
        return name, kind

    def _specs(self, values: Sequence[str]) -> tuple[tuple[TensorSpec, ...], dict[str, Json]]:
        """Specs up to the first unknown one, and what is said about the rest."""
        types = [self._flat.types.get(value, UNKNOWN) for value in values]
        known: list[TensorSpec] = []
        for found in types:
            if found.spec is None:
                break
            known.append(found.spec)
        rest: Sequence[ValueType] = types[len(known) :]
        if not rest:
            return tuple(known), {}
        self._unknown[rest[0].kind] += 1
        return tuple(known), {"unknown_shapes": [found.shown for found in rest[:8]]}

    def _input_specs(self, group: Group) -> tuple[TensorSpec, ...]:
        inside = set(group.nodes)
        specs: list[TensorSpec] = []
        for value in dict.fromkeys(v for i in group.nodes for v in self._flat.nodes[i].inputs if v):
            ends = self._links.ends.get(value, ())
            spec = self._flat.types.get(value, UNKNOWN).spec
            if spec is not None and any(end.node not in inside for end in ends):
                specs.append(spec)
        return tuple(specs)

    def _edges(self, groups: Sequence[Group]) -> list[Edge]:
        edges: list[Edge] = []
        for group in groups:
            seen: set[tuple[str, int, tuple[str, ...]]] = set()
            for value in (value for index in group.nodes for value in self._flat.nodes[index].inputs):
                for end in self._links.ends.get(value, ()):
                    source = self._layer_of[end.node]
                    if source == group.id or (source, end.output, end.via) in seen:
                        continue
                    edges.append(
                        Edge(
                            source=source,
                            target=group.id,
                            source_output=end.output,
                            target_input=len(seen),
                            via=end.via,
                            spec=self._flat.types.get(end.value, UNKNOWN).spec,
                        )
                    )
                    seen.add((source, end.output, end.via))
        return edges

    def _first_output(self, group: Group) -> str:
        return next((value for value in self._flat.nodes[group.nodes[-1]].outputs if value), "")

    def _notes(self) -> list[str]:
        notes: list[str] = []
        if self._links.hidden:
            notes.append(f"Not drawn: {self._links.hidden} nodes that compute shapes and constants.")
        tensors = self._unknown["tensor"] + self._unknown["unknown"]
        if tensors:
            notes.append(f"Shapes unknown: {tensors} layers; give --input shapes if the model allows it.")
        others = sum(self._unknown.values()) - tensors
        if others:
            notes.append(f"{others} layers give sequences or maps, which have no shape.")
        return notes


def _main_kind(node: FlatNode) -> str:
    return op_kind(node.op, node.domain, weighted=True)


def _scopes(name: str, layers: Sequence[Layer], classes: Mapping[str, str]) -> tuple[Scope, ...]:
    scopes = {"": Scope(path="", type=classes.get("", name))}
    for layer in layers:
        parts = layer.scope.split(".") if layer.scope else []
        if layer.scope in scopes:
            continue
        for depth in range(1, len(parts) + 1):
            here = ".".join(parts[:depth])
            scopes.setdefault(
                here, Scope(path=here, type=classes.get(here, ""), parent=".".join(parts[: depth - 1]))
            )
    return tuple(scopes.values())
