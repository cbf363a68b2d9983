"""One flat list of an ONNX model's nodes, every value under a name that is unique in the whole model.

Functions are replaced by their nodes; the nodes of subgraphs come before the node that owns them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import onnx

from nn2gltf.sources.flat_model import UNKNOWN, FlatModel, FlatNode, ValueType
from nn2gltf.sources.onnx_limits import FunctionKey, function_key, model_functions
from nn2gltf.sources.onnx_order import captured, sort_nodes
from nn2gltf.sources.onnx_shapes import function_model, infer_types, subgraph_model
from nn2gltf.sources.onnx_text import properties, settings, subgraphs, text
from nn2gltf.sources.onnx_types import better, tensor_type

BLOCK_OPS = frozenset({"If", "Loop", "Scan", "SequenceMap"})
SEPARATOR = "\x1f"
"""Between a call's name and a value's own name inside it; no valid name holds it."""


def flatten(model: onnx.ModelProto, types: Mapping[str, ValueType], *, where: str) -> FlatModel:
    """Flatten a counted model (:func:`nn2gltf.sources.onnx_limits.count_nodes`).

    Args:
        model: Light; see :func:`nn2gltf.sources.onnx_shapes.light_copy`.
        types: Of the values of the main graph.

    Raises:
        InputDataError: A graph in it is circular.
    """
    flattener = _Flattener(model, where)
    flattener.flat.types.update(types)
    flattener.add(model.graph.node, {name: name for name in types}, (), "", known=types)
    return flattener.flat


Scope = dict[str, str]
"""A value's name in one graph to its unique name."""


