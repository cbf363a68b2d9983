"""ONNX files that tests write: small networks, synthetic graphs of any size, and hostile ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def digits_model() -> onnx.ModelProto:
    """A classifier of 28x28 pictures as torch's exporter names things: conv, relu, pool, linear."""
    rng = np.random.default_rng(0)
    nodes = [
        helper.make_node(
            "Conv", ["x", "conv.weight", "conv.bias"], ["c"], "/conv/Conv", kernel_shape=[3, 3], pads=[1] * 4
        ),
        helper.make_node("Relu", ["c"], ["r"], "/relu/Relu"),
        helper.make_node("MaxPool", ["r"], ["p"], "/pool/MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["f"], "/Flatten"),
        helper.make_node("Gemm", ["f", "head.fc.weight", "head.fc.bias"], ["y"], "/head/fc/Gemm", transB=1),
    ]
    weights = {
        "conv.weight": rng.normal(size=(4, 1, 3, 3)),
        "conv.bias": rng.normal(size=4),
        "head.fc.weight": rng.normal(size=(10, 784)) / 28,
        "head.fc.bias": rng.normal(size=10),
    }
    return make_model(
        nodes, inputs=[("x", ["batch", 1, 28, 28])], outputs=[("y", ["batch", 10])], weights=weights
    )


def small_model() -> onnx.ModelProto:
    """Two linear layers and a function between them."""
    opsets = [helper.make_opsetid("", 18)]
    act = helper.make_function("own", "Act", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], opsets)
    nodes = [
        helper.make_node("Gemm", ["x", "0.weight", "0.bias"], ["h"], "/0/Gemm", transB=1),
        helper.make_node("Act", ["h"], ["r"], "/1/Act", domain="own"),
        helper.make_node("Gemm", ["r", "2.weight", "2.bias"], ["y"], "/2/Gemm", transB=1),
    ]
    rng = np.random.default_rng(0)
    shapes = {"0.weight": (3, 4), "0.bias": (3,), "2.weight": (2, 3), "2.bias": (2,)}
    weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    return make_model(nodes, weights=weights, functions=[act])


def make_model(
    nodes: Iterable[onnx.NodeProto],
    *,
    inputs: Sequence[tuple[str, Sequence[int | str]]] = (("x", (1, 4)),),
    outputs: Sequence[tuple[str, Sequence[int | str] | None]] = (("y", None),),
    weights: dict[str, np.ndarray] | None = None,
    functions: Sequence[onnx.FunctionProto] = (),
    opset: int = 18,
) -> onnx.ModelProto:
    """A model of float32 values."""
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        [numpy_helper.from_array(a.astype(np.float32), name) for name, a in (weights or {}).items()],
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("own", 1)]
    return helper.make_model(graph, opset_imports=opsets, functions=list(functions), ir_version=10)


def chain_model(count: int) -> onnx.ModelProto:
    """``count`` nodes in a row, every tenth joined to the one before its neighbour."""
    nodes = [helper.make_node("Relu", ["x"], ["v0"])]
    for index in range(1, count):
        skip = index % 10 == 0
        reads = [f"v{index - 1}", f"v{index - 2}"] if skip else [f"v{index - 1}"]
        nodes.append(helper.make_node("Add" if skip else "Relu", reads, [f"v{index}"]))
    nodes[-1].output[0] = "y"
    return make_model(nodes)


def expanding_model(levels: int) -> onnx.ModelProto:
    """Functions that each call the next one twice: 2^levels nodes out of a few hundred bytes."""
    functions = []
    for level in range(levels):
        op = "Relu" if level == levels - 1 else f"f{level + 1}"
        domain = "" if level == levels - 1 else "own"
        body = [
            helper.make_node(op, ["a"], ["b"], domain=domain),
            helper.make_node(op, ["b"], ["c"], domain=domain),
        ]
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
        functions.append(helper.make_function("own", f"f{level}", ["a"], ["c"], body, opsets))
    return make_model([helper.make_node("f0", ["x"], ["y"], domain="own")], functions=functions)


def circular_model() -> onnx.ModelProto:
    """Two nodes that wait for each other."""
    return make_model(
        [
            helper.make_node("Add", ["x", "b"], ["a"], "first"),
            helper.make_node("Relu", ["a"], ["b"], "second"),
        ],
        outputs=[("a", None)],
    )


def external_model(location: str, *, length: int = 16) -> onnx.ModelProto:
    """A linear layer whose weight lies in another file."""
    model = make_model([helper.make_node("MatMul", ["x", "w"], ["y"], "/fc/MatMul")])
    tensor = model.graph.initializer.add()
    tensor.name, tensor.data_type = "w", TensorProto.FLOAT
    tensor.dims.extend([4, length // 16])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(length))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return model


def save(model: onnx.ModelProto, path: Path) -> Path:
    """Write a model's bytes, whatever its checker says."""
    path.write_bytes(model.SerializeToString())
    return path
