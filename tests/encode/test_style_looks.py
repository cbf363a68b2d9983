"""What a style promises to eyes, those without one kind of cone included; measured, for every style."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from color_vision import EYES, TO_XYZ, ciede2000, contrast, linear, seen

from nn2gltf.encode.colormap import palette
from nn2gltf.encode.style import load_style, style_names

COLOR_EYES = [eye for eye in EYES if eye != "grey"]
HALF = 127 // 2 + 1
HALF_RANGE_SEPARATION = {"blueprint": 44, "clay": 39, "paper": 46, "print": 42.9, "stage": 47}
"""Least CIEDE2000 between plus and minus half range, over normal and three deficient visions."""
ROUNDING = 0.02
"""Steps of L* that rounding to 8 bits may turn back."""

styles = pytest.mark.parametrize("name", style_names())
eyes = pytest.mark.parametrize("eye", EYES)
Array = npt.NDArray[Any]


def lightness(colors: Array, eye: str) -> Array:
    """L* of colours in order."""
    return seen(colors, eye)[:, 0]


def assert_one_way(values: Array) -> None:
    steps = np.diff(values) * np.sign(values[-1] - values[0])
    assert steps.min() > -ROUNDING


def test_ciede2000_agrees_with_published_pairs() -> None:
    """Source: Sharma, Wu and Dalal (2005), table 1, pairs 1, 4, 7, 13, 17 and 25."""
    pairs: list[tuple[tuple[float, float, float], tuple[float, float, float], float]] = [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, -0.0010, 2.4900), (50.0, 0.0009, -2.4900), 4.8045),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ]
    for one, other, wanted in pairs:
        assert ciede2000(np.array(one), np.array(other)) == pytest.approx(wanted, abs=1e-4)


@eyes
@styles
def test_larger_is_steadily_lighter_or_darker(name: str, eye: str) -> None:
    assert_one_way(lightness(palette(load_style(name), "sequential")[:255], eye))


@eyes
@styles
def test_each_arm_of_a_diverging_map_is_one_way(name: str, eye: str) -> None:
    colors = palette(load_style(name), "diverging")
    assert_one_way(lightness(colors[:128], eye))
    assert_one_way(lightness(colors[127:255], eye))


@pytest.mark.parametrize("eye", COLOR_EYES)
@styles
def test_plus_and_minus_are_told_apart(name: str, eye: str) -> None:
    colors = palette(load_style(name), "diverging")
    minus, plus = seen(colors[127 - HALF], eye), seen(colors[127 + HALF], eye)
    assert ciede2000(minus, plus) >= HALF_RANGE_SEPARATION[name]


@pytest.mark.parametrize("kind", ["sequential", "diverging", "input"])
@pytest.mark.parametrize("eye", COLOR_EYES)
@styles
def test_what_is_not_finite_looks_like_no_value(name: str, eye: str, kind: str) -> None:
    colors = seen(palette(load_style(name), kind), eye)
    assert ciede2000(colors[:255], colors[255]).min() >= 12


@styles
def test_a_photocopy_of_print_keeps_the_sign_and_what_is_not_finite(name: str) -> None:
    colors = seen(palette(load_style(name), "diverging"), "grey")
    grey_separation = ciede2000(colors[127 - HALF], colors[127 + HALF])
    grey_gap = ciede2000(colors[:255], colors[255]).min()
    assert (name == "print") == (grey_separation >= 33 and grey_gap >= 12)


@styles
def test_text_has_contrast(name: str) -> None:
    style = load_style(name)
    assert contrast(style.text.fg, style.text.plate) >= 7.3
    assert contrast(style.text.dim, style.text.plate) >= 7.3
    assert contrast(style.accent.on, style.accent.fill) >= 7.3
    assert contrast(style.accent.line, style.text.plate) >= 4.9, "large text only"


@styles
def test_the_weakest_line_is_seen(name: str) -> None:
    """WCAG asks for 3:1 of graphics that carry meaning; clay's lines are of middle luminance on a middle ground."""
    style = load_style(name)
    ground = linear(style.background)
    for color in (style.ribbon.positive, style.ribbon.negative):
        faded = ground + (linear(color) - ground) * style.ribbon.floor
        dark, light = sorted(float(rgb @ TO_XYZ[1]) for rgb in (faded, ground))
        assert (light + 0.05) / (dark + 0.05) >= 2.6


@pytest.mark.parametrize("eye", COLOR_EYES)
@styles
def test_signs_of_lines_are_told_apart(name: str, eye: str) -> None:
    style = load_style(name)
    difference = ciede2000(seen(style.ribbon.positive, eye), seen(style.ribbon.negative, eye))
    assert difference >= 35 or (style.ribbon.hollow and difference >= 12)


@styles
def test_neighbouring_stages_differ(name: str) -> None:
    stages = load_style(name).structure.stages
    steps = [float(ciede2000(seen(a), seen(b))) for a, b in pairwise(stages)]
    assert min(steps) >= 9 or set(stages) == {"#1c1c1c"}, "print has one ink"
