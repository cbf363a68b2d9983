"""Small ONNX models for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def value(
    name: str, shape: Sequence[int | str | None] | None, kind: int = TensorProto.FLOAT
) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def weight(name: str, *shape: int, seed: int = 0) -> onnx.TensorProto:
    array = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return numpy_helper.from_array(array, name)


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    weights: Sequence[onnx.TensorProto] = (),
    *,
    opset: int = 20,
    functions: Sequence[onnx.FunctionProto] = (),
) -> onnx.ModelProto:
    graph = helper.make_graph(list(nodes), "g", list(inputs), list(outputs), list(weights))
    opsets = [helper.make_opsetid("", opset)] + ([helper.make_opsetid("my", 1)] if functions else [])
    return helper.make_model(graph, opset_imports=opsets, functions=list(functions), ir_version=9)


def save(made: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(made.SerializeToString())
    return path


def digits_net(*, batch: int | str = "n") -> onnx.ModelProto:
    """Reads 28 x 28 pictures, gives ten numbers: conv, relu, pool, flatten, linear."""
    nodes = [
        helper.make_node(
            "Conv", ["x", "conv.weight", "conv.bias"], ["c"], kernel_shape=[3, 3], name="/conv/Conv"
        ),
        helper.make_node("Relu", ["c"], ["r"], name="/relu/Relu"),
        helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2], name="/pool/MaxPool"),
        helper.make_node("Flatten", ["p"], ["f"], name="/flatten/Flatten"),
        helper.make_node("Gemm", ["f", "fc.weight", "fc.bias"], ["y"], transB=1, name="/fc/Gemm"),
    ]
    weights = [
        weight("conv.weight", 4, 1, 3, 3), weight("conv.bias", 4), weight("fc.weight", 10, 676), weight("fc.bias", 10)
    ]  # fmt: skip
    return model(nodes, [value("x", [batch, 1, 28, 28])], [value("y", [batch, 10])], weights)


def chain(length: int) -> onnx.ModelProto:
    """``length`` nodes in a row, in modules of ten."""
    nodes = [
        helper.make_node(
            ("Relu", "Sigmoid", "Add")[i % 3],
            [f"v{i}"] if i % 3 < 2 else [f"v{i}", f"v{i - 1}"],
            [f"v{i + 1}"],
            name=f"/block.{i // 10}/layer.{i}/Op",
        )
        for i in range(length)
    ]
    return model(nodes, [value("v0", [1, 8])], [value(f"v{length}", None)])


def function(
    name: str, nodes: Sequence[onnx.NodeProto], inputs: Sequence[str], outputs: Sequence[str], **more: Any
) -> onnx.FunctionProto:
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("my", 1)]
    return helper.make_function("my", name, list(inputs), list(outputs), list(nodes), opsets, **more)


def laughs(levels: int, width: int = 2) -> onnx.ModelProto:
    """A model of a few hundred bytes that expands to ``width ** levels`` nodes."""
    functions = [function("f0", [helper.make_node("Relu", ["x"], ["y"])], ["x"], ["y"])]
    for level in range(1, levels + 1):
        names = ["x", *(f"t{i}" for i in range(width - 1)), "y"]
        calls = [
            helper.make_node(f"f{level - 1}", [names[i]], [names[i + 1]], domain="my") for i in range(width)
        ]
        functions.append(function(f"f{level}", calls, ["x"], ["y"]))
    top = helper.make_node(f"f{levels}", ["x"], ["y"], domain="my")
    return model([top], [value("x", [1, 4])], [value("y", None)], functions=functions)
