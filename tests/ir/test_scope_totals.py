"""Sums over scopes: shared parameters once, in every scope around them."""

from __future__ import annotations

import pytest
from hard_models import make_case

from nn2gltf.ir.graph import Graph, Layer, Parameter, Scope
from nn2gltf.ir.totals import item_bytes, scope_totals
from nn2gltf.sources.torch_trace import trace_torch


def test_totals_of_a_traced_model_are_those_of_its_layers() -> None:
    model, args = make_case("residual")
    graph = trace_torch(model, args)
    totals = scope_totals(graph)
    whole = totals[""]
    assert whole.parameters == sum(p.numel() for p in model.parameters())
    tensors = [*model.parameters(), *(b for n, b in model.named_buffers() if "num_batches" not in n)]
    assert whole.parameter_bytes == sum(t.numel() * t.element_size() for t in tensors)
    assert whole.flops == sum(layer.flops or 0 for layer in graph.layers)
    assert totals["layer1"].parameters == sum(p.numel() for p in model.layer1.parameters())
    assert totals["layer1"].layers == totals["layer1.0"].layers + totals["layer1.1"].layers


def test_shared_parameters_count_once_in_each_scope() -> None:
    def layer(name: str, shared: str | None) -> Layer:
        weight = Parameter(name=f"{name}.weight", shape=(5, 4), dtype="float16", shared_with=shared)
        return Layer(id=name, op="Linear", kind="linear", scope=name.partition(".")[0], parameters=(weight,))

    scopes = (
        Scope(path="", type="Net"),
        Scope(path="a", type="A", parent=""),
        Scope(path="b", type="B", parent=""),
    )
    graph = Graph(
        name="Net", layers=(layer("a.x", None), layer("b.y", "a.x.weight")), edges=(), scopes=scopes
    )
    totals = scope_totals(graph)
    assert [totals[path].parameters for path in ("", "a", "b")] == [20, 20, 20]
    assert totals[""].parameter_bytes == 40
    assert totals[""].flops is None


@pytest.mark.parametrize(
    ("dtype", "size"), [("float64", 8), ("int8", 1), ("float4_e2m1fn_x2", 1), ("odd", 1)]
)
def test_bytes_of_types(dtype: str, size: int) -> None:
    assert item_bytes(dtype) == size
