"""The belt: found by its residual stream, its panels apart, its labels clear, its tokens in order."""

from __future__ import annotations

import itertools

import numpy as np
from graphs import chain, spec
from hypothesis import given, settings
from hypothesis import strategies as st
from test_big_layouts import PLATES

from nn2gltf.ir.graph import Edge, Graph, Layer, Scope
from nn2gltf.ir.placement import Placement
from nn2gltf.layout import LayoutOptions, choose_layout, place_graph, select_layers
from nn2gltf.layout.camera import hero_view
from nn2gltf.layout.canvas import AZIMUTH_DEG, ELEVATION_DEG
from nn2gltf.layout.hull import strips
from nn2gltf.layout.picture import Rect
from nn2gltf.layout.stream import read_stream


def transformer(
    blocks: int = 4, *, tokens: int = 9, width: int = 48, heads: int = 4, post: bool = False
) -> Graph:
    """Attention and an MLP a block, each added to the stream; ``post`` normalises after each sum, as BERT does."""
    layers = [Layer(id="input", op="input", kind="input", outputs=(spec(tokens),))]
    edges: list[Edge] = []

    def add(name: str, kind: str, shape: tuple[int, ...], *sources: str) -> str:
        layers.append(Layer(id=name, op=kind, kind=kind, outputs=(spec(*shape),)))
        edges.extend(Edge(source=s, target=name, target_input=i) for i, s in enumerate(sources))
        return name

    lane = (tokens, width)
    state = add("embedding", "embedding", lane, "input")
    for block in range(blocks):
        for part in ("attention", "mlp"):
            name = f"b{block}_{part}"
            here = state if post else add(f"{name}_norm", "norm", lane, state)
            if part == "attention":
                q, k, v = (add(f"{name}_{x}", "linear", lane, here) for x in "qkv")
                seen = add(f"{name}_scores", "op", (heads, tokens, tokens), q, k)
                seen = add(f"{name}_softmax", "softmax", (heads, tokens, tokens), seen)
                mixed = add(f"{name}_mix", "op", (heads, tokens, width // heads), seen, v)
                branch = add(f"{name}_out", "linear", lane, mixed)
            else:
                wide = add(f"{name}_wide", "linear", (tokens, 4 * width), here)
                branch = add(f"{name}_out", "linear", lane, wide)
            state = add(f"{name}_sum", "add", lane, state, branch)
            state = add(f"{name}_norm", "norm", lane, state) if post else state
    head = add("head", "linear", (30,), state)
    scopes = (Scope(path="", type="Net"),)
    return Graph(name="Net", layers=tuple(layers), edges=tuple(edges), scopes=scopes, outputs=(head,)).check()


def place(graph: Graph, *, has_values: bool = True) -> Placement:
    """The belt with plates of plausible sizes."""
    return place_graph(graph, options=LayoutOptions(layout="belt", has_values=has_values), plates=PLATES)


def test_a_residual_stream_of_tokens_is_found() -> None:
    for post in (False, True):
        stream = read_stream(transformer(3, post=post))
        assert stream is not None
        assert len(stream.machines) == 6
        assert (stream.tokens, stream.width) == (9, 48)
        assert [m.attends for m in stream.machines] == [True, False] * 3
        assert stream.start.id == "embedding"


def test_the_belt_is_chosen_for_transformers_alone() -> None:
    assert choose_layout(transformer(), LayoutOptions()) == "belt"
    assert choose_layout(chain((1, 8, 8), (4, 8, 8), (10,)), LayoutOptions()) != "belt"
    assert read_stream(chain((9, 48), (9, 48), (9, 48))) is None


@settings(max_examples=10, deadline=None)
@given(
    blocks=st.integers(1, 30),
    tokens=st.integers(2, 60),
    width=st.sampled_from([12, 34, 64, 192, 768]),
    heads=st.sampled_from([1, 2, 3, 12]),
    post=st.booleans(),
)
def test_laws_of_the_belt(blocks: int, tokens: int, width: int, heads: int, *, post: bool) -> None:
    graph = transformer(blocks, tokens=tokens, width=width, heads=heads, post=post)
    placement = place(graph)
    view = hero_view(AZIMUTH_DEG, ELEVATION_DEG)
    assert {p.id for p in placement.layers} == set(select_layers(graph, options=LayoutOptions()).drawn)
    spans = {p.id: [Rect(*r) for r in strips(view.flat(p.corners))] for p in placement.layers}
    for sign in placement.signs:
        u, v = view.flat(np.asarray([sign.center]))[0]
        half = sign.width / 2, sign.height / 2 * float(view.up[1])
        rect = Rect(u - half[0], v - half[1], u + half[0], v + half[1])
        assert not any(rect.overlaps(s, -0.5) for own in spans.values() for s in own), sign.key
    for one, two in itertools.combinations(placement.layers, 2):
        apart = [
            one.corners[:, axis].max() <= two.corners[:, axis].min() + 1e-6
            or two.corners[:, axis].max() <= one.corners[:, axis].min() + 1e-6
            for axis in (0, 1)
        ]
        assert any(apart), (one.id, two.id)
    points = np.concatenate([p.corners for p in placement.layers])
    assert np.abs((points - np.asarray(placement.center)) * placement.scale).max() <= 5.0 + 1e-6


def test_tokens_are_lanes_from_the_far_edge_to_the_near_one() -> None:
    placement = place(transformer(2, tokens=9, width=48))
    state = placement.layer_by_id["embedding"]
    assert state.rects is not None
    assert len(state.rects) == 9
    assert (np.diff(state.rects[:, 1]) < 0).all()
    assert state.cell_shape[0] * state.cell_shape[1] == 48
    weights = placement.layer_by_id["b0_attention_softmax"]
    assert weights.grid.count == 4
    assert weights.cell_shape == (9, 9)


def test_many_blocks_are_thinned_and_said() -> None:
    selection = select_layers(transformer(80), options=LayoutOptions())
    assert "24 of 79 folded blocks are drawn." in selection.reductions


def test_equal_graphs_have_equal_belts() -> None:
    one, two = place(transformer()), place(transformer())
    assert one.signs == two.signs
    assert [p.position for p in one.layers] == [p.position for p in two.layers]