class _Flattener:
    def __init__(self, model: onnx.ModelProto, where: str) -> None:
        self._model, self._where = model, where
        self._functions = model_functions(model)
        self._sorted: dict[FunctionKey, list[onnx.NodeProto]] = {}
        self._calls: Counter[str] = Counter()
        self._inferred: dict[object, dict[str, ValueType]] = {}
        self.flat = FlatModel()

    def add(
        self,
        nodes: Sequence[onnx.NodeProto],
        scope: Scope,
        frames: tuple[str, ...],
        prefix: str,
        *,
        known: Mapping[str, ValueType],
        in_order: bool = False,
    ) -> None:
        """Append the nodes of one graph; ``scope`` gains what they define."""
        for node in nodes if in_order else sort_nodes(nodes, where=self._where):
            outputs = tuple(self._define(text(name), scope, prefix, known) for name in node.output)
            inputs = tuple(scope.get(text(name), text(name)) if name else "" for name in node.input)
            if function_key(node) in self._functions:
                self._call(node, inputs, outputs, frames)
                continue
            inner = subgraphs(node)
            given = self._blocks(node, inner, inputs, scope, frames) if inner else ()
            self._keep_constant(node, outputs)
            self.flat.nodes.append(
                FlatNode(
                    op=text(node.op_type),
                    domain=text(node.domain),
                    inputs=(*inputs, *given),
                    outputs=outputs,
                    name=text(node.name),
                    frames=frames,
                    settings=settings(node),
                    metadata=properties(node.metadata_props),
                    block=bool(inner),
                )
            )

    def _define(self, name: str, scope: Scope, prefix: str, known: Mapping[str, ValueType]) -> str:
        if not name:
            return ""
        unique = f"{prefix}{name}"
        scope[name] = unique
        if name in known:
            self.flat.types[unique] = better(self.flat.types.get(unique, UNKNOWN), known[name])
        return unique

    def _keep_constant(self, node: onnx.NodeProto, outputs: tuple[str, ...]) -> None:
        if node.op_type != "Constant" or not outputs:
            return
        for attribute in node.attribute:
            if attribute.HasField("t"):
                self.flat.tensors[outputs[0]] = tensor_type(attribute.t)
                self.flat.constants.add(outputs[0])
                self.flat.types[outputs[0]] = tensor_type(attribute.t)

    def _frame(self, node: onnx.NodeProto, suffix: str = "") -> str:
        """A name for what happens inside a node, unique in the model."""
        base = (text(node.name).strip("/") or text(node.op_type)) + suffix
        self._calls[base] += 1
        return base if self._calls[base] == 1 else f"{base}@{self._calls[base]}"

    def _call(
        self, node: onnx.NodeProto, inputs: Sequence[str], outputs: Sequence[str], frames: tuple[str, ...]
    ) -> None:
        """Replace a call by the nodes of its function."""
        key = function_key(node)
        function = self._functions[key]
        if key not in self._sorted:
            self._sorted[key] = sort_nodes(function.node, where=self._where)
        inner = (*frames, self._frame(node))
        self.flat.frame_types[inner] = key[1]
        body = _with_arguments(self._sorted[key], node, function)
        names = [text(name) for name in function.input]
        scope = dict(zip(names, inputs, strict=False)) | dict.fromkeys(names[len(inputs) :], "")
        types = {n: self.flat.types.get(scope[n], UNKNOWN) for n in names if scope[n]}
        known = self._infer_call(node, function, body, types)
        prefix = SEPARATOR.join(inner) + SEPARATOR
        self.add(body, scope, inner, prefix, known=known, in_order=True)
        given = [scope.get(text(name), "") for name in function.output]
        self._join(given, outputs, frames)

    def _infer_call(
        self,
        node: onnx.NodeProto,
        function: onnx.FunctionProto,
        body: Sequence[onnx.NodeProto],
        types: Mapping[str, ValueType],
    ) -> dict[str, ValueType]:
        """Types inside one call; calls with the same arguments are looked at once."""
        attributes = tuple(sorted(a.SerializeToString(deterministic=True) for a in node.attribute))
        key = (function_key(node), tuple(types.items()), attributes)
        if key not in self._inferred:
            calls = any(function_key(inner) in self._functions for inner in body)
            model = function_model(self._model, function, body, types, functions=calls)
            self._inferred[key] = self._infer(model)
        return self._inferred[key]

    def _join(self, given: Sequence[str], outputs: Sequence[str], frames: tuple[str, ...]) -> None:
        """A call's results are its function's: plumbing that gives them the caller's names."""
        for source, target in zip(given, outputs, strict=False):
            if source and target:
                self.flat.types[target] = better(
                    self.flat.types.get(target, UNKNOWN), self.flat.types.get(source, UNKNOWN)
                )
                self.flat.nodes.append(
                    FlatNode(op="Identity", inputs=(source,), outputs=(target,), frames=frames)
                )

    def _blocks(
        self,
        node: onnx.NodeProto,
        inner: Sequence[tuple[str, onnx.GraphProto]],
        inputs: Sequence[str],
        scope: Scope,
        frames: tuple[str, ...],
    ) -> tuple[str, ...]:
        """Append the nodes of a node's subgraphs; gives the values that come out of them."""
        results: list[str] = []
        base = self._frame(node)
        self.flat.frame_types[(*frames, base)] = text(node.op_type)
        for attribute, graph in inner:
            own = (*frames, base, attribute.removesuffix("_branch"))
            self.flat.frame_types[own] = attribute
            prefix = SEPARATOR.join(own) + SEPARATOR
            inside = {name: scope[name] for name in captured(graph) if name in scope}
            self._bind_block(node, graph, inputs, inside, prefix)
            for tensor in graph.initializer:
                unique = inside[text(tensor.name)] = f"{prefix}{text(tensor.name)}"
                self.flat.tensors[unique] = tensor_type(tensor)
                self.flat.types[unique] = tensor_type(tensor)
            types = {name: self.flat.types.get(unique, UNKNOWN) for name, unique in inside.items()}
            known = self._infer(subgraph_model(self._model, graph, types))
            self.add(graph.node, inside, own, prefix, known=known)
            results += [inside.get(text(value.name), "") for value in graph.output]
        return tuple(name for name in results if name)

    def _bind_block(
        self,
        node: onnx.NodeProto,
        graph: onnx.GraphProto,
        inputs: Sequence[str],
        scope: Scope,
        prefix: str,
    ) -> None:
        """A body's inputs are the node's own: states from outside, or slices of what is scanned over."""
        names = [text(value.name) for value in graph.input]
        outer = list(inputs)
        if node.op_type == "Loop":
            outer = ["", "", *inputs[2:]]  # iteration number and condition belong to the loop
        for name, source in zip(names, [*outer, *[""] * len(names)], strict=False):
            inner = f"{prefix}{name}"
            scope[name] = inner
            if source:
                self.flat.nodes.append(FlatNode(op="Identity", inputs=(source,), outputs=(inner,)))

    def _infer(self, model: onnx.ModelProto) -> dict[str, ValueType]:
        found, problem = infer_types(model)
        if problem:
            self.flat.problems.append(problem)
        return found


def _with_arguments(
    nodes: Sequence[onnx.NodeProto], call: onnx.NodeProto, function: onnx.FunctionProto
) -> list[onnx.NodeProto]:
    """A function's nodes with the call's settings in place of references to them."""
    given = {text(a.name): a for a in function.attribute_proto} | {text(a.name): a for a in call.attribute}
    if not any(a.ref_attr_name for node in nodes for a in node.attribute):
        return list(nodes)
    changed: list[onnx.NodeProto] = []
    for node in nodes:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        kept = []
        for attribute in copy.attribute:
            if not attribute.ref_attr_name:
                kept.append(attribute)
            elif text(attribute.ref_attr_name) in given:
                value = onnx.AttributeProto()
                value.CopyFrom(given[text(attribute.ref_attr_name)])
                value.name = text(attribute.name)
                kept.append(value)
        del copy.attribute[:]
        copy.attribute.extend(kept)
        changed.append(copy)
    return changed
