"""Laws of the row layout: nothing overlaps, the trunk is straight, arcs and labels are clear of everything."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import LENET, chain
from hypothesis import given, settings
from hypothesis import strategies as st

from nn2gltf.errors import UsageError
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.placement import Placement, PlateSize
from nn2gltf.layout import LayoutOptions, place_graph
from nn2gltf.layout.camera import fit_camera, hero_view
from nn2gltf.layout.picture import Rect


def place(graph: Graph, **options: object) -> Placement:
    """Place with plates of plausible sizes."""
    plates = {layer.id: PlateSize(width=14 + 2.2 * len(layer.op), height=19) for layer in graph.layers}
    plates |= {
        "title": PlateSize(width=80, height=20),
        "counter": PlateSize(width=60, height=18),
        "legend": PlateSize(width=110, height=12),
        "classes": PlateSize(width=9, height=7),
        "percent": PlateSize(width=13, height=6),
    }
    return place_graph(graph, options=LayoutOptions(**options), plates=plates)  # type: ignore[arg-type]


def bodies(placement: Placement) -> dict[str, Rect]:
    """Rectangles of layers on the hero picture."""
    view = hero_view()
    return {layer.id: Rect.around(view.flat(layer.corners)) for layer in placement.layers}


def plates(placement: Placement) -> dict[str, Rect]:
    """Rectangles of plates on the hero picture."""
    view = hero_view()
    found = {}
    for plate in placement.plates:
        u, v = view.flat(np.asarray([plate.center]))[0]
        half = plate.width / 2, plate.height / 2 * float(view.up[1])
        found[plate.key] = Rect(u - half[0], v - half[1], u + half[0], v + half[1])
    return found


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Random classifiers: maps that shrink, additions over two layers, then vectors."""
    size = draw(st.sampled_from([8, 16, 28]))
    shapes: list[tuple[int, ...]] = [(1, size, size)]
    skips: list[tuple[int, int]] = []
    for _ in range(draw(st.integers(0, 5))):
        channels = draw(st.sampled_from([3, 4, 8, 16]))
        size = max(2, size // draw(st.sampled_from([1, 2])))
        shapes.append((channels, size, size))
        if draw(st.booleans()):
            shapes += [(channels, size, size)] * 2
            skips.append((len(shapes) - 3, len(shapes) - 1))
    shapes += [(draw(st.integers(2, 200)),) for _ in range(draw(st.integers(0, 2)))]
    return chain(*shapes, (10,), skips=tuple(skips))


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_bodies_do_not_overlap_and_the_trunk_is_straight(graph: Graph) -> None:
    placement = place(graph)
    rects = list(bodies(placement).items())
    for index, (one, mine) in enumerate(rects):
        for other, theirs in rects[index + 1 :]:
            assert not mine.overlaps(theirs), (one, other)
    assert all(
        layer.position[1] == layer.position[2] == 0 for layer in placement.layers if not layer.off_trunk
    )


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_labels_are_clear_of_labels_and_bodies(graph: Graph) -> None:
    placement = place(graph)
    labels, boxes = plates(placement), bodies(placement)
    names = list(labels)
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            assert not labels[one].overlaps(labels[other]), (one, other)
        for layer_id, box in boxes.items():
            assert not labels[one].overlaps(box), (one, layer_id)


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_arcs_run_clear_above_the_layers_between(graph: Graph) -> None:
    placement = place(graph)
    by_id = placement.layer_by_id
    for arc in placement.arcs:
        ends = sorted((by_id[arc.source].position[0], by_id[arc.target].position[0]))
        for layer in placement.layers:
            if ends[0] < layer.position[0] < ends[1]:
                low, high = layer.corners.min(axis=0), layer.corners.max(axis=0)
                over = (arc.points[:, 0] > low[0]) & (arc.points[:, 0] < high[0])
                assert (arc.points[over, 1] > high[1]).all(), (arc.source, arc.target, layer.id)


@settings(max_examples=25, deadline=None)
@given(graphs())
def test_everything_is_in_the_picture_and_ten_metres_long(graph: Graph) -> None:
    placement = place(graph)
    center = np.asarray(placement.center)
    points = np.concatenate(
        [layer.corners for layer in placement.layers] + [a.points for a in placement.arcs]
    )
    metres = (points - center) * placement.scale
    assert np.abs(metres).max() <= 5.0 + 1e-9
    camera, view = placement.camera, hero_view()
    offset = metres - np.asarray(camera.position)
    depth = -(offset @ view.back)
    tangent = np.tan(camera.yfov / 2)
    assert (depth > 0).all()
    assert (np.abs(offset @ view.up) <= depth * tangent).all()
    assert (np.abs(offset @ view.right) <= depth * tangent * camera.aspect_ratio).all()


def test_same_graph_gives_the_same_placement() -> None:
    first, second = place(chain(*LENET)), place(chain(*LENET))
    assert [layer.position for layer in first.layers] == [layer.position for layer in second.layers]
    assert first.plates == second.plates


def test_one_number_is_one_unit_through_the_whole_network() -> None:
    placement = place(chain((1, 28, 28), (8, 28, 28), (8, 14, 14), (10,)))
    widths = {layer.id: layer.grid.width for layer in placement.layers}
    assert widths["layer1"] == 28
    assert widths["layer2"] == 14


def test_large_networks_are_compressed_by_one_monotone_law() -> None:
    placement = place(chain((3, 224, 224), (64, 112, 112), (128, 28, 28), (10,)))
    sides = [np.sqrt(np.prod(layer.grid.size)) for layer in placement.layers[:3]]
    assert sides[1] > sides[2]
    assert sides[1] <= 150


def test_text_grows_with_the_width_of_the_scene() -> None:
    short = place(chain(*LENET))
    long = place(chain((1, 28, 28), *[(8, 28, 28)] * 12, (10,)))
    assert long.text_scale > short.text_scale >= 1


def test_an_unknown_layout_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="row") as caught:
        place(chain(*LENET), layout="spiral")
    assert caught.value.code == "E_UNKNOWN_NAME"


def test_the_fitted_camera_touches_the_frame() -> None:
    view = hero_view()
    cloud = np.random.default_rng(0).normal(size=(200, 3))
    position, distance = fit_camera(view, cloud, margin=0.0)
    offset = cloud - position
    depth = -(offset @ view.back)
    tangent = np.tan(np.radians(16) / 2)
    across = np.abs(offset @ view.right) / (depth * tangent * 2)
    upward = np.abs(offset @ view.up) / (depth * tangent)
    assert max(across.max(), upward.max()) == pytest.approx(1.0, abs=1e-6)
    assert distance > 0
