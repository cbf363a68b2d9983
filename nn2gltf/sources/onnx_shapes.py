"""Shapes of ONNX values: stated, inferred, and at last measured by a run; what is left is unknown.

Axes that the model leaves open (``batch``, ``seq``) are given a length first, so that every other shape follows;
the graph's report says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import onnx

from nn2gltf.errors import UsageError, safe
from nn2gltf.sources.flat_model import UNKNOWN, ValueType
from nn2gltf.sources.onnx_order import captured
from nn2gltf.sources.onnx_text import dtype_name, text
from nn2gltf.sources.onnx_types import better, read_type, symbol, tensor_type

PICTURE_SIDE = 224
SEQUENCE = 16
LARGE_TENSOR = 4096
"""Elements from which on inference needs only a tensor's shape; smaller ones may be shapes themselves."""

_NUMBER = {dtype_name(number): number for number in range(1, 27)}


def real_inputs(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    """Inputs that a caller gives; old files list their weights among them."""
    weights = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in weights]


def bind_inputs(
    graph: onnx.GraphProto, given: Sequence[tuple[str | None, tuple[int, ...]]] = ()
) -> list[str]:
    """Give every open axis of the inputs a length, in place.

    Args:
        given: Shapes a person gave, by name or, with None, in order; a batch axis that the model fixes stays.

    Returns:
        What was chosen, for a person: ``batch = 1``.

    Raises:
        UsageError: A given shape fits no input.
    """
    inputs = [value for value in real_inputs(graph) if value.type.WhichOneof("value") == "tensor_type"]
    _apply_given(inputs, given)
    chosen: dict[str, int] = {}
    notes: list[str] = []
    for value in inputs:
        tensor = value.type.tensor_type
        if not tensor.HasField("shape"):
            continue
        rank = len(tensor.shape.dim)
        for axis, dim in enumerate(tensor.shape.dim):
            if dim.HasField("dim_value") and dim.dim_value >= 0:
                continue
            name = symbol(dim)
            length = chosen.get(name) if name else None
            if length is None:
                length = 1 if axis == 0 else PICTURE_SIDE if rank == 4 and axis > 1 else SEQUENCE
                notes.append(f"{safe(name or text(value.name), limit=40)} = {length}")
            if name:
                chosen[name] = length
            dim.Clear()
            dim.dim_value = length
    if notes:
        _forget_open(graph.value_info)
    _forget_open(graph.output)
    return list(dict.fromkeys(notes))


def _apply_given(
    inputs: Sequence[onnx.ValueInfoProto], given: Sequence[tuple[str | None, tuple[int, ...]]]
) -> None:
    unnamed = iter(inputs)
    by_name = {text(value.name): value for value in inputs}
    for name, shape in given:
        value = by_name.get(name) if name is not None else next(unnamed, None)
        if value is None:
            known = ", ".join(safe(key, limit=40) for key in by_name) or "none"
            raise UsageError(f"--input {safe(name or '')!r} is no input", hint=f"Inputs: {known}.")
        stated = read_type(value.type).dims
        fits = stated is None or (
            len(stated) == len(shape)
            and all(a in (None, b) or i == 0 for i, (a, b) in enumerate(zip(stated, shape, strict=True)))
        )
        if not fits:
            raise UsageError(
                f"--input {'x'.join(map(str, shape))} does not fit {safe(text(value.name))!r}",
                hint=f"The model states {read_type(value.type).shown}.",
            )
        fixed = stated[0] if stated else None
        lengths = (fixed, *shape[1:]) if fixed is not None else shape
        value.type.tensor_type.shape.Clear()
        for length in lengths:
            value.type.tensor_type.shape.dim.add().dim_value = length


def _forget_open(values: Iterable[onnx.ValueInfoProto]) -> None:
    """Shapes with open axes would hide what inference finds."""
    for value in values:
        if value.type.WhichOneof("value") == "tensor_type" and read_type(value.type).spec is None:
            value.type.tensor_type.ClearField("shape")


