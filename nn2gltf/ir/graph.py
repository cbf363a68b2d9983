"""Graph: the layers of a network, the tensors between them, and the modules they belong to.

One layer per call: a module that is called twice is two layers that share weights. Ids are stable
over runs: the scope path of a module call (``layer1.0.conv1``), ``@2`` from its second call on, and
``scope/op`` for a functional op (``layer1.0/add``, ``layer1.0/add@2``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from nn2gltf.errors import InputDataError, safe
from nn2gltf.ir.json import Json, JsonObject, without_empty
from nn2gltf.ir.kinds import KINDS
from nn2gltf.ir.repeat import Repeat
from nn2gltf.ir.verification import Verification
from nn2gltf.python_form import to_python

ORDER_INFERRED = "Order inferred"
"""How a report line begins where a file held no graph and its chain is a guess; the legend says it too."""
USUAL_REPORT = "Traced with "
"""How a graph's report begins when all went well: kept in the file, not worth a line for a person."""


@dataclass(frozen=True, kw_only=True)
class TensorSpec:
    """Shape and element type of a tensor; the batch axis is part of the shape."""

    shape: tuple[int, ...]
    dtype: str = "float32"

    def to_json(self) -> JsonObject:
        """JSON form, inverse of :meth:`from_json`."""
        return {"shape": list(self.shape), "dtype": self.dtype}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TensorSpec:
        """Rebuild from :meth:`to_json`'s form."""
        return cls(shape=tuple(data["shape"]), dtype=data["dtype"])


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter or buffer that a layer reads.

    Attributes:
        name: Qualified name in the model (``conv1.weight``); the key into recorded weights.
        trainable: False for buffers such as a norm's running mean.
        shared_with: The first name of the same tensor when it has several.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    trainable: bool = True
    shared_with: str | None = None

    @property
    def count(self) -> int:
        """Number of elements."""
        total = 1
        for extent in self.shape:
            total *= extent
        return total

    def to_json(self) -> JsonObject:
        """JSON form, inverse of :meth:`from_json`."""
        fields: JsonObject = {"name": self.name, "shape": list(self.shape), "dtype": self.dtype}
        if not self.trainable:
            fields["trainable"] = False
        if self.shared_with:
            fields["sharedWith"] = self.shared_with
        return fields

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Parameter:
        """Rebuild from :meth:`to_json`'s form."""
        return cls(
            name=data["name"],
            shape=tuple(data["shape"]),
            dtype=data["dtype"],
            trainable=data.get("trainable", True),
            shared_with=data.get("sharedWith"),
        )


