"""Laws of the big layouts: solids stand apart, labels are clear, everything is inside, equal input gives equal output."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from graphs import chain, spec
from hypothesis import given, settings
from hypothesis import strategies as st

from nn2gltf.ir.graph import Edge, Graph, Layer, Scope
from nn2gltf.ir.placement import LayerPlacement, Placement, PlateSize
from nn2gltf.layout import LayoutOptions, choose_layout, place_graph, select_layers
from nn2gltf.layout.camera import hero_view
from nn2gltf.layout.canvas import AZIMUTH_DEG, ELEVATION_DEG
from nn2gltf.layout.hull import strips
from nn2gltf.layout.picture import Rect

PLATES = {
    "title": PlateSize(width=80, height=24),
    "counter": PlateSize(width=60, height=18),
    "legend": PlateSize(width=110, height=24),
    "classes": PlateSize(width=14, height=7),
    "percent": PlateSize(width=16, height=6),
}


def place(graph: Graph, layout: str = "auto") -> Placement:
    """Place with plates of plausible sizes."""
    return place_graph(graph, options=LayoutOptions(layout=layout), plates=PLATES)


def residual(blocks: tuple[int, ...], *, size: int = 56, inner: int = 2) -> Graph:
    """Stages of residual blocks; channels double and the resolution halves from stage to stage."""
    layers = [Layer(id="input", op="input", kind="input", outputs=(spec(3, 4 * size, 4 * size),))]
    edges: list[Edge] = []
    scopes = [Scope(path="", type="Net")]

    def add(layer_id: str, kind: str, scope: str, shape: tuple[int, ...], *sources: str) -> str:
        layers.append(Layer(id=layer_id, op=kind, kind=kind, scope=scope, outputs=(spec(*shape),)))
        for index, source in enumerate(sources):
            edges.append(Edge(source=source, target=layer_id, target_input=index))
        return layer_id

    last = add("stem", "conv", "", (64, 2 * size, 2 * size), "input")
    for stage, count in enumerate(blocks):
        scopes.append(Scope(path=f"layer{stage}", type="Sequential", parent=""))
        shape = (64 << stage, size >> stage, size >> stage)
        for block in range(count):
            scope = f"layer{stage}.{block}"
            scopes.append(Scope(path=scope, type="Block", parent=f"layer{stage}"))
            before = here = last
            for index in range(inner):
                here = add(f"{scope}.conv{index}", "conv", scope, shape, here)
            last = add(f"{scope}/add", "add", scope, shape, here, before)
    last = add("pool", "pool", "", (64 << (len(blocks) - 1), 1, 1), last)
    last = add("fc", "linear", "", (1000,), last)
    return Graph(
        name="Net", layers=tuple(layers), edges=tuple(edges), scopes=tuple(scopes), outputs=(last,)
    ).check()


def branching(widths: list[int], lengths: list[int]) -> Graph:
    """Modules of parallel branches, one after the other."""
    layers = [Layer(id="input", op="input", kind="input", outputs=(spec(3, 64, 64),))]
    edges: list[Edge] = []
    last = "input"
    for module, (width, length) in enumerate(zip(widths, lengths, strict=True)):
        ends = []
        for branch in range(width):
            here = last
            for step in range(1 + (length + branch) % 3):
                name = f"m{module}_b{branch}_{step}"
                layers.append(Layer(id=name, op="Conv2d", kind="conv", outputs=(spec(32, 16, 16),)))
                edges.append(Edge(source=here, target=name))
                here = name
            ends.append(here)
        name = f"m{module}_cat"
        layers.append(Layer(id=name, op="cat", kind="concat", outputs=(spec(32 * width, 16, 16),)))
        edges += [Edge(source=end, target=name, target_input=i) for i, end in enumerate(ends)]
        last = name
    return Graph(
        name="Net",
        layers=tuple(layers),
        edges=tuple(edges),
        scopes=(Scope(path="", type="Net"),),
        outputs=(last,),
    ).check()


def footprint(place: LayerPlacement) -> np.ndarray:
    """(4, 2) corners on the ground, the rim left out."""
    width = place.size[0] - 0.5
    deep = -max(place.thickness, 0.6)
    local = np.array(
        [[x, 0.0, z] for x, z in ((-width / 2, 0), (width / 2, 0), (width / 2, deep), (-width / 2, deep))]
    )
    world: np.ndarray = place.world(local)[:, [0, 2]]
    return world


def apart(one: LayerPlacement, two: LayerPlacement) -> bool:
    """Whether two upright boxes do not meet: apart in height, or along a side of one of them."""
    heights = [(p.position[1] - p.size[1] / 2, p.position[1] + p.size[1] / 2) for p in (one, two)]
    if heights[0][1] <= heights[1][0] or heights[1][1] <= heights[0][0]:
        return True
    a, b = footprint(one), footprint(two)
    for corners in (a, b):
        for side in np.diff(np.concatenate([corners, corners[:1]]), axis=0):
            normal = np.array([side[1], -side[0]])
            if (a @ normal).max() <= (b @ normal).min() + 1e-6 or (b @ normal).max() <= (
                a @ normal
            ).min() + 1e-6:
                return True
    return False


def check_laws(placement: Placement) -> None:
    """The laws that every placement obeys."""
    view = hero_view(AZIMUTH_DEG, ELEVATION_DEG)
    panels = [place for place in placement.layers if place.mark != "bars"]
    for one, two in itertools.combinations(panels, 2):
        assert apart(one, two), (one.id, two.id)
    signs = {}
    for sign in placement.signs:
        u, v = view.flat(np.asarray([sign.center]))[0]
        half = sign.width / 2, sign.height / 2 * float(view.up[1])
        signs[sign.key] = Rect(u - half[0], v - half[1], u + half[0], v + half[1])
    for one_key, two_key in itertools.combinations(signs, 2):
        assert not signs[one_key].overlaps(signs[two_key], -0.5), (one_key, two_key)
    boxes = {p.id: [Rect(*r) for r in strips(view.flat(p.corners))] for p in placement.layers}
    for key, rect in signs.items():
        if key.startswith("badge"):
            continue  # a badge lies on its own deck
        for layer_id, shadow in boxes.items():
            assert not any(rect.overlaps(strip, -0.5) for strip in shadow), (key, layer_id)
    points = np.concatenate([place.corners for place in placement.layers])
    metres = (points - np.asarray(placement.center)) * placement.scale
    assert np.abs(metres).max() <= 5.0 + 1e-6


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=5), st.integers(1, 3))
def test_laws_of_terraces(blocks: list[int], inner: int) -> None:
    graph = residual(tuple(blocks), inner=inner)
    check_laws(place(graph, "terraces"))


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3)), min_size=1, max_size=6))
def test_laws_of_the_flow(modules: list[tuple[int, int]]) -> None:
    graph = branching([w for w, _ in modules], [n for _, n in modules])
    check_laws(place(graph, "flow"))


def test_the_layout_follows_from_the_graph() -> None:
    options = LayoutOptions()
    assert choose_layout(chain((1, 8, 8), (4, 8, 8), (10,)), options) == "row"
    assert choose_layout(residual((3, 4, 6, 3)), options) == "terraces"
    assert choose_layout(branching([3, 4, 4, 4], [2, 1, 3, 2]), options) == "flow"


def test_many_equal_blocks_stand_folded_with_their_joints() -> None:
    graph = residual((3, 8, 36, 3), inner=3)
    placement, selection = place(graph), select_layers(graph, options=LayoutOptions())
    assert any("folded" in note for note in selection.reductions)
    assert any(line.text == "× 34 folded" for sign in placement.signs for line in sign.lines)
    assert {place.id for place in placement.layers} == set(selection.drawn)


@pytest.mark.parametrize("layout", ["terraces", "flow"])
def test_equal_graphs_are_placed_equally(layout: str) -> None:
    first, second = (place(residual((2, 3, 2)), layout) for _ in range(2))
    assert [p.position for p in first.layers] == [p.position for p in second.layers]
    assert first.signs == second.signs


def test_time_grows_with_the_graph_and_not_faster() -> None:
    """Log-log slope of selecting and placing a flat graph, over a factor of eight."""
    seconds = []
    sizes = (2000, 16000)
    for size in sizes:
        graph = chain((1, 8, 8), *[(4, 8, 8)] * size)
        start = time.process_time()
        place(graph, "flow")
        seconds.append(time.process_time() - start)
    slope = np.log(seconds[1] / seconds[0]) / np.log(sizes[1] / sizes[0])
    assert slope < 1.2, seconds
