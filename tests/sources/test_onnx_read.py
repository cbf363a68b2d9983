"""ONNX files as graphs: shapes, scopes, functions, subgraphs, weights, and what is said about what is not known."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_models import digits_net, function, model, save, value, weight

from nn2gltf.errors import InputDataError, UsageError
from nn2gltf.ir.graph import Graph
from nn2gltf.sources.onnx_model import OnnxOptions, read_onnx
from nn2gltf.sources.onnx_run import OnnxRunner, measure_types
from nn2gltf.sources.onnx_weights import read_weights


def graph_of(made: onnx.ModelProto, tmp_path: Path, **options: object) -> Graph:
    return read_onnx(save(made, tmp_path / "m.onnx"), OnnxOptions(**options)).built.graph  # type: ignore[arg-type]


def edges_of(graph: Graph) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(edge.source, edge.target, edge.via) for edge in graph.edges]


def test_a_small_network(tmp_path: Path) -> None:
    graph = graph_of(digits_net(), tmp_path)
    assert [(x.id, x.op, x.kind) for x in graph.layers] == [
        ("input", "input", "input"),
        ("conv", "Conv2d", "conv"),
        ("relu", "ReLU", "activation"),
        ("pool", "MaxPool2d", "pool"),
        ("fc", "Linear", "linear"),
    ]
    assert [x.outputs[0].shape for x in graph.layers] == [
        (1, 1, 28, 28), (1, 4, 26, 26), (1, 4, 26, 26), (1, 4, 13, 13), (1, 10)
    ]  # fmt: skip
    assert edges_of(graph)[-1] == ("pool", "fc", ("flatten",))
    assert graph.parameter_count == 4 * 9 + 4 + 10 * 676 + 10
    assert graph.outputs == ("fc",)
    assert graph.layer_by_id["conv"].attributes["kernel_size"] == [3, 3]
    assert graph.layer_by_id["conv"].flops == 2 * 4 * 26 * 26 * 9
    assert any("n = 1" in line for line in graph.report), "an open axis is told"


def test_open_axes_take_the_shape_that_is_given(tmp_path: Path) -> None:
    made = digits_net()
    assert graph_of(made, tmp_path, shapes=[(None, (5, 1, 28, 28))]).layers[1].outputs[0].shape[0] == 5
    assert graph_of(made, tmp_path, shapes=[("x", (2, 1, 28, 28))]).layers[1].outputs[0].shape[0] == 2
    with pytest.raises(UsageError, match="does not fit"):
        graph_of(made, tmp_path, shapes=[(None, (1, 3, 28, 28))])
    with pytest.raises(UsageError, match="Inputs: x"):
        graph_of(made, tmp_path, shapes=[("nope", (1,))])


def test_matrices_are_told_as_torch_keeps_them(tmp_path: Path) -> None:
    stored = weight("w", 3, 5)
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("Add", ["a", "b"], ["h"]),
        helper.make_node("Transpose", ["v"], ["vt"], perm=[1, 0]),
        helper.make_node("MatMul", ["h", "vt"], ["y"]),
    ]
    made = model(
        nodes, [value("x", [2, 3])], [value("y", [2, 4])], [stored, weight("b", 5), weight("v", 4, 5)]
    )
    file = read_onnx(save(made, tmp_path / "m.onnx"))
    graph = file.built.graph
    assert [(x.op, x.kind) for x in graph.layers[1:]] == [("Linear", "linear")] * 2
    assert [p.shape for p in graph.layers[1].parameters] == [(5, 3), (5,)]
    assert [p.shape for p in graph.layers[2].parameters] == [(4, 5)]
    found, note = read_weights(made, graph, file.built.weights, folder=tmp_path, external={})
    assert note == ""
    np.testing.assert_array_equal(found["w/weight"], numpy_helper.to_array(stored).T)
    np.testing.assert_array_equal(found["v/weight"], numpy_helper.to_array(made.graph.initializer[2]))


def test_scopes_of_torchs_newer_exporter(tmp_path: Path) -> None:
    made = digits_net()
    for node, path, kind in zip(
        made.graph.node,
        ("block.conv", "block.act", "block.act", "", "head"),
        ("Conv2d", "ReLU", "Pool", "", "Linear"),
        strict=True,
    ):
        node.name = "node_1"
        parts = path.split(".") if path else []
        paths = ["", *(".".join(parts[: n + 1]) for n in range(len(parts))), "op"]
        classes = [
            "my.Net",
            *["my.Block"] * (len(parts) - 1),
            *([f"torch.nn.{kind}"] if parts else []),
            "aten.op",
        ]
        for key, text in (("name_scopes", paths), ("class_hierarchy", classes)):
            entry = node.metadata_props.add()
            entry.key, entry.value = f"pkg.torch.onnx.{key}", str(text)
    graph = graph_of(made, tmp_path)
    assert [(x.id, x.scope, x.op) for x in graph.layers[1:]] == [
        ("block.conv", "block", "Conv2d"),
        ("block.act", "block", "ReLU"),
        ("head", "", "Linear"),
    ]
    assert [(s.path, s.type) for s in graph.scopes] == [("", "Net"), ("block", "Block")]


def test_a_convolution_that_took_up_its_norm_stays_a_convolution(tmp_path: Path) -> None:
    """torch's exporter notes the norm's scope on the merged node; the weights still are the convolution's."""
    made = digits_net()
    for key, text in (
        ("name_scopes", ["", "block", "block.norm", "op"]),
        ("class_hierarchy", ["Net", "B", "BatchNorm2d", "op"]),
    ):
        entry = made.graph.node[0].metadata_props.add()
        entry.key, entry.value = f"pkg.torch.onnx.{key}", str(text)
    for name in (made.graph.node[0].input, [made.graph.initializer[0].name]):
        assert "conv.weight" in name
    made.graph.node[0].input[1] = made.graph.initializer[0].name = "block.conv.weight"
    layer = graph_of(made, tmp_path).layers[1]
    assert (layer.id, layer.scope, layer.op, layer.kind) == ("block.conv", "block", "Conv2d", "conv")


