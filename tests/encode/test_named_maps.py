"""Colour maps by name: even steps, every entry its own colour, and what a wrong name says."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from color_vision import seen
from graphs import LENET, chain, record

from nn2gltf.api.scenes import SceneOptions, encode_recording
from nn2gltf.encode import named_maps
from nn2gltf.encode.colormap import palette
from nn2gltf.encode.named_maps import colormap_names, with_colormap
from nn2gltf.encode.style import load_style
from nn2gltf.errors import EncodingError, UsageError

STAGE = load_style("stage")


@pytest.mark.parametrize("name", colormap_names())
def test_named_maps_get_steadily_lighter(name: str) -> None:
    table = palette(with_colormap(STAGE, name), "sequential")
    assert len({tuple(color) for color in table}) == 256
    assert (np.diff(seen(table[:255])[:, 0]) > -0.1).all()
    turned = palette(with_colormap(STAGE, f"{name}_r"), "sequential")
    assert np.abs(turned[:255].astype(int) - table[254::-1]).max() <= 4


def test_a_named_map_replaces_one_of_the_styles_maps() -> None:
    changed = with_colormap(STAGE, "viridis")
    assert changed.maps.diverging == STAGE.maps.diverging
    assert changed.text == STAGE.text
    assert with_colormap(STAGE, None) is STAGE
    scene = encode_recording(record(chain(*LENET)), SceneOptions.from_keywords(cmap="viridis"))
    own = encode_recording(record(chain(*LENET)), SceneOptions())
    shown = scene.extras["palettes"]["sequential"]  # type: ignore[index,call-overload]
    assert bytes.fromhex(str(shown)) == palette(changed, "sequential").tobytes()
    assert shown != own.extras["palettes"]["sequential"]  # type: ignore[index,call-overload]


def test_an_unknown_map_lists_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named_maps, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match="viridis, magma") as caught:
        SceneOptions.from_keywords(cmap="virdis")
    assert caught.value.code == "E_UNKNOWN_NAME"
    assert "nn2gltf[cmap]" in str(caught.value.hint)


def test_maps_of_the_package_cmap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the package: a diverging map whose middle is white."""

    class Colormap:
        def __init__(self, name: str) -> None:
            if name != "vik":
                raise ValueError(name)
            self.category = "diverging"

        def __call__(self, share: float) -> SimpleNamespace:
            cold, warm = (round(255 * min(1.0, 2 * part)) for part in (share, 1 - share))
            return SimpleNamespace(hex=f"#{cold:02X}{min(cold, warm):02X}{warm:02X}")

    module = ModuleType("cmap")
    module.Colormap = Colormap  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cmap", module)
    monkeypatch.setattr(named_maps, "find_spec", lambda name: ModuleSpec(name, None))
    two = with_colormap(STAGE, "vik").maps.diverging
    assert (two.negative[0], two.negative[-1], two.positive[-1]) == ("#ffffff", "#0000ff", "#ff0000")
    assert palette(with_colormap(STAGE, "vik"), "diverging")[127].tolist() == [255, 255, 255]
    with pytest.raises(UsageError, match="package cmap"):
        with_colormap(STAGE, "nonsense")


def test_a_style_in_toml_changes_a_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "evening.toml"
    path.write_text('base = "stage"\nfloor = "none"\n[text]\nplate = "#101018"\n[ribbon]\ncasing = "none"\n')
    style, stage = load_style(path), load_style("stage")
    assert (style.name, style.text.plate, style.text.fg) == ("evening", "#101018", stage.text.fg)
    assert style.floor is None and style.ribbon.casing is None
    assert style.maps == stage.maps


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('base = "stge"\n', "does not come with nn2gltf"),
        ("base = stage\n", "not TOML"),
        ('base = "stage"\n[text]\nplte = "#101018"\n', "text.plte"),
        ('[text]\nplate = "#101018"\n', "lacks"),
        ("\udcff", "not TOML"),
    ],
)
def test_what_is_wrong_in_a_toml_style_is_named(text: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(EncodingError, match=word) as caught:
        load_style(path)
    assert caught.value.code == "E_STYLE"
