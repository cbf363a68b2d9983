"""From a tape to a graph: ops become layers, plumbing folds into edges, module calls become scopes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from nn2gltf.errors import listed, safe
from nn2gltf.ir.graph import Edge, Graph, Layer, Parameter, Scope, TensorSpec
from nn2gltf.sources.torch_marks import Origin
from nn2gltf.sources.torch_ops import function_kind, function_name, module_kind, module_settings
from nn2gltf.sources.torch_tape import NO_CALL, Call, Op, Tape

End = tuple[Origin, tuple[str, ...]]
"""The layer output behind plumbing, and the plumbing's names in order."""


class LayerBuilder:
    """Groups one tape's ops into layers."""

    def __init__(self, model: nn.Module, tape: Tape) -> None:
        self._model, self._tape = model, tape
        self._input_count = sum(op.kind == "input" for op in tape.ops)
        self._parameters = describe_parameters(model)
        self._aliases: dict[str, list[str]] = {}
        for parameter in self._parameters.values():
            if parameter.shared_with:
                self._aliases.setdefault(parameter.shared_with, []).append(parameter.name)
        self._layer_of_op: dict[int, str] = {}
        self._members: dict[str, list[Op]] = {}
        self._calls: dict[str, Call] = {}
        self._working = {op.call for op in tape.ops if op.kind == "op" and op.live and not op.plumbing}
        self._taken = {path for path, _ in model.named_modules() if path}
        self._taken |= {_call_id(call) for call in tape.calls}
        self._counts: Counter[str] = Counter()

    def build(self, name: str, report: tuple[str, ...]) -> Graph:
        """The graph of the tape."""
        for op in self._tape.ops:
            self._assign(op)
        layers = tuple(self._layer(layer_id, ops) for layer_id, ops in self._members.items())
        ends = [end[0] for source in self._tape.outputs for end in self._resolve(source)]
        return Graph(
            name=name,
            layers=layers,
            edges=tuple(self._edges()),
            scopes=self._scopes(),
            outputs=tuple(dict.fromkeys(self._layer_of_op[origin[0]] for origin in ends)),
            report=(*report, *self._notes(layers)),
        ).check()

    def values(self) -> dict[str, torch.Tensor]:
        """First output of every layer, where the tape kept it."""
        found: dict[str, torch.Tensor] = {}
        for layer_id, ops in self._members.items():
            call = self._calls.get(layer_id)
            if call is not None and call.index in self._tape.call_values:
                found[layer_id] = self._tape.call_values[call.index]
            elif ops[-1].index in self._tape.values:
                found[layer_id] = self._tape.values[ops[-1].index]
        return found

    def _assign(self, op: Op) -> None:
        """Put an op into its layer; plumbing, parameters and preparations have none."""
        if op.kind == "input":
            self._add(self._free("input" if self._input_count == 1 else op.name), op)
        elif op.kind == "op" and op.live:
            call = self._leaf_call(op)
            if call is not None and call.index in self._working:
                self._calls[_call_id(call)] = call
                self._add(_call_id(call), op)
            elif not op.plumbing:
                self._add(self._function_id(op), op)

    def _add(self, layer_id: str, op: Op) -> None:
        self._members.setdefault(layer_id, []).append(op)
        self._layer_of_op[op.index] = layer_id

    def _leaf_call(self, op: Op) -> Call | None:
        """The call of a module without called submodules that ran an op; a user's own model is a scope."""
        if op.call == NO_CALL or op.call in self._tape.inner_calls:
            return None
        call = self._tape.calls[op.call]
        is_model = call.module is self._model
        return None if is_model and not type(self._model).__module__.startswith("torch.nn.") else call

    def _function_id(self, op: Op) -> str:
        scope = self._scope(op.call)
        return self._free(f"{scope}/{_plain_name(op.name)}" if scope else _plain_name(op.name))

    def _free(self, base: str) -> str:
        """``base``, then ``base@2`` ...; ``/base`` where a module of the model has the name."""
        base = f"/{base}" if base in self._taken else base
        self._counts[base] += 1
        number = self._counts[base]
        return base if number == 1 else f"{base}@{number}"

    def _scope(self, call_index: int) -> str:
        if call_index == NO_CALL:
            return ""
        call = self._tape.calls[call_index]
        return call.path if call.held else call.scope

    def _layer(self, layer_id: str, ops: list[Op]) -> Layer:
        first, call = ops[0], self._calls.get(layer_id)
        names = self._parameter_names(ops, call)
        common: dict[str, Any] = {
            "id": layer_id,
            "inputs": self._inputs(layer_id, ops),
            "outputs": self._outputs(ops, call),
            "parameters": tuple(self._parameters[name] for name in names),
            "flops": sum(op.flops for op in ops if op.flops) or None,
        }
        if first.kind == "input":
            return Layer(op="input", kind="input", **common)
        if call is None:
            return Layer(
                op=function_name(first.name),
                kind=function_kind(first.name, weighted=bool(names)),
                scope=self._scope(first.call),
                attributes=first.settings,
                source=first.source,
                **common,
            )
        again = call.held and call.number > 1
        return Layer(
            op=_class_name(call.module),
            kind=module_kind(call.module),
            scope=call.scope,
            attributes=module_settings(call.module),
            source=call.source,
            call=call.number if call.held else 1,
            shares_weights_with=call.path if again and names else None,
            **common,
        )

    def _parameter_names(self, ops: list[Op], call: Call | None) -> list[str]:
        """Parameters that ops read, directly or through preparations; a shared one by its name in their module."""
        readings = [self._tape.ops[index] for op in ops for index, _ in op.inputs]
        names = dict.fromkeys(name for reading in readings for name in reading.weights)
        home = f"{call.path}." if call is not None and call.held else ""
        return [
            next((alias for alias in self._aliases.get(name, ()) if alias.startswith(home)), name)
            if home and not name.startswith(home)
            else name
            for name in names
        ]

    def _inputs(self, layer_id: str, ops: list[Op]) -> tuple[TensorSpec, ...]:
        """What a layer reads from other layers, as it reads it."""
        specs: list[TensorSpec] = []
        for index, output in dict.fromkeys(origin for op in ops for origin in op.inputs):
            op = self._tape.ops[index]
            if op.live and self._layer_of_op.get(index) != layer_id and output < len(op.outputs):
                specs.append(op.outputs[output])
        return tuple(specs)

    def _outputs(self, ops: list[Op], call: Call | None) -> tuple[TensorSpec, ...]:
        if call is not None and call.outputs:
            return tuple(self._tape.ops[index].outputs[output] for index, output in call.outputs)
        return tuple(ops[-1].outputs)

    def _edges(self) -> list[Edge]:
        """One edge for each tensor that passes from layer to layer."""
        edges: list[Edge] = []
        seen: set[tuple[str, str, int, tuple[str, ...]]] = set()
        slots: Counter[str] = Counter()
        for index, target in self._layer_of_op.items():
            ends = [end for source in self._tape.ops[index].inputs for end in self._resolve(source)]
            for origin, via in ends:
                source, output = self._layer_of_op[origin[0]], self._output_slot(origin)
                if source == target or (source, target, output, via) in seen:
                    continue
                seen.add((source, target, output, via))
                edges.append(
                    Edge(
                        source=source,
                        target=target,
                        source_output=output,
                        target_input=slots[target],
                        via=via,
                        spec=self._tape.ops[origin[0]].outputs[origin[1]],
                    )
                )
                slots[target] += 1
        return edges

    def _output_slot(self, origin: Origin) -> int:
        """Which output of its layer a tensor is."""
        call = self._calls.get(self._layer_of_op[origin[0]])
        return call.outputs.index(origin) if call is not None and origin in call.outputs else origin[1]

    def _resolve(self, origin: Origin) -> list[End]:
        """Follow plumbing back to the layers that made a tensor."""
        found: list[End] = []
        waiting: list[End] = [(origin, ())]
        while waiting:
            (index, output), via = waiting.pop(0)
            op = self._tape.ops[index]
            if index in self._layer_of_op:
                found.append(((index, output), via))
            elif op.live:
                name = _plain_name(op.name) + str(op.settings.get("index", ""))
                waiting += [(source, (name, *via)) for source in op.inputs]
        return found

    def _scopes(self) -> tuple[Scope, ...]:
        """Modules that hold layers, and those around them, the model first."""
        scopes = {"": Scope(path="", type=type(self._model).__name__)}
        modules = dict(self._model.named_modules(remove_duplicate=False))
        for layer_id, ops in self._members.items():
            call = self._calls.get(layer_id)
            path = call.scope if call is not None else self._scope(ops[0].call)
            parts = path.split(".") if path else []
            for depth in range(1, len(parts) + 1):
                here = ".".join(parts[:depth])
                kind = type(modules[here]).__name__ if here in modules else ""
                scopes.setdefault(here, Scope(path=here, type=kind, parent=".".join(parts[: depth - 1])))
        return tuple(scopes.values())

    def _notes(self, layers: tuple[Layer, ...]) -> tuple[str, ...]:
        """What the graph leaves out, as sentences."""
        notes: list[str] = []
        sides = {
            origin
            for index in self._layer_of_op
            for origin in self._tape.ops[index].inputs
            if not self._tape.ops[origin[0]].live and not self._tape.ops[origin[0]].weights
        }
        if sides:
            notes.append(
                f"Not drawn: {len(sides)} tensors that depend on no input (masks, positions, states)."
            )
        notes += _note_packed(self._model)
        read = {p.shared_with or p.name for layer in layers for p in layer.parameters}
        unread = [p for p in self._parameters.values() if (p.shared_with or p.name) not in read]
        return (*notes, *note_unread(unread))


