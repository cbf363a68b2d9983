"""Text: what is measured is what is drawn, every letter is drawn or named, and hostile names are harmless."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from nn2gltf.encode import text, typeface
from nn2gltf.encode.text import Line, measure_text, render_plate, shorten_text, wrap_text

GROUND = "#0b0e14"
PROMISED = (
    (
        string.ascii_letters
        + string.digits
        + string.punctuation
        + "".join(map(chr, range(0xA1, 0x180)))
        + "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρςστυφχψωάέήίόύώ"
        + "".join(map(chr, range(0x400, 0x460)))
        + "×·→←↑↓≥≤≈≠−%…²½⅓³⁻⁰₁∞√∑∂•–—‘’“”€№™□✓ếớặ"
    )
    .replace("\u00ad", "")
    .replace("ŉ", "")
    .replace("⅓", "")
)


def ink(image: Image.Image, background: str = GROUND) -> npt.NDArray[Any]:
    """Where a picture is not its ground."""
    ground = tuple(int(background[i : i + 2], 16) for i in (1, 3, 5))
    found: npt.NDArray[Any] = (np.asarray(image) != ground).any(axis=2)
    return found


def plate(*lines: Line, pad: float = 1.0, **options: Any) -> Image.Image:
    return render_plate(lines, texels_per_unit=10, pad=pad, background=GROUND, **options)


def columns(image: Image.Image) -> tuple[int, int]:
    """First and last column with ink."""
    used = np.flatnonzero(ink(image).any(axis=0))
    return int(used[0]), int(used[-1])


@pytest.fixture
def no_layout_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow as it is without raqm."""
    plain = ImageFont.truetype

    def basic(path: str, pixels: int) -> ImageFont.FreeTypeFont:
        return plain(path, pixels, layout_engine=ImageFont.Layout.BASIC)

    monkeypatch.setattr(typeface.ImageFont, "truetype", basic)
    monkeypatch.setattr(text, "shapes_text", lambda: False)
    typeface.load_font.cache_clear()
    yield
    typeface.load_font.cache_clear()


@pytest.mark.parametrize("weight", typeface.WEIGHTS)
def test_every_promised_sign_is_in_every_weight(weight: int) -> None:
    font = typeface.load_font(weight, 32)
    assert [c for c in PROMISED if not typeface._draws(font, c)] == []


@pytest.mark.parametrize("text_", ["layer1.0.conv1", "Conv2d 5×5 + ReLU", "61,706 parameters", "W", "98.5 %"])
@pytest.mark.parametrize("weight", [400, 500, 600, 700])
@pytest.mark.parametrize("size", [1.6, 4.4, 11.0])
def test_a_plate_is_as_wide_as_measured(text_: str, weight: int, size: float) -> None:
    image = plate(Line(text=text_, size=size, weight=weight), pad=0.5)
    measured = 10 * measure_text(text_, size=size, weight=weight)
    assert image.width - 10 == pytest.approx(measured, abs=1 + 0.002 * measured)
    first, last = columns(image)
    assert first >= 5 - 1 and last <= image.width - 5
    assert last - first == pytest.approx(measured, abs=0.25 * size * 10)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_is_drawn_inside_its_plate(content: str) -> None:
    image = plate(Line(text=content, size=2.0), pad=2.0)
    assert image.mode == "RGB"
    outside = ink(image)
    outside[12:-12, 8:-8] = False
    assert not outside.any()
    assert image.width - 40 == pytest.approx(
        10 * measure_text(content, size=2.0), abs=1.5 + image.width * 0.01
    )


def test_measure_grows_with_size_weight_and_length() -> None:
    assert measure_text("conv1", size=3) == pytest.approx(3 * measure_text("conv1", size=1))
    assert measure_text("conv1", size=1, weight=700) > measure_text("conv1", size=1, weight=400)
    assert measure_text("conv12", size=1) > measure_text("conv1", size=1) > 0 == measure_text("", size=1)


def test_drawing_twice_gives_the_same_picture() -> None:
    lines = [Line(text="conv1", size=4, weight=700), Line(text="6×28×28", size=3, color="#a3aec6")]
    assert plate(*lines).tobytes() == plate(*lines).tobytes()


def test_edges_of_letters_are_smooth() -> None:
    levels = np.unique(np.asarray(plate(Line(text="Signs", size=6)).convert("L")))
    assert len(levels) > 100


def test_lines_stand_below_each_other_and_align() -> None:
    long, short = Line(text="connections", size=4), Line(text="i", size=4)
    assert plate(long, short).height > plate(long).height
    width = plate(long).width
    only = {
        align: columns(plate(Line(text="i", size=4, align=align), long).crop((0, 0, width, 60)))
        for align in ("left", "center", "right")
    }
    assert only["left"][0] < 20 and only["right"][1] > width - 20
    assert sum(only["center"]) / 2 == pytest.approx(width / 2, abs=2)
    assert columns(plate(short, long, align="right").crop((0, 0, width, 60))) == only["right"]


