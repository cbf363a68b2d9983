"""Scenes: every clip owns its state, the rest pose is the last step, and what is drawn is what was recorded."""

from __future__ import annotations

import io

import numpy as np
import pytest
from graphs import LENET, chain, record
from PIL import Image

from nn2gltf.encode import EncodeOptions, encode_scene, prepare_scene
from nn2gltf.encode.colormap import dequantize
from nn2gltf.errors import UsageError
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.recording import Recording
from nn2gltf.ir.scene import Clip, Scene
from nn2gltf.layout import LayoutOptions, place_graph
from nn2gltf.layout.size import UNIT_LENGTH


def draw(graph: Graph, recording: Recording, **options: object) -> Scene:
    """The whole way from a recording to a scene."""
    prepared = prepare_scene(recording, graph, options=EncodeOptions(**options))  # type: ignore[arg-type]
    placement = place_graph(graph, options=LayoutOptions(), plates=prepared.plates.sizes)
    return encode_scene(prepared, placement)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return chain(*LENET)


@pytest.fixture(scope="module")
def recording(graph: Graph) -> Recording:
    return record(graph)


@pytest.fixture(scope="module")
def scene(graph: Graph, recording: Recording) -> Scene:
    return draw(graph, recording)


def groups(scene: Scene) -> set[str]:
    """Names of nodes that switch whole clips on and off."""
    roles = ("panels", "units", "probe", "forward", "outline")
    return {node.name for node in scene.nodes if node.extras.get("role") in roles}


def value_at(clip: Clip, scene: Scene, name: str, moment: float) -> float | None:
    """First component of a node's STEP scale in a clip, None if the clip does not write it."""
    for track in clip.tracks:
        if scene.nodes[track.node].name == name and track.path == "scale":
            index = np.searchsorted(track.times, np.float32(moment), side="right") - 1
            return float(track.values[index, 0])
    return None


def test_the_main_clip_comes_first(scene: Scene) -> None:
    names = [clip.name for clip in scene.clips]
    assert names[0] == "epochs"
    assert names[-1] == "forward pass"
    assert set(names[1:-1]) == {"probe 1", "probe 2"} or len(names) == 4


def test_every_clip_writes_every_group(scene: Scene) -> None:
    for clip in scene.clips:
        written = {scene.nodes[track.node].name for track in clip.tracks if track.path == "scale"}
        assert groups(scene) <= written, clip.name


def test_exactly_one_panel_of_each_layer_is_shown_at_each_step(scene: Scene) -> None:
    clip = scene.clips[0]
    panels = [n for n in scene.nodes if n.extras.get("role") == "panel" and n.extras["layer"] == "layer1"]
    for step in range(4):
        shown = [n.name for n in panels if value_at(clip, scene, n.name, float(step)) == 1.0]
        assert shown == [f"layer1 step {step}"]


def test_the_rest_pose_is_the_last_step(scene: Scene) -> None:
    for node in scene.nodes:
        role, step = node.extras.get("role"), node.extras.get("step")
        if role in ("panel", "unit_step", "counter", "percent"):
            hidden = node.scale == (0.0, 0.0, 0.0)
            last = step == 3 or node.extras.get("layer") == "input"
            assert hidden != last, node.name
        if role in ("probe", "probe_step", "forward", "forward_layer"):
            assert node.scale == (0.0, 0.0, 0.0), node.name


def test_pages_hold_the_recorded_values(scene: Scene, recording: Recording) -> None:
    extras = scene.extras
    images = {image.name: np.asarray(Image.open(io.BytesIO(image.png))) for image in scene.images}
    for layer in extras["layers"]:  # type: ignore[union-attr]
        if layer["mark"] == "bars":
            continue
        tiles, values = layer["tiles"], layer["values"]
        for probe in range(3):
            page = extras["pages"][tiles["pages"][probe]]  # type: ignore[index, call-overload]
            codes, low = images[page["image"]], images[page["low"]]
            for step, (x0, y0) in enumerate(tiles["origins"]):
                truth = recording.activation(layer["id"], step)[probe].reshape(
                    tiles["count"], tiles["height"], -1
                )
                for index in range(tiles["count"]):
                    x = (
                        x0
                        + tiles["gutter"]
                        + index % tiles["columns"] * (tiles["width"] + 2 * tiles["gutter"])
                    )
                    y = (
                        y0
                        + tiles["gutter"]
                        + index // tiles["columns"] * (tiles["height"] + 2 * tiles["gutter"])
                    )
                    cut = np.s_[y : y + tiles["height"], x : x + tiles["width"]]
                    found = dequantize(codes[cut], low[cut], values["low"], values["high"])
                    wanted = np.clip(truth[index], values["low"], values["high"])
                    tolerance = (values["high"] - values["low"]) / 254 / 254
                    np.testing.assert_allclose(found, wanted, atol=tolerance)


