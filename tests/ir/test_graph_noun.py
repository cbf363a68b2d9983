"""The graph noun: its rules, and that JSON gives it back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn2gltf.errors import InputDataError
from nn2gltf.ir.graph import Edge, Folded, Graph, Layer, Parameter, Scope, TensorSpec
from nn2gltf.ir.kinds import KINDS

names = st.text("abcdefgh.0123/_é", min_size=1, max_size=12)
specs = st.builds(
    TensorSpec, shape=st.lists(st.integers(1, 9), max_size=4).map(tuple), dtype=st.just("float32")
)
parameters = st.builds(
    Parameter,
    name=names,
    shape=st.lists(st.integers(0, 9), max_size=3).map(tuple),
    trainable=st.booleans(),
    shared_with=st.none() | names,
)


@st.composite
def layers(draw: st.DrawFn, layer_id: str) -> Layer:
    return Layer(
        id=layer_id,
        op=draw(names),
        kind=draw(st.sampled_from(KINDS)),
        scope=draw(names | st.just("")),
        inputs=tuple(draw(st.lists(specs, max_size=2))),
        outputs=tuple(draw(st.lists(specs, max_size=2))),
        parameters=tuple(draw(st.lists(parameters, max_size=2))),
        flops=draw(st.none() | st.integers(0, 10**12)),
        attributes=draw(st.dictionaries(names, st.integers() | st.booleans() | names, max_size=2)),
        source=draw(st.none() | st.just("net.py:3")),
        call=draw(st.integers(1, 3)),
        folded=tuple(draw(st.lists(st.builds(Folded, id=names, op=names), max_size=2))),
    )


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    ids = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    made = tuple(draw(layers(i)) for i in ids)
    pairs = [(a, b) for x, a in enumerate(ids) for b in ids[x + 1 :]]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=4)) if pairs else []
    edges = tuple(Edge(source=a, target=b, via=("view",), spec=draw(st.none() | specs)) for a, b in chosen)
    return Graph(
        name="net",
        layers=made,
        edges=edges,
        scopes=(Scope(path="", type="Net"), Scope(path="a", type="Block", parent="")),
        outputs=(ids[-1],),
        report=("Traced.",),
    )


@given(graphs())
def test_json_gives_the_graph_back(graph: Graph) -> None:
    assert Graph.from_json(graph.to_json()) == graph.check()


def _layer(layer_id: str, **rest: Any) -> Layer:
    return Layer(id=layer_id, op="Linear", kind=rest.pop("kind", "linear"), **rest)


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (Graph(name="n", layers=(_layer("a"), _layer("a")), edges=()), "same id"),
        (Graph(name="n", layers=(_layer("a", kind="magic"),), edges=()), "unknown kind"),
        (Graph(name="n", layers=(_layer("a"),), edges=(Edge(source="a", target="b"),)), "no layer"),
        (Graph(name="n", layers=(_layer("a"), _layer("b")), edges=(Edge(source="b", target="a"),)), "order"),
        (Graph(name="n", layers=(_layer("a"),), edges=(), outputs=("z",)), "no layer"),
    ],
)
def test_a_broken_rule_is_named(graph: Graph, message: str) -> None:
    with pytest.raises(InputDataError, match=message) as caught:
        graph.check()
    assert caught.value.code == "E_GRAPH"


def test_shared_and_untrainable_parameters_are_counted_once_and_not_at_all() -> None:
    weight, mean = Parameter(name="w", shape=(3, 2)), Parameter(name="mean", shape=(3,), trainable=False)
    again = Parameter(name="v", shape=(3, 2), shared_with="w")
    graph = Graph(
        name="n", layers=(_layer("a", parameters=(weight, mean)), _layer("b", parameters=(again,))), edges=()
    )
    assert graph.parameter_count == 6
    assert graph.layer_by_id["b"].parameter_count == 0