def test_a_module_that_is_called_twice_is_two_layers(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"], name="/act/Relu"),
        helper.make_node("Add", ["a", "x"], ["b"], name="/Add"),
        helper.make_node("Relu", ["b"], ["y"], name="/act/Relu_1"),
    ]
    graph = graph_of(model(nodes, [value("x", [1, 2])], [value("y", [1, 2])]), tmp_path)
    assert [(x.id, x.call) for x in graph.layers[1:]] == [("act", 1), ("add", 1), ("act@2", 2)]


def test_written_out_modules_are_one_layer_when_they_have_one_exit(tmp_path: Path) -> None:
    ops = [
        ("Div", ["x", "sqrt2"], "a"), ("Erf", ["a"], "b"), ("Add", ["b", "one"], "c"), ("Mul", ["x", "c"], "d"),
        ("Mul", ["d", "half"], "y"),
    ]  # fmt: skip
    nodes = [helper.make_node(op, ins, [out], name=f"/act/{op}") for op, ins, out in ops]
    numbers = [
        numpy_helper.from_array(np.array(n, np.float32), name)
        for name, n in (("sqrt2", 1.414), ("one", 1.0), ("half", 0.5))
    ]
    once = graph_of(model(nodes, [value("x", [1, 8])], [value("y", [1, 8])], numbers), tmp_path)
    assert [(x.id, x.op, x.kind, x.parameter_count) for x in once.layers[1:]] == [
        ("act", "GELU", "activation", 0)
    ]
    both = model(nodes, [value("x", [1, 8])], [value("y", [1, 8]), value("b", [1, 8])], numbers)
    assert len(graph_of(both, tmp_path).layers) == 6, "a part that is read from outside cannot be hidden"