def test_gutters_repeat_the_edge_of_their_tile(scene: Scene) -> None:
    layer = next(item for item in scene.extras["layers"] if item["id"] == "layer1")  # type: ignore[union-attr, index, call-overload]
    tiles = layer["tiles"]
    page = scene.extras["pages"][tiles["pages"][0]]  # type: ignore[index, call-overload]
    image = next(i for i in scene.images if i.name == page["image"])
    codes = np.asarray(Image.open(io.BytesIO(image.png)))
    x, y = tiles["origins"][0]
    block = codes[y : y + tiles["height"] + 2, x : x + tiles["width"] + 2]
    assert (block[0, 1:-1] == block[1, 1:-1]).all()
    assert (block[:, 0] == block[:, 1]).all()
    assert (block[:, -1] == block[:, -2]).all()


def test_unit_lengths_and_morphs_are_the_recorded_shares(scene: Scene, recording: Recording) -> None:
    layer = next(item for item in scene.extras["layers"] if item["id"] == "layer3")  # type: ignore[union-attr, index, call-overload]
    high = layer["values"]["high"]
    main = scene.extras["mainProbe"]
    for step in range(4):
        node = next(n for n in scene.nodes if n.name == f"layer3 units step {step}")
        assert node.mesh is not None
        primitive = scene.meshes[node.mesh].primitives[0]
        share = np.clip(recording.activation("layer3", step)[main], 0, high) / high  # type: ignore[index, call-overload]
        tips = primitive.attributes["POSITION"].reshape(-1, 8, 3)[:, :, 2].max(axis=1)
        np.testing.assert_allclose(tips, 0.9 + UNIT_LENGTH * share, atol=1e-4)
        if step < 3:
            after = np.clip(recording.activation("layer3", step + 1)[main], 0, high) / high  # type: ignore[index, call-overload]
            moved = primitive.attributes["POSITION"] + primitive.targets[0]["POSITION"]
            np.testing.assert_allclose(
                moved.reshape(-1, 8, 3)[:, :, 2].max(axis=1), 0.9 + UNIT_LENGTH * after, atol=1e-4
            )


def test_class_bars_are_softmax_probabilities(scene: Scene, recording: Recording) -> None:
    main = scene.extras["mainProbe"]
    logits = recording.activation("layer4", 3)[main].astype(np.float64)  # type: ignore[index, call-overload]
    wanted = np.exp(logits - logits.max())
    wanted /= wanted.sum()
    bars = [n for n in scene.nodes if n.extras.get("role") == "bar"]
    assert [n.scale[0] for n in bars if n.scale] == pytest.approx(np.maximum(wanted, 1e-3), abs=1e-6)


def test_a_negative_layer_gets_a_diverging_map_with_zero_at_its_centre(graph: Graph) -> None:
    scene = draw(graph, record(graph, signed=True))
    layer = next(item for item in scene.extras["layers"] if item["id"] == "layer1")  # type: ignore[union-attr, index, call-overload]
    assert layer["values"]["palette"] == "diverging"
    assert layer["values"]["low"] == -layer["values"]["high"]


def test_one_step_makes_forward_pass_the_main_clip(graph: Graph) -> None:
    scene = draw(graph, record(graph, steps=1))
    assert [clip.name for clip in scene.clips] == ["forward pass", "probe 1", "probe 2"]
    lit = [node for node in scene.nodes if node.extras.get("role") in ("panel", "unit_step", "percent")]
    assert lit
    assert all(node.scale != (0.0, 0.0, 0.0) for node in lit), "the rest pose shows the whole network"


def test_animated_nodes_stay_inside_the_budget(graph: Graph) -> None:
    scene = draw(graph, record(graph, steps=40), max_animated_nodes=150)
    animated = {track.node for clip in scene.clips for track in clip.tracks}
    assert len(animated) <= 150
    assert scene.extras["reductions"]


def test_an_unknown_probe_says_which_there_are(graph: Graph, recording: Recording) -> None:
    with pytest.raises(UsageError, match="0 to 2"):
        draw(graph, recording, probe=7)


def test_not_finite_values_are_counted_and_drawn_as_nothing(graph: Graph) -> None:
    recording = record(graph)
    recording.activation("layer3", 1)[0, 0] = np.nan
    scene = draw(graph, recording, probe=0)
    layer = next(item for item in scene.extras["layers"] if item["id"] == "layer3")  # type: ignore[union-attr, index, call-overload]
    assert layer["values"]["notFinite"] == 1
    for mesh in scene.meshes:
        for primitive in mesh.primitives:
            assert all(np.isfinite(array).all() for array in primitive.attributes.values())