def light_copy(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without the numbers of large initialisers: what inference needs, at a fraction of the size."""
    light = onnx.ModelProto()
    light.ir_version = model.ir_version
    light.opset_import.extend(model.opset_import)
    light.functions.extend(model.functions)
    graph = light.graph
    graph.name = "g"
    graph.node.extend(model.graph.node)
    graph.input.extend(model.graph.input)
    graph.output.extend(model.graph.output)
    graph.value_info.extend(model.graph.value_info)
    listed = {value.name for value in graph.input}
    for tensor in model.graph.initializer:
        if _is_small(tensor):
            graph.initializer.add().CopyFrom(tensor)
        elif tensor.name not in listed:
            _add_shape(graph, tensor)
    for sparse in model.graph.sparse_initializer:
        graph.sparse_initializer.add().CopyFrom(sparse)
    return light


def _is_small(tensor: onnx.TensorProto) -> bool:
    count = 1
    for extent in tensor.dims:
        count *= max(int(extent), 0)
    return count < LARGE_TENSOR and tensor.data_location != onnx.TensorProto.EXTERNAL


def _add_shape(graph: onnx.GraphProto, tensor: onnx.TensorProto) -> None:
    """A large initialiser becomes a typed input: only its shape is there."""
    value = graph.input.add()
    value.name = text(tensor.name)
    value.type.tensor_type.elem_type = tensor.data_type
    value.type.tensor_type.shape.SetInParent()
    for extent in tensor.dims:
        value.type.tensor_type.shape.dim.add().dim_value = int(extent)


def infer_types(model: onnx.ModelProto) -> tuple[dict[str, ValueType], str]:
    """Types of a graph's values, and why inference failed, or "".

    Args:
        model: Light; its subgraphs' inner values are not in the answer.
    """
    problem = ""
    inferred = model
    try:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except Exception as error:  # native code that raises of every kind, on models its checker accepts too
        problem = " ".join(str(error).split())
        try:
            inferred = onnx.shape_inference.infer_shapes(model)
        except Exception:  # said above already
            inferred = model
    found = {text(t.name): tensor_type(t) for t in model.graph.initializer}
    for values in (inferred.graph.input, inferred.graph.value_info, inferred.graph.output):
        for value in values:
            name = text(value.name)
            found[name] = better(found.get(name, UNKNOWN), read_type(value.type))
    return found, problem


def subgraph_model(
    model: onnx.ModelProto, graph: onnx.GraphProto, types: Mapping[str, ValueType]
) -> onnx.ModelProto:
    """A subgraph as a model of its own: what it reads from outside becomes typed inputs.

    Args:
        types: Of values outside, by the names that the subgraph uses.
    """
    alone = onnx.ModelProto()
    alone.ir_version = model.ir_version
    alone.opset_import.extend(model.opset_import)
    alone.functions.extend(model.functions)
    alone.graph.CopyFrom(graph)
    add_inputs(alone.graph, captured(graph), types)
    return alone


def function_model(
    model: onnx.ModelProto,
    function: onnx.FunctionProto,
    nodes: Sequence[onnx.NodeProto],
    types: Mapping[str, ValueType],
    *,
    functions: bool,
) -> onnx.ModelProto:
    """A function's body as a model of its own, with the types of one call's arguments.

    Args:
        functions: Its nodes call functions.
    """
    alone = onnx.ModelProto()
    alone.ir_version = model.ir_version
    alone.opset_import.extend(function.opset_import)
    stated = {entry.domain for entry in function.opset_import}
    alone.opset_import.extend(entry for entry in model.opset_import if entry.domain not in stated)
    if functions:
        alone.functions.extend(model.functions)
    alone.graph.name = "f"
    alone.graph.node.extend(nodes)
    add_inputs(alone.graph, [text(name) for name in function.input], types)
    for name in function.output:
        alone.graph.output.add().name = text(name)
    return alone


def add_inputs(graph: onnx.GraphProto, names: Iterable[str], types: Mapping[str, ValueType]) -> None:
    """Declare values that come from outside, with what is known of them."""
    for name in names:
        value = graph.input.add()
        value.name = name
        known = types.get(name, UNKNOWN)
        if known.kind != "tensor" or known.dtype not in _NUMBER:
            continue
        value.type.tensor_type.elem_type = _NUMBER[known.dtype]
        if known.dims is not None:
            value.type.tensor_type.shape.SetInParent()
            for length in known.dims:
                dim = value.type.tensor_type.shape.dim.add()
                if length is not None:
                    dim.dim_value = length