def test_functions_become_scopes_with_shapes_inside(tmp_path: Path) -> None:
    body = [
        helper.make_node("MatMul", ["a", "w"], ["m"]),
        helper.make_node("LeakyRelu", ["m"], ["r"]),
    ]
    alpha = onnx.AttributeProto(name="alpha", type=onnx.AttributeProto.FLOAT, ref_attr_name="slope")
    body[1].attribute.append(alpha)
    block = function("Block", body, ["a", "w"], ["r"], attributes=["slope"])
    calls = [
        helper.make_node("Block", ["x", "w1"], ["h"], name="one", domain="my", slope=0.25),
        helper.make_node("Block", ["h", "w2"], ["y"], name="two", domain="my", slope=0.5),
    ]
    made = model(
        calls,
        [value("x", [1, 3])],
        [value("y", None)],
        [weight("w1", 3, 4), weight("w2", 4, 5)],
        functions=[block],
    )
    graph = graph_of(made, tmp_path)
    assert [(x.id, x.outputs[0].shape) for x in graph.layers] == [
        ("input", (1, 3)),
        ("one/matmul", (1, 4)), ("one/leakyrelu", (1, 4)), ("two/matmul", (1, 5)), ("two/leakyrelu", (1, 5)),
    ]  # fmt: skip
    assert [(s.path, s.type) for s in graph.scopes[1:]] == [("one", "Block"), ("two", "Block")]
    assert [x.attributes.get("alpha") for x in graph.layers if x.op == "LeakyReLU"] == [0.25, 0.5]


def test_branches_and_bodies_become_scopes(tmp_path: Path) -> None:
    then = helper.make_graph([helper.make_node("Relu", ["h"], ["t"])], "then", [], [value("t", None)])
    other = helper.make_graph(
        [helper.make_node("Exp", ["h"], ["e"]), helper.make_node("Tanh", ["e"], ["q"])],
        "else",
        [],
        [value("q", None)],
    )
    nodes = [
        helper.make_node("Sigmoid", ["x"], ["h"]),
        helper.make_node("If", ["c"], ["y"], name="pick", then_branch=then, else_branch=other),
    ]
    graph = graph_of(
        model(nodes, [value("x", [2, 3]), value("c", [], TensorProto.BOOL)], [value("y", None)]), tmp_path
    )
    assert {s.path: s.type for s in graph.scopes[1:]} == {
        "pick": "If", "pick.then": "then_branch", "pick.else": "else_branch"
    }  # fmt: skip
    inner = {x.id: x for x in graph.layers if x.scope}
    assert sorted(inner) == ["pick.else/exp", "pick.else/tanh", "pick.then/relu"]
    assert all(x.outputs[0].shape == (2, 3) for x in inner.values())
    (whole,) = [x for x in graph.layers if x.op == "If"]
    assert {e.source for e in graph.inputs_of[whole.id]} == {"c", "pick.then/relu", "pick.else/tanh"}
    assert {e.source for e in graph.inputs_of["pick.then/relu"]} == {"sigmoid"}


def test_a_loops_body_reads_the_states_from_outside(tmp_path: Path) -> None:
    body = helper.make_graph(
        [
            helper.make_node("Add", ["state", "x"], ["next"]),
            helper.make_node("Identity", ["keep"], ["go"]),
        ],
        "body",
        [value("i", [], TensorProto.INT64), value("keep", [], TensorProto.BOOL), value("state", [2])],
        [value("go", [], TensorProto.BOOL), value("next", [2])],
    )
    trips = numpy_helper.from_array(np.array(3, np.int64), "n")
    nodes = [
        helper.make_node("Relu", ["x"], ["start"]),
        helper.make_node("Loop", ["n", "", "start"], ["y"], name="loop", body=body),
    ]
    graph = graph_of(model(nodes, [value("x", [2])], [value("y", [2])], [trips]), tmp_path)
    assert {e.source for e in graph.inputs_of["loop.body/add"]} == {"input", "relu"}
    assert graph.layer_by_id[graph.outputs[0]].attributes["repeats"] is True


def test_shape_arithmetic_is_not_drawn(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Gather", ["s", "zero"], ["n"]),
        helper.make_node("Unsqueeze", ["n", "axis"], ["u"]),
        helper.make_node("Concat", ["u", "rest"], ["target"], axis=0),
        helper.make_node("Reshape", ["x", "target"], ["flat"]),
        helper.make_node("Relu", ["flat"], ["y"]),
    ]
    numbers = [
        numpy_helper.from_array(np.array(n, np.int64), name)
        for name, n in (("zero", 0), ("axis", [0]), ("rest", [-1]))
    ]
    graph = graph_of(model(nodes, [value("x", [2, 3, 4])], [value("y", None)], numbers), tmp_path)
    assert edges_of(graph) == [("input", "relu", ("reshape",))]
    assert graph.layer_by_id["relu"].outputs[0].shape == (2, 12)
    assert any("4 nodes that compute shapes" in line for line in graph.report)


