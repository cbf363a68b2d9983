"""ONNX files become graphs: modules, weights, functions, subgraphs, and shapes that are open or unknown."""

from __future__ import annotations

import gc
import math
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx_files import chain_model, digits_model, external_model, make_model, save

from nn2gltf.ir.graph import Graph
from nn2gltf.sources.onnx_model import OnnxOptions, read_onnx


def read(model: onnx.ModelProto, tmp_path: Path, **options: object) -> Graph:
    return read_onnx(save(model, tmp_path / "m.onnx"), OnnxOptions(**options)).built.graph  # type: ignore[arg-type]


def test_an_exported_network_shows_its_modules(tmp_path: Path) -> None:
    graph = read(digits_model(), tmp_path)
    assert [(layer.id, layer.op, layer.kind) for layer in graph.layers] == [
        ("input", "input", "input"),
        ("conv", "Conv2d", "conv"),
        ("relu", "ReLU", "activation"),
        ("pool", "MaxPool2d", "pool"),
        ("head.fc", "Linear", "linear"),
    ]
    assert [scope.path for scope in graph.scopes] == ["", "head"]
    assert [(e.source, e.target, e.via) for e in graph.edges][-1] == ("pool", "head.fc", ("flatten",))
    assert graph.layer_by_id["conv"].outputs[0].shape == (1, 4, 28, 28)
    assert graph.parameter_count == 4 * 9 + 4 + 7840 + 10
    assert any("batch = 1" in line for line in graph.report)


def test_given_shapes_fill_open_axes(tmp_path: Path) -> None:
    graph = read(digits_model(), tmp_path, shapes=[(None, (3, 1, 28, 28))])
    assert graph.layer_by_id["head.fc"].outputs[0].shape == (3, 10)
    assert not any("Open axes" in line for line in graph.report)


def test_weights_are_told_as_torch_keeps_them(tmp_path: Path) -> None:
    weights = {"w": np.zeros((4, 6)), "b": np.zeros(6)}
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["h"], "/fc/MatMul"),
        helper.make_node("Add", ["h", "b"], ["y"], "/fc/Add"),
    ]
    built = read_onnx(save(make_model(nodes, weights=weights), tmp_path / "m.onnx")).built
    (layer,) = built.graph.layers[1:]
    assert (layer.op, layer.kind) == ("Linear", "linear")
    assert {p.shape for p in layer.parameters} == {(6, 4), (6,)}
    assert built.weights["w/weight"] == ("w", True)


def test_functions_and_branches_are_scopes(tmp_path: Path) -> None:
    opsets = [helper.make_opsetid("", 18)]
    body = [helper.make_node("Relu", ["a"], ["b"]), helper.make_node("Tanh", ["b"], ["c"])]
    function = helper.make_function("own", "Block", ["a"], ["c"], body, opsets)
    branch = [
        helper.make_graph(
            [helper.make_node("Abs", ["h"], ["inner"]), helper.make_node(op, ["inner"], [op])],
            op,
            [],
            [helper.make_tensor_value_info(op, TensorProto.FLOAT, [1, 4])],
        )
        for op in ("Exp", "Neg")
    ]
    nodes = [
        helper.make_node("Block", ["x"], ["h"], "blocks.0", domain="own"),
        helper.make_node("ReduceMax", ["h"], ["m"], keepdims=0),
        helper.make_node("Cast", ["m"], ["cond"], to=TensorProto.BOOL),
        helper.make_node("If", ["cond"], ["y"], "gate", then_branch=branch[0], else_branch=branch[1]),
    ]
    graph = read(make_model(nodes, functions=[function]), tmp_path)
    kinds = {scope.path: scope.type for scope in graph.scopes}
    assert kinds["blocks.0"] == "Block"
    assert {"gate", "gate.then", "gate.else"} <= set(kinds)
    assert {layer.scope for layer in graph.layers} >= {"blocks.0", "gate.then", "gate.else"}
    assert all(layer.outputs for layer in graph.layers)


def test_old_files_list_weights_among_their_inputs(tmp_path: Path) -> None:
    model = digits_model()
    for tensor in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(tensor.name, TensorProto.FLOAT, tensor.dims))
    graph = read(model, tmp_path)
    assert [layer.id for layer in graph.layers if layer.kind == "input"] == ["input"]
    assert graph.parameter_count == 7890


def test_nodes_may_stand_in_any_order(tmp_path: Path) -> None:
    model = digits_model()
    shuffled = [*reversed(model.graph.node)]
    del model.graph.node[:]
    model.graph.node.extend(shuffled)
    assert [layer.id for layer in read(model, tmp_path).layers][1:] == ["conv", "relu", "pool", "head.fc"]


def test_a_shape_that_cannot_be_known_is_marked(tmp_path: Path) -> None:
    graph = read(make_model([helper.make_node("Strange", ["x"], ["y"], domain="own")]), tmp_path)
    (layer,) = graph.layers[1:]
    assert layer.attributes["unknown_shapes"] == ["?"]
    assert any("Shapes unknown: 1" in line for line in graph.report)


def test_external_data_is_never_read_for_structure(tmp_path: Path) -> None:
    """Four gigabytes that are not even there: the file beside the model is sparse, and never opened."""
    size = 2**32
    weights = tmp_path / "big.bin"
    with weights.open("wb") as stream:
        stream.truncate(size)
    opened = weights.stat().st_atime_ns
    file = read_onnx(save(external_model("big.bin", length=size), tmp_path / "m.onnx"))
    assert file.external == {"big.bin": size}
    assert file.built.graph.parameter_count == size // 4
    assert weights.stat().st_atime_ns == opened
    assert any("not read for the structure" in line for line in file.built.graph.report)


def test_names_that_are_not_utf8_stay_apart(tmp_path: Path) -> None:
    path = save(make_model([helper.make_node("Relu", ["x"], ["y"], "act-A")]), tmp_path / "m.onnx")
    plain = path.read_bytes()
    path.write_bytes(plain.replace(b"act-A", b"act-\xff"))
    assert plain != path.read_bytes()
    assert [layer.id for layer in read_onnx(path).built.graph.layers] == ["input", "act-\\xff"]


def seconds(count: int, folder: Path, *, tries: int) -> float:
    """Processor time of one reading; the collector of garbage would be timed for the whole test session's."""
    path = save(chain_model(count), folder / f"{count}.onnx")
    times = []
    for _ in range(tries):
        gc.disable()
        start = time.process_time()
        try:
            assert len(read_onnx(path).built.graph.layers) == count + 1
        finally:
            times.append(time.process_time() - start)
            gc.enable()
    return min(times)


def test_reading_takes_time_linear_in_the_nodes(tmp_path: Path) -> None:
    """A slope near 1; a quadratic reader has one of 2."""
    few, many = seconds(1_000, tmp_path, tries=3), seconds(20_000, tmp_path, tries=2)
    assert math.log(many / few, 20) < 1.2


@pytest.mark.full
def test_a_hundred_thousand_nodes(tmp_path: Path) -> None:
    few, many = seconds(1_000, tmp_path, tries=5), seconds(100_000, tmp_path, tries=2)
    assert math.log(many / few, 100) < 1.2