@pytest.mark.parametrize("engine", ["raqm", "basic"])
def test_counters_do_not_shake(engine: str, request: pytest.FixtureRequest) -> None:
    if engine == "basic":
        request.getfixturevalue("no_layout_engine")
    elif not typeface.shapes_text():
        pytest.skip("this Pillow has no raqm")
    widths = {measure_text(f"epoch {n} of 19", size=8, weight=700, tabular=True) for n in range(10, 20)}
    assert max(widths) - min(widths) < 0.05
    assert measure_text("11", size=8) < measure_text("00", size=8)
    ends = [columns(plate(Line(text=f"{n} %", size=8, tabular=True))) for n in (10, 11, 99)]
    assert len({last for _, last in ends}) == 1


def test_without_a_layout_engine_text_is_drawn_all_the_same(no_layout_engine: None) -> None:
    content = "61,706 parameters · 98.5 %"
    image = plate(Line(text=content, size=4.4, tabular=True))
    assert image.width - 20 == pytest.approx(44 * measure_text(content, size=1, tabular=True), rel=0.02)


def test_letters_of_other_scripts_come_from_an_installed_font_or_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(typeface, "_installed", tuple)
    typeface._installed_for.cache_clear()
    assert typeface.font_for("語", 500, 20) is None
    assert plate(Line(text="語", size=3)).tobytes() == plate(Line(text="[U+8A9E]", size=3)).tobytes()
    typeface._installed_for.cache_clear()


def test_an_installed_font_is_asked_for_what_the_bundled_one_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = typeface.load_font(700, 20)
    monkeypatch.setattr(typeface, "_installed_for", lambda character: "font" if character == "語" else None)
    monkeypatch.setattr(typeface, "_load_installed", lambda path, pixels: bundled)
    assert typeface.font_for("語", 500, 20) is bundled
    assert typeface.font_for("话", 500, 20) is None


def test_a_font_file_that_is_none_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    monkeypatch.setattr(typeface, "INSTALLED_FONTS", ("broken.ttf",))
    monkeypatch.setattr(typeface, "FONT_FOLDERS", (str(tmp_path), str(tmp_path / "missing")))
    typeface._installed.cache_clear()
    typeface._installed_for.cache_clear()
    assert typeface._installed() == (str(broken),)
    assert typeface.font_for("\u263a", 500, 20) is None
    typeface._installed.cache_clear()
    typeface._installed_for.cache_clear()


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("conv\x1b[31m", "conv□[31m"),
        ("a\nb", "a□b"),
        ("a\u202eb", "a□b"),
        ("\ud800", "□"),
        ("e\u0301", "é"),
        ("x" * 300, "x" * 255 + "…"),
    ],
    ids=["escape", "newline", "bidi", "surrogate", "combining", "long"],
)
def test_hostile_names_are_harmless(hostile: str, shown: str) -> None:
    assert plate(Line(text=hostile, size=1)).tobytes() == plate(Line(text=shown, size=1)).tobytes()


def test_no_line_gives_an_empty_plate() -> None:
    image = render_plate([], texels_per_unit=10, pad=1, background="#ffffff")
    assert image.size == (21, 21) and not ink(image, "#ffffff").any()


@given(st.text(string.printable[:95], max_size=60), st.floats(0.6, 30))
@settings(max_examples=60, deadline=None)
def test_shortened_text_fits_and_says_so(content: str, width: float) -> None:
    short = shorten_text(content, width=width, size=1)
    if measure_text(content, size=1) <= width:
        assert short == content
        return
    assert short.endswith("…") and content.startswith(short[:-1])
    assert measure_text(short, size=1) <= width or short == "…"
    longer = content[: len(short)].rstrip() + "…"
    assert longer == short or len(longer) <= len(short) or measure_text(longer, size=1) > width


@given(st.text("abc xyz 0", max_size=80), st.floats(2, 20))
@settings(max_examples=60, deadline=None)
def test_wrapped_text_fits_and_loses_no_word(content: str, width: float) -> None:
    lines = wrap_text(content, width=width, size=1)
    assert all(measure_text(line, size=1) <= width for line in lines)
    if not any("…" in line for line in lines):
        assert " ".join(lines).split() == content.split()
    words = [line.split()[0] for line in lines[1:]]
    assert all(
        measure_text(f"{before} {word}", size=1) > width or "…" in word
        for before, word in zip(lines, words, strict=False)
    )