def test_an_output_that_is_a_shape_is_drawn(tmp_path: Path) -> None:
    nodes = [helper.make_node("Shape", ["x"], ["y"])]
    graph = graph_of(model(nodes, [value("x", [2, 3])], [value("y", None, TensorProto.INT64)]), tmp_path)
    assert [(x.id, x.outputs[0].shape) for x in graph.layers] == [("input", (2, 3)), ("shape", (2,))]


def test_what_cannot_be_inferred_is_measured_or_marked(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("NonZero", ["x"], ["z"]),
        helper.make_node("Cast", ["z"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Relu", ["f"], ["y"]),
    ]
    path = save(model(nodes, [value("x", [2, 3])], [value("y", None)]), tmp_path / "m.onnx")
    marked = read_onnx(path).built.graph
    assert marked.layer_by_id["relu"].outputs == ()
    assert marked.layer_by_id["relu"].attributes["unknown_shapes"] == ["2x?"]
    assert any("Shapes unknown" in line for line in marked.report)
    measured = read_onnx(path, measure=measure_types).built.graph
    assert measured.layer_by_id["relu"].outputs[0].shape == (2, 0), "zeros hold nothing that is not zero"
    assert any("measured by a run" in line for line in measured.report)


def test_names_that_are_not_utf8_stay_apart(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["aZ1"], name="nZ1"),
        helper.make_node("Tanh", ["aZ1"], ["aZ2"], name="nZ2"),
    ]
    data = model(nodes, [value("x", [1, 2])], [value("aZ2", [1, 2])]).SerializeToString()
    path = tmp_path / "m.onnx"
    path.write_bytes(data.replace(b"Z1", b"\xff\xfe").replace(b"Z2", b"\xfe\xff"))
    graph = read_onnx(path).built.graph
    assert [x.id for x in graph.layers] == ["input", "n\\xff\\xfe", "n\\xfe\\xff"]
    assert [x.outputs[0].shape for x in graph.layers] == [(1, 2)] * 3


def test_nodes_in_any_order_are_sorted(tmp_path: Path) -> None:
    made = digits_net()
    nodes = list(made.graph.node)[::-1]
    del made.graph.node[:]
    made.graph.node.extend(nodes)
    assert [x.id for x in graph_of(made, tmp_path).layers] == ["input", "conv", "relu", "pool", "fc"]


def test_old_files_list_weights_among_inputs(tmp_path: Path) -> None:
    made = digits_net()
    made.ir_version = 3
    made.graph.input.extend(value(t.name, list(t.dims)) for t in made.graph.initializer)
    assert [x.id for x in graph_of(made, tmp_path).layers if x.kind == "input"] == ["input"]


def test_both_runtimes_give_the_same_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is optional")
    made = digits_net()
    shown = {"x": np.random.default_rng(1).standard_normal((3, 1, 28, 28)).astype(np.float32)}
    one = OnnxRunner(made, tmp_path, {}).run(shown, ["c", "p", "y"])
    monkeypatch.setattr(OnnxRunner, "runtime_name", staticmethod(lambda: "onnx.reference"))
    two = OnnxRunner(made, tmp_path, {}).run(shown, ["c", "p", "y"])
    assert all(np.allclose(one[name], two[name], atol=1e-4) for name in ("c", "p", "y"))


def test_a_model_that_does_not_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match="could not run the model"):
        OnnxRunner(digits_net(), tmp_path, {}).run({"x": np.zeros((1, 1, 9, 9), np.float32)}, ["y"])


def test_reading_onnx_never_imports_torch(tmp_path: Path) -> None:
    path = save(digits_net(), tmp_path / "m.onnx")
    program = (
        "import sys; from nn2gltf.api.file_job import read_files; from nn2gltf.api.file_request import FileRequest;"
        "from nn2gltf.cli import main;"
        "recording = read_files(FileRequest(paths=(sys.argv[1],))); assert recording.recorded, 'control: it ran';"
        "assert main(['export', sys.argv[1], '-o', sys.argv[2]]) == 0;"
        "print(sorted(m for m in sys.modules if m.partition('.')[0] in ('torch', 'torchvision')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(tmp_path / "m.glb")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