@dataclass(frozen=True, kw_only=True)
class Folded:
    """A layer that a pass folded into another one, kept so that the fold is reversible."""

    id: str
    op: str

    def to_json(self) -> JsonObject:
        """JSON form, inverse of :meth:`from_json`."""
        return {"id": self.id, "op": self.op}


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One call of one module or functional op.

    Attributes:
        id: Stable and unique, see the module's docstring.
        op: Name as a person knows it: a module's class (``Conv2d``) or the function (``add``).
        kind: What it is for drawing: one of :data:`KINDS`.
        scope: Path of the module that holds it, ``""`` for the model itself.
        inputs, outputs: Tensor specs, in call order.
        parameters: Parameters and buffers it reads.
        flops: Floating-point operations of one call (a multiply-add counts two), None if unknown.
        attributes: Settings worth showing: kernel_size, stride ...
        source: ``file.py:12`` of the call in the user's code.
        call: 1 for the first call of its module, 2 for the second ...
        shares_weights_with: Id of the first call, for later calls of a re-used module.
        folded: Layers folded into this one, in execution order.
        value_id: Id of the traced layer whose output this layer shows (the last folded one, or itself).
    """

    id: str
    op: str
    kind: str
    scope: str = ""
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    flops: int | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict)
    source: str | None = None
    call: int = 1
    shares_weights_with: str | None = None
    folded: tuple[Folded, ...] = ()
    value_id: str = ""

    def __post_init__(self) -> None:
        """A layer shows its own output unless a pass says otherwise."""
        if not self.value_id:
            object.__setattr__(self, "value_id", self.id)

    @property
    def name(self) -> str:
        """Last part of the id, what a label shows."""
        return self.id.rpartition("/")[2] if "/" in self.id else self.id.rpartition(".")[2]

    @property
    def parameter_count(self) -> int:
        """Trainable parameters, 0 for a later call of a re-used module."""
        if self.shares_weights_with:
            return 0
        return sum(p.count for p in self.parameters if p.trainable and not p.shared_with)

    def to_json(self) -> JsonObject:
        """JSON form, inverse of :meth:`from_json`."""
        return without_empty(
            {
                "id": self.id,
                "op": self.op,
                "kind": self.kind,
                "scope": self.scope,
                "inputs": [spec.to_json() for spec in self.inputs],
                "outputs": [spec.to_json() for spec in self.outputs],
                "parameters": [p.to_json() for p in self.parameters],
                "flops": self.flops,
                "attributes": dict(self.attributes),
                "source": self.source,
                "call": self.call if self.call > 1 else None,
                "sharesWeightsWith": self.shares_weights_with,
                "folded": [f.to_json() for f in self.folded],
                "valueId": self.value_id if self.value_id != self.id else None,
            }
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Layer:
        """Rebuild from :meth:`to_json`'s form."""
        return cls(
            id=data["id"],
            op=data["op"],
            kind=data["kind"],
            scope=data.get("scope", ""),
            inputs=tuple(TensorSpec.from_json(s) for s in data.get("inputs", ())),
            outputs=tuple(TensorSpec.from_json(s) for s in data.get("outputs", ())),
            parameters=tuple(Parameter.from_json(p) for p in data.get("parameters", ())),
            flops=data.get("flops"),
            attributes=data.get("attributes", {}),
            source=data.get("source"),
            call=data.get("call", 1),
            shares_weights_with=data.get("sharesWeightsWith"),
            folded=tuple(Folded(id=f["id"], op=f["op"]) for f in data.get("folded", ())),
            value_id=data.get("valueId", ""),
        )


