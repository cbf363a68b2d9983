"""Hostile ONNX files: expansion, nesting, circles, data outside the folder, claims that are not true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.inliner
import pytest
from onnx import TensorProto, helper
from onnx_files import circular_model, digits_model, expanding_model, external_model, make_model, save

from nn2gltf.errors import InputDataError, LimitError, Nn2gltfError, RefusedError
from nn2gltf.sources.onnx_limits import count_nodes
from nn2gltf.sources.onnx_model import OnnxOptions, read_onnx
from nn2gltf.sources.onnx_weights import read_weights


def test_a_file_that_expands_to_a_billion_nodes_is_refused_before_anything_else(tmp_path: Path) -> None:
    path = save(expanding_model(30), tmp_path / "laughs.onnx")
    assert path.stat().st_size < 8_000
    with pytest.raises(LimitError, match=r"nest deeper|expands to 2147483647 nodes") as caught:
        read_onnx(path)
    assert (caught.value.code, caught.value.exit_code) == ("E_ONNX_EXPANSION", 75)


def test_the_limit_on_nodes_is_the_users(tmp_path: Path) -> None:
    path = save(expanding_model(8), tmp_path / "m.onnx")
    with pytest.raises(LimitError, match=r"expands to 511 nodes, limit 100 .*max_nodes="):
        read_onnx(path, OnnxOptions(max_nodes=100))
    graph = read_onnx(path, OnnxOptions(max_nodes=511)).built.graph  # the control: one more, and it is read
    assert sum(layer.op == "ReLU" for layer in graph.layers) == 2**8


def test_the_danger_of_expansion_is_real() -> None:
    """onnx's own inliner writes every node out: the file grows with each level, without a limit."""
    sizes = [len(onnx.inliner.inline_local_functions(expanding_model(n)).graph.node) for n in (4, 8, 12)]
    assert sizes == [2**4, 2**8, 2**12]
    assert count_nodes(expanding_model(12), where="m") == 2**13 - 1


def nested(depth: int) -> onnx.ModelProto:
    inner = helper.make_node("Relu", ["x"], ["r0"])
    for level in range(1, depth + 1):
        outputs = [helper.make_tensor_value_info(inner.output[0], TensorProto.FLOAT, [1, 4])]
        graph = helper.make_graph([inner], f"g{level}", [], outputs)
        inner = helper.make_node("If", ["c"], [f"r{level}"], then_branch=graph, else_branch=graph)
    inner.output[0] = "y"
    cond = helper.make_node(
        "Constant", [], ["c"], value=helper.make_tensor("t", TensorProto.BOOL, [], [True])
    )
    return make_model([cond, inner])


def test_subgraphs_nest_up_to_a_limit(tmp_path: Path) -> None:
    read_onnx(save(nested(6), tmp_path / "flat.onnx"))  # the control
    with pytest.raises(LimitError, match="nest deeper than 16"):
        read_onnx(save(nested(17), tmp_path / "deep.onnx"), OnnxOptions(max_nodes=10**9))


def test_a_protobuf_that_nests_beyond_the_parser_is_an_error_of_one_line(tmp_path: Path) -> None:
    raw = b""
    for _ in range(3000):
        size, length = len(raw), bytearray()
        while True:
            length.append((size & 127) | (128 if size > 127 else 0))
            size >>= 7
            if not size:
                break
        raw = b"\x2a" + bytes(length) + raw  # field 5 of GraphProto and of AttributeProto alike
    (tmp_path / "deep.onnx").write_bytes(b"\x08\x0a\x3a" + b"\xff\xff\x03" + raw)
    with pytest.raises(InputDataError, match=r"damaged or cut short|no graph"):
        read_onnx(tmp_path / "deep.onnx")


def test_a_function_that_calls_itself_is_refused(tmp_path: Path) -> None:
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    body = [helper.make_node("f", ["a"], ["b"], domain="own")]
    function = helper.make_function("own", "f", ["a"], ["b"], body, opsets)
    call = helper.make_node("f", ["x"], ["y"], domain="own")
    with pytest.raises(InputDataError, match="f calls itself"):
        read_onnx(save(make_model([call], functions=[function]), tmp_path / "m.onnx"))


def test_circles_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match=r"circular: first waits for its own output") as caught:
        read_onnx(save(circular_model(), tmp_path / "m.onnx"))
    assert caught.value.exit_code == 65
    straight = circular_model()
    straight.graph.node[0].input[1] = "x"  # the control: the same nodes without the way back
    assert len(read_onnx(save(straight, tmp_path / "m.onnx")).built.graph.layers) == 3


def test_a_long_circle_does_not_recurse(tmp_path: Path) -> None:
    nodes = [helper.make_node("Relu", [f"v{(i - 1) % 5000}"], [f"v{i}"]) for i in range(5000)]
    with pytest.raises(InputDataError, match="circular"):
        read_onnx(save(make_model(nodes, outputs=[("v1", None)]), tmp_path / "m.onnx"))


@pytest.mark.parametrize(
    "location",
    ["../secret.bin", "/etc/hostname", "a/../../secret.bin", "..\\secret.bin", "C:\\secret.bin", "link.bin", "dir/x.bin", "", "\0"],
)  # fmt: skip
def test_external_data_stays_in_the_models_folder(tmp_path: Path, location: str) -> None:
    (tmp_path / "secret.bin").write_bytes(np.ones(4, np.float32).tobytes())
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    (folder / "dir").symlink_to(tmp_path)
    with pytest.raises(RefusedError, match="leads out of the model's folder") as caught:
        read_onnx(save(external_model(location), folder / "m.onnx"))
    assert (caught.value.code, caught.value.exit_code) == ("E_PATH", 77)


def test_external_data_beside_the_model_is_read_for_weights(tmp_path: Path) -> None:
    """The control of the test above: the same file with a plain name gives its numbers."""
    (tmp_path / "w.bin").write_bytes(np.arange(4, dtype=np.float32).tobytes())
    file = read_onnx(save(external_model("w.bin"), tmp_path / "m.onnx"))
    weights, note = read_weights(
        file.model, file.built.graph, file.built.weights, folder=tmp_path, external=file.external
    )
    assert note == ""
    assert next(iter(weights.values())).tolist() == [[0.0, 1.0, 2.0, 3.0]]


def test_claims_larger_than_the_file_take_no_memory(tmp_path: Path) -> None:
    model = digits_model()
    model.graph.initializer[0].dims[:] = [2**31 - 1] * 4
    graph = read_onnx(save(model, tmp_path / "m.onnx")).built.graph
    assert graph.layer_by_id["conv"].parameters[0].count == (2**31 - 1) ** 4
    model.graph.initializer[0].dims[:] = [-5, 2**62]
    read_onnx(save(model, tmp_path / "m.onnx"))


@pytest.mark.parametrize("share", range(0, 100, 9))
def test_a_file_cut_short_is_an_error_or_a_model(tmp_path: Path, share: int) -> None:
    whole = save(digits_model(), tmp_path / "whole.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(whole[: len(whole) * share // 100])
    with pytest.raises(Nn2gltfError) as caught:
        read_onnx(tmp_path / "cut.onnx")
    assert caught.value.exit_code == 65
    assert "\n" not in str(caught.value)
