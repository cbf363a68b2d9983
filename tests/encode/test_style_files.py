"""Style files: the shipped ones load, a user's own is the same kind of file, and what is wrong in one is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from nn2gltf.encode.style import Style, linear, load_style, rgb8, style_names
from nn2gltf.errors import EncodingError, InputMissingError, UsageError

Change = Callable[[dict[str, Any]], object]


def shipped(name: str) -> dict[str, Any]:
    """A shipped style's JSON."""
    data: dict[str, Any] = json.loads((files("nn2gltf") / "encode" / "styles" / f"{name}.json").read_text())
    return data


def write(folder: Path, data: Any) -> Path:
    """A style file."""
    path = folder / "mine.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_five_styles_come_with_the_package() -> None:
    assert style_names() == ("blueprint", "clay", "paper", "print", "stage")


@pytest.mark.parametrize("name", style_names())
def test_a_copy_of_a_shipped_style_is_the_same_style(name: str, tmp_path: Path) -> None:
    assert load_style(write(tmp_path, shipped(name))) == load_style(name)


def test_every_token_of_a_shipped_file_is_loaded() -> None:
    style = load_style("blueprint")
    assert style.purpose.startswith("posters") and style.assumes == "any (own sheet)"
    assert style.floor is not None and style.floor.kind == "sheet" and style.floor.border == "#b9d8f3"
    assert style.maps.sequential.anchors[-1] == "#ffffff" and style.text.pad == 8
    assert load_style("paper").floor is None and load_style("clay").ribbon.casing is None


def test_a_user_style_takes_the_name_of_its_file_or_its_own(tmp_path: Path) -> None:
    data = shipped("stage")
    del data["name"], data["schema"]
    assert load_style(str(write(tmp_path, data))).name == "mine"
    assert load_style(write(tmp_path, {**data, "name": "dusk\x1b[2J"})).name == "dusk\ufffd[2J"


def test_styles_are_values() -> None:
    assert load_style("stage") is load_style("stage")
    assert isinstance(hash(load_style("paper")), int)
    with pytest.raises(AttributeError):
        load_style("paper").background = "#000000"  # type: ignore[misc]


@pytest.mark.parametrize("name", ["stages", "", "Stage"])
def test_unknown_names_list_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError, match="blueprint, clay, paper, print, stage") as caught:
        load_style(name)
    assert caught.value.code == "E_UNKNOWN_NAME"


@pytest.mark.parametrize("path", ["none.json", "./stage", "/"])
def test_a_missing_file_is_input_missing(path: str) -> None:
    with pytest.raises(InputMissingError):
        load_style(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[1]", "one JSON object"),
        ("\x00", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (" " * ((1 << 20) + 1), "at most 1048576 bytes"),
    ],
    ids=["cut", "list", "binary", "deep", "huge"],
)
def test_a_damaged_file_is_one_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(EncodingError, match=message) as caught:
        load_style(write(tmp_path, text))
    assert caught.value.code == "E_STYLE" and "\n" not in str(caught.value)


WRONG: dict[str, tuple[Change, str]] = {
    "missing group": (lambda d: d.pop("ribbon"), "lacks ribbon"),
    "missing token": (lambda d: d["structure"].pop("tray"), "lacks structure.tray"),
    "unknown token": (lambda d: d["text"].update(colour="#000000"), "unknown token text.colour"),
    "typing error": (lambda d: d["ribbon"].update(postive="#000000"), "Did you mean positive"),
    "short colour": (lambda d: d.update(background="#fff"), "background is not a colour like"),
    "colour number": (lambda d: d["accent"].update(fill=7), "accent.fill is not a colour"),
    "bad anchor": (
        lambda d: d["maps"]["sequential"]["anchors"].__setitem__(1, "red"),
        r"maps.sequential.anchors\[1\] is not a colour",
    ),
    "one stage": (
        lambda d: d["structure"].update(stages=["#000000"]),
        "structure.stages has fewer than two colours",
    ),
    "no anchors": (lambda d: d["maps"]["sequential"].update(anchors=[]), "anchors is not a list of colours"),
    "one anchor": (
        lambda d: d["maps"]["sequential"].update(anchors=["#000000"]),
        "anchors has fewer than two colours",
    ),
    "two zeros": (
        lambda d: d["maps"]["diverging"].update(positive=["#000000", "#ffffff"]),
        "do not share their first colour",
    ),
    "spacing": (lambda d: d["maps"]["sequential"].update(by="hue"), "by is not one of arc, lightness"),
    "group": (lambda d: d.update(material=3), "material is not an object"),
    "text number": (lambda d: d["text"].update(pad="8"), "text.pad is not a whole number"),
    "half a texel": (lambda d: d["text"].update(pad=0.5), "text.pad is not a whole number"),
    "switch": (lambda d: d["ribbon"].update(hollow=1), "ribbon.hollow is not true or false"),
    "switch as number": (lambda d: d["ribbon"].update(grow=True), "ribbon.grow is not a number"),
    "not a number": (lambda d: d["ribbon"].update(grow=float("nan")), "ribbon.grow is not a number"),
    "enormous": (lambda d: d["ribbon"].update(grow=10**400), "ribbon.grow is not a number"),
    "negative": (lambda d: d["ribbon"].update(grow=-1), "ribbon.grow is negative"),
    "share": (lambda d: d["ribbon"].update(floor=1.5), "ribbon.floor is not between 0 and 1"),
    "too bright": (
        lambda d: d["material"].update(unit_base=0.8),
        r"unit_base \+ material.unit_emission is not",
    ),
    "hollow": (lambda d: d["ribbon"].update(hollow=True, casing=None), "needs a ribbon.casing"),
    "pad": (lambda d: d["text"].update(pad=-1), "text.pad is not between"),
    "weight": (lambda d: d["text"].update(weight_step=900), "text.weight_step is not between"),
    "floor kind": (lambda d: d["floor"].update(kind="carpet"), "floor.kind is not one of slab, sheet"),
    "bare sheet": (lambda d: d["floor"].update(kind="sheet"), "needs floor.minor"),
    "schema": (lambda d: d.update(schema=2), "schema is not one of 1"),
    "words": (lambda d: d.update({"for": ""}), "for is not a few words"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_wrong_token_is_named(change: tuple[Change, str], tmp_path: Path) -> None:
    data = shipped("stage")
    change[0](data)
    with pytest.raises(EncodingError, match=change[1]) as caught:
        load_style(write(tmp_path, data))
    assert caught.value.code == "E_STYLE" and caught.value.hint and "\n" not in str(caught.value)


def test_colours_as_bytes_and_as_light() -> None:
    assert rgb8("#0b0E14") == (11, 14, 20)
    assert linear("#000000") == (0.0, 0.0, 0.0)
    assert linear("#ffffff") == (1.0, 1.0, 1.0)
    assert linear("#bcbcbc")[1] == pytest.approx(0.502886, abs=1e-6)
    assert linear("#0a0a0a")[2] == pytest.approx(10 / 255 / 12.92)


def test_style_is_complete_without_the_optional_schema() -> None:
    assert Style.__dataclass_fields__["schema"].default == 1
