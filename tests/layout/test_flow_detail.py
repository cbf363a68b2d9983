"""A flow opens as much as can be seen, and folds a long loop of arithmetic into one block."""

from __future__ import annotations

from itertools import pairwise

from graphs import spec
from test_big_layouts import branching, place

from nn2gltf.ir.graph import Edge, Graph, Layer, Scope
from nn2gltf.layout.flow import LEAST_PIXELS, _read, read_flow
from nn2gltf.layout.options import LayoutOptions
from nn2gltf.layout.tree import build_tree


def scoped(graph: Graph) -> Graph:
    """The same with each module of branches in a scope of its own, each of another class so that all would open."""
    names = sorted({layer.id.partition("_")[0] for layer in graph.layers if "_" in layer.id})
    layers = tuple(
        Layer(
            id=layer.id, op=layer.op, kind=layer.kind, outputs=layer.outputs, scope=layer.id.partition("_")[0]
        )
        if "_" in layer.id
        else layer
        for layer in graph.layers
    )
    scopes = [Scope(path="", type="Net"), *(Scope(path=n, type=f"Block{n}", parent="") for n in names)]
    return Graph(
        name="Net", layers=layers, edges=graph.edges, scopes=tuple(scopes), outputs=graph.outputs
    ).check()


def test_modules_close_where_their_cards_would_be_too_small_to_see() -> None:
    crowded = scoped(branching([9, 8, 9, 8, 9, 8], [2, 1, 2, 1, 2, 1]))
    roomy = scoped(branching([2, 3], [1, 1]))
    reading = read_flow(crowded, LayoutOptions())
    assert any(thing.nodes[0].children for thing in reading.things), "nothing was closed"
    whole = _read(crowded, build_tree(crowded), LayoutOptions(), 1000)
    assert whole.pixels < min(reading.pixels, LEAST_PIXELS)
    assert not any(thing.nodes[0].children for thing in read_flow(roomy, LayoutOptions()).things)
    drawn = {p.id for p in place(crowded, "flow").layers}
    assert drawn == {face.id for thing in reading.things for face in thing.faces}


def test_a_loop_over_detections_is_one_block() -> None:
    layers = [
        Layer(id="input", op="input", kind="input", outputs=(spec(3, 32, 32),)),
        Layer(id="conv", op="Conv2d", kind="conv", outputs=(spec(8, 32, 32),)),
    ]
    for turn in range(20):
        for op, kind in (("sub", "op"), ("add", "add"), ("interpolate", "upsample"), ("cat", "concat")):
            layers.append(Layer(id=f"{op}{turn}", op=op, kind=kind, outputs=(spec(8, 32, 32),)))
    edges = tuple(Edge(source=a.id, target=b.id) for a, b in pairwise(layers))
    graph = Graph(
        name="Net",
        layers=tuple(layers),
        edges=edges,
        scopes=(Scope(path="", type="Net"),),
        outputs=(layers[-1].id,),
    ).check()
    blocks = [node for node in build_tree(graph).children if node.glue]
    assert [(node.first, node.last) for node in blocks] == [(2, 82)]