@dataclass(frozen=True, kw_only=True)
class Edge:
    """One tensor from a producer's output to a consumer's input.

    Attributes:
        via: Plumbing ops folded into the edge (``flatten``, ``view``), in order.
        spec: The tensor as the producer made it.
    """

    source: str
    target: str
    source_output: int = 0
    target_input: int = 0
    via: tuple[str, ...] = ()
    spec: TensorSpec | None = None

    def to_json(self) -> JsonObject:
        """JSON form, inverse of :meth:`from_json`."""
        return without_empty(
            {
                "source": self.source,
                "target": self.target,
                "sourceOutput": self.source_output or None,
                "targetInput": self.target_input or None,
                "via": list(self.via),
                "spec": self.spec.to_json() if self.spec else None,
            }
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Edge:
        """Rebuild from :meth:`to_json`'s form."""
        return cls(
            source=data["source"],
            target=data["target"],
            source_output=data.get("sourceOutput", 0),
            target_input=data.get("targetInput", 0),
            via=tuple(data.get("via", ())),
            spec=TensorSpec.from_json(data["spec"]) if "spec" in data else None,
        )


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A module that holds others: its path (``""`` for the model), class and parent path."""

    path: str
    type: str
    parent: str | None = None

    def to_json(self) -> JsonObject:
        """JSON form."""
        fields: JsonObject = {"path": self.path, "type": self.type}
        if self.parent is not None:
            fields["parent"] = self.parent
        return fields


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Layers in execution order, edges, scopes, and a report of what could not be captured.

    Attributes:
        name: The model's class or file name.
        outputs: Ids of the layers that give the model's outputs, in order.
        report: Sentences for a person: how it was traced, what is missing.
        repeats: Rows of identical blocks, outer ones first.
        verification: What checking it against its model gave, None when nobody asked.
    """

    name: str
    layers: tuple[Layer, ...]
    edges: tuple[Edge, ...]
    scopes: tuple[Scope, ...] = ()
    outputs: tuple[str, ...] = ()
    report: tuple[str, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    verification: Verification | None = None

    @cached_property
    def layer_by_id(self) -> dict[str, Layer]:
        """Layers by id."""
        return {layer.id: layer for layer in self.layers}

    @cached_property
    def inputs_of(self) -> dict[str, tuple[Edge, ...]]:
        """Edges into each layer, in input order."""
        return self._edges_by("target")

    @cached_property
    def outputs_of(self) -> dict[str, tuple[Edge, ...]]:
        """Edges out of each layer."""
        return self._edges_by("source")

    @cached_property
    def parent_of(self) -> dict[str, str | None]:
        """Path of the scope above each scope."""
        return {scope.path: scope.parent for scope in self.scopes}

    def _edges_by(self, end: str) -> dict[str, tuple[Edge, ...]]:
        groups: dict[str, list[Edge]] = {layer.id: [] for layer in self.layers}
        for edge in self.edges:
            groups[getattr(edge, end)].append(edge)
        return {key: tuple(sorted(group, key=lambda e: e.target_input)) for key, group in groups.items()}

    @property
    def parameter_count(self) -> int:
        """Trainable parameters of the whole model, folded blocks included, shared ones counted once."""
        seen: dict[str, int] = {}
        for layer in self.layers:
            for parameter in layer.parameters:
                if parameter.trainable:
                    seen[parameter.shared_with or parameter.name] = parameter.count
        return sum(seen.values()) + sum(repeat.hidden_parameters for repeat in self.repeats)

    def check(self) -> Graph:
        """Return itself, or raise on a broken rule.

        Raises:
            InputDataError: Duplicate ids, unknown kinds, edges to nowhere, or an edge backwards in execution order.
        """
        order = {layer.id: index for index, layer in enumerate(self.layers)}
        if len(order) != len(self.layers):
            raise _broken("two layers have the same id", _first_repeat(layer.id for layer in self.layers))
        for layer in self.layers:
            if layer.kind not in KINDS:
                raise _broken(f"unknown kind {safe(layer.kind)!r}", layer.id)
        for output in self.outputs:
            if output not in order:
                raise _broken("an output is no layer", output)
        for edge in self.edges:
            if edge.source not in order or edge.target not in order:
                raise _broken("an edge leads to no layer", f"{edge.source} -> {edge.target}")
            if order[edge.source] >= order[edge.target]:
                raise _broken("an edge runs against execution order", f"{edge.source} -> {edge.target}")
        return self

    def to_json(self) -> JsonObject:
        """JSON form, inverse of :meth:`from_json`."""
        return {
            "name": self.name,
            "layers": [layer.to_json() for layer in self.layers],
            "edges": [edge.to_json() for edge in self.edges],
            "scopes": [scope.to_json() for scope in self.scopes],
            "outputs": list(self.outputs),
            "report": list(self.report),
            **without_empty({"repeats": [repeat.to_json() for repeat in self.repeats]}),
            **({"verification": self.verification.to_json()} if self.verification else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Graph:
        """Rebuild from :meth:`to_json`'s form and check it."""
        return cls(
            name=data["name"],
            layers=tuple(Layer.from_json(item) for item in data["layers"]),
            edges=tuple(Edge.from_json(item) for item in data["edges"]),
            scopes=tuple(
                Scope(path=s["path"], type=s["type"], parent=s.get("parent")) for s in data.get("scopes", ())
            ),
            outputs=tuple(data.get("outputs", ())),
            report=tuple(data.get("report", ())),
            repeats=tuple(Repeat.from_json(item) for item in data.get("repeats", ())),
            verification=Verification.from_json(data["verification"]) if "verification" in data else None,
        ).check()

    def __str__(self) -> str:
        """The table, then what could not be captured; how it was traced when all went well is not said."""
        notes = [to_python(line) for line in self.report if not line.startswith(USUAL_REPORT)]
        return "\n".join([self.table(), *(f"note: {line}" for line in notes)])

    def table(self) -> str:
        """One line a layer."""
        rows = [f"{self.name}: {len(self.layers)} layers, {self.parameter_count:,} parameters"]
        for layer in self.layers:
            shape = " ".join("x".join(map(str, spec.shape)) for spec in layer.outputs)
            ops = " + ".join([layer.op, *(f.op for f in layer.folded)])
            rows.append(f"  {layer.id:<28} {ops:<28} {shape:<20} {layer.parameter_count or '':>10}")
        return "\n".join(rows)


def _broken(message: str, where: str) -> InputDataError:
    return InputDataError(message, code="E_GRAPH", where=where)


def _first_repeat(ids: Iterable[str]) -> str:
    seen: set[str] = set()
    for item in ids:
        if item in seen:
            return item
        seen.add(item)
    return ""
