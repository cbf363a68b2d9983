"""More values than one page holds: several pages, and means where those do not hold them either."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graphs import chain, record
from PIL import Image

from nn2gltf.encode import EncodeOptions, encode_scene, page_grid, pages, prepare_scene, reduce
from nn2gltf.encode.colormap import dequantize
from nn2gltf.errors import LimitError
from nn2gltf.gltf import check_glb, write_glb
from nn2gltf.ir.recording import Recording
from nn2gltf.ir.scene import Scene
from nn2gltf.layout import LayoutOptions, place_graph

SHAPES = ((1, 12, 12), (4, 12, 12), (4, 12, 12), (8, 6, 6), (30,), (10,))
STEPS = 6


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record(chain(*SHAPES), steps=STEPS)


def draw(recording: Recording) -> Scene:
    prepared = prepare_scene(recording, recording.graph, options=EncodeOptions())
    placement = place_graph(recording.graph, options=LayoutOptions(), plates=prepared.plates.sizes)
    return encode_scene(prepared, placement)


def shrink(patch: pytest.MonkeyPatch, limit: int) -> None:
    """Pages of so many pixels a side."""
    for module in (page_grid, pages):
        patch.setattr(module, "PAGE_LIMIT", limit)


def layers_of(scene: Scene) -> dict[str, Any]:
    layers: Any = scene.extras["layers"]
    return {layer["id"]: layer for layer in layers}


def drawn(scene: Scene, node_name: str, images: dict[str, Any]) -> tuple[Any, str]:
    """The codes in the middle of each texel of a panel's quads, as any glTF viewer samples them."""
    node = next(node for node in scene.nodes if node.name == node_name)
    assert node.mesh is not None
    primitive = scene.meshes[node.mesh].primitives[0]
    assert primitive.material is not None
    texture = scene.materials[primitive.material].texture
    assert texture is not None
    name = scene.images[scene.textures[texture].image].name
    codes = images[name]
    corners = primitive.attributes["TEXCOORD_0"].reshape(-1, 4, 2) * codes.shape[::-1]
    low, high = np.rint(corners.min(axis=1)).astype(int), np.rint(corners.max(axis=1)).astype(int)
    return np.stack([codes[y0:y1, x0:x1] for (x0, y0), (x1, y1) in zip(low, high, strict=True)]), name


def images_of(scene: Scene) -> dict[str, Any]:
    return {image.name: np.asarray(Image.open(io.BytesIO(image.png))) for image in scene.images}


def test_one_page_holds_what_fits(recording: Recording) -> None:
    names = {page["image"] for page in draw(recording).extras["pages"]}  # type: ignore[union-attr, index, call-overload]
    assert {"sequential probe 0", "input probe 0"} <= names
    assert not any(" 2 probe" in str(name) for name in names)


def test_layers_spread_over_pages_and_every_panel_shows_its_own(
    recording: Recording, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shrink(monkeypatch, 96)
    scene = draw(recording)
    images, layers = images_of(scene), layers_of(scene)
    main: Any = scene.extras["mainProbe"]
    found = set()
    for layer_id in ("layer1", "layer2", "layer3"):
        values = layers[layer_id]["values"]
        for step in range(STEPS):
            codes, name = drawn(scene, f"{layer_id} step {step}", images)
            shown = dequantize(codes, np.full_like(codes, 127), values["low"], values["high"])
            truth = np.clip(recording.activation(layer_id, step)[main], values["low"], values["high"])
            np.testing.assert_allclose(shown, truth, atol=(values["high"] - values["low"]) / 254)
            found.add(name)
    assert len(found) > 1, "a page of 96 x 96 does not hold three layers"
    assert max(max(image.shape) for name, image in images.items() if name != "text") <= 96
    target = tmp_path / "many.glb"
    target.write_bytes(bytes(write_glb(scene)))
    assert [str(problem) for problem in check_glb(target).problems] == []


def test_every_probe_has_pages_of_the_same_layout(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    shrink(monkeypatch, 96)
    scene = draw(recording)
    listed: Any = scene.extras["pages"]
    for layer in layers_of(scene).values():
        own = [listed[index] for index in layer["tiles"]["pages"]]
        assert len({page["image"] for page in own}) == len(own)
        assert len({(page["width"], page["height"], page["palette"]) for page in own}) == 1
        assert own[0]["palette"] in scene.extras["palettes"]  # type: ignore[operator]


def test_a_layer_that_no_page_holds_is_averaged_and_it_says_so(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    shrink(monkeypatch, 80)
    scene = draw(recording)
    images, layers = images_of(scene), layers_of(scene)
    main: Any = scene.extras["mainProbe"]
    assert layers["layer1"]["tiles"]["width"] == 6
    assert layers["layer3"]["tiles"]["width"] == 6, "what fits is not averaged"
    notes: Any = scene.extras["reductions"]
    assert any("drawn as means of up to 2 x 2" in note for note in notes)
    values = layers["layer1"]["values"]
    for step in range(STEPS):
        codes, _ = drawn(scene, f"layer1 step {step}", images)
        shown = dequantize(codes, np.full_like(codes, 127), values["low"], values["high"])
        truth = recording.activation("layer1", step)[main].reshape(4, 6, 2, 6, 2).mean(axis=(2, 4))
        wanted = np.clip(truth, values["low"], values["high"])
        np.testing.assert_allclose(shown, wanted, atol=(values["high"] - values["low"]) / 254)


def test_the_largest_layers_are_averaged_until_the_pages_hold_all(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sum(4 * 14 * 14 * STEPS for _ in range(2)) + 8 * 8 * 8 * STEPS
    monkeypatch.setattr(reduce, "MOST_PAGED_TEXELS", whole - 1)
    widths = [layers_of(draw(recording))[key]["tiles"]["width"] for key in ("layer1", "layer2", "layer3")]
    assert widths == [6, 12, 6]


def test_more_than_means_can_help_is_refused(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch, 8)
    with pytest.raises(LimitError, match="the limit is 8 a side"):
        draw(recording)