def _note_packed(model: nn.Module) -> list[str]:
    """A sentence on weights of quantised modules, which are neither parameters nor buffers."""
    packed = {
        name: module
        for name, module in model.named_modules()
        if hasattr(module, "_packed_params") and name.rpartition(".")[2] != "_packed_params"
    }
    if not packed:
        return []
    named = f"{safe(next(iter(packed)), limit=80)}{' ...' if len(packed) > 1 else ''}"
    where = f"{len(packed)} quantised module{'s' if len(packed) > 1 else ''} ({named})"
    try:
        tensors = [tensor() for m in packed.values() for tensor in (m.weight, m.bias)]
        count = sum(tensor.numel() for tensor in tensors if tensor is not None)
    except Exception:  # a kind of module that gives them otherwise
        return [f"Not counted: packed weights of {where}."]
    return [f"Not among the parameters: {count:,} packed weights of {where}."]


def note_unread(parameters: list[Parameter]) -> tuple[str, ...]:
    """A sentence on trainable parameters that no layer reads, none when there are none."""
    names = [p.name for p in parameters if p.trainable]
    if not names:
        return ()
    return (f"No layer reads {listed(names)}.",)


def _call_id(call: Call) -> str:
    base = call.path or _class_name(call.module).lower()
    return base if call.number == 1 else f"{base}@{call.number}"


def _class_name(module: Any) -> str:
    return getattr(module, "original_name", None) or type(module).__name__.removeprefix("Parametrized")


def _plain_name(name: str) -> str:
    """``__radd__`` and ``add_`` are both ``add`` in ids."""
    return function_name(name) if name.startswith("__") else name.strip("_") or name


def describe_parameters(model: nn.Module) -> dict[str, Parameter]:
    """Parameters and buffers by qualified name, the first name of a shared one marked."""
    found: dict[str, Parameter] = {}
    first: dict[int, str] = {}
    named: list[tuple[str, torch.Tensor, bool]] = [
        (n, p, True) for n, p in model.named_parameters(remove_duplicate=False)
    ]
    named += [(n, b, False) for n, b in model.named_buffers(remove_duplicate=False) if b is not None]
    for name, tensor, trainable in named:
        original = first.setdefault(id(tensor), name)
        uninitialized = isinstance(tensor, UninitializedParameter | UninitializedBuffer)
        found[name] = Parameter(
            name=name,
            shape=() if uninitialized else tuple(int(n) for n in tensor.shape),
            dtype=str(tensor.dtype).removeprefix("torch."),
            trainable=trainable,
            shared_with=original if original != name else None,
        )
    return found
