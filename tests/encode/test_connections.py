"""Connections: the strongest by |weight|, one to one through pools, inside the budget."""

from __future__ import annotations

import numpy as np
from graphs import chain, record
from hypothesis import given
from hypothesis import strategies as st

from nn2gltf.encode.connections import cell_weights, choose_connections, path_between, share_limit
from nn2gltf.ir.placement import Grid, LayerPlacement


def place(
    layer_id: str, count: int, *, mark: str = "maps", x: float = 0.0, cell: tuple[int, int] = (4, 4)
) -> LayerPlacement:
    """A panel of ``count`` cells in two columns."""
    grid = Grid(count=count, columns=2, width=4, height=4, gap=1)
    return LayerPlacement(
        id=layer_id,
        mark=mark,
        grid=grid,
        position=(x, 0, 0),
        yaw=-0.9,
        cell_shape=cell,  # type: ignore[arg-type]
    )


def test_kernel_strength_is_their_norm_with_the_sign_of_their_sum() -> None:
    graph = chain((2, 4, 4), (3, 4, 4))
    recording = record(graph)
    weight = recording.weight("layer1.weight")
    assert weight is not None
    strength = cell_weights(recording, graph.layers[1], (3, 2))
    assert strength is not None
    np.testing.assert_allclose(np.abs(strength), np.sqrt((weight**2).sum((2, 3))), rtol=1e-6)
    assert (np.sign(strength) == np.where(weight.sum((2, 3)) < 0, -1, 1)).all()


def test_a_flattened_map_groups_its_weights_by_channel() -> None:
    graph = chain((2, 4, 4), (5,))
    recording = record(graph)
    weight = recording.weight("layer1.weight")
    assert weight is not None
    strength = cell_weights(recording, graph.layers[1], (5, 2))
    assert strength is not None
    np.testing.assert_allclose(np.abs(strength), np.linalg.norm(weight.reshape(5, 2, 16), axis=2), rtol=1e-6)


def test_the_strongest_are_chosen_and_scaled_to_one() -> None:
    graph = chain((2, 4, 4), (3, 4, 4))
    recording = record(graph)
    found = choose_connections(
        recording, graph, graph.edges[0], place("input", 2), place("layer1", 3), limit=4
    )
    assert found is not None
    strength = cell_weights(recording, graph.layers[1], (3, 2))
    assert strength is not None
    assert len(found.pairs) == 4
    assert found.total == 6
    assert np.abs(found.weights).max() == 1
    chosen = {(int(a), int(b)) for a, b in found.pairs}
    best = np.argsort(-np.abs(strength).ravel())[:4]
    assert chosen == {(int(i % 2), int(i // 2)) for i in best}


@given(st.lists(st.integers(0, 500), min_size=1, max_size=12), st.integers(1, 400))
def test_the_budget_is_shared_and_never_exceeded(totals: list[int], budget: int) -> None:
    limits = share_limit(totals, budget)
    assert sum(limits) <= budget
    assert all(limit <= total for limit, total in zip(limits, totals, strict=True))
    assert sum(limits) == min(budget, sum(totals))


def test_ribbons_go_behind_the_panels() -> None:
    source, target = place("a", 4), place("b", 4, x=60.0)
    path = path_between(source, target, 0, 3)
    normal = np.array([np.sin(source.yaw), 0, np.cos(source.yaw)])
    depth = (path - np.asarray(source.position)) @ normal
    assert depth[0] < 0
    assert ((path[-1] - np.asarray(target.position)) @ normal) < 0
