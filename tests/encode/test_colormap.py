"""Tables of 256 different colours, and numbers that survive being a colour."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nn2gltf.encode.colormap import dequantize, palette, quantize
from nn2gltf.encode.style import Ramp, Style, load_style, rgb8, style_names
from nn2gltf.errors import EncodingError

SHIPPED = {
    "blueprint": ("3d2e8d", "35b04e"),
    "clay": ("857e7a", "4744bf"),
    "paper": ("753a75", "b9f24a"),
    "print": ("2f8ec7", "14a98e"),
    "stage": ("d6f49c", "8a6177"),
}
"""Beginnings of the SHA-256 of the sequential and the diverging table."""

styles = pytest.mark.parametrize("name", style_names())
numbers = st.floats(-(2.0**100), 2.0**100, width=32)
arrays = hnp.arrays(np.float32, hnp.array_shapes(max_dims=3), elements=st.floats(width=32, allow_nan=True))


def digest(table: np.ndarray[Any, Any]) -> str:
    return hashlib.sha256(table.tobytes()).hexdigest()[:6]


@styles
def test_tables_are_the_measured_ones(name: str) -> None:
    style = load_style(name)
    assert (digest(palette(style, "sequential")), digest(palette(style, "diverging"))) == SHIPPED[name]


@pytest.mark.parametrize("kind", ["sequential", "diverging", "input"])
@styles
def test_all_entries_differ(name: str, kind: str) -> None:
    table = palette(load_style(name), kind)
    assert table.shape == (256, 3) and table.dtype == np.uint8
    assert len({tuple(color) for color in table.tolist()}) == 256


@styles
def test_maps_begin_and_end_at_their_anchors(name: str) -> None:
    style = load_style(name)
    up, two, maps = palette(style, "sequential"), palette(style, "diverging"), style.maps
    expected = {
        (0, 0): maps.sequential.anchors[0],
        (0, 254): maps.sequential.anchors[-1],
        (0, 255): maps.not_finite,
        (1, 0): maps.diverging.negative[-1],
        (1, 127): maps.diverging.positive[0],
        (1, 254): maps.diverging.positive[-1],
        (1, 255): maps.not_finite,
    }
    for (which, code), anchor in expected.items():
        difference = np.abs((up, two)[which][code].astype(int) - rgb8(anchor))
        assert difference.max() <= 1, (which, code)


def test_input_pixels_keep_their_grey() -> None:
    table = palette(load_style("stage"), "input").astype(int)
    assert (table[:255] == table[:255, :1]).all()
    assert table[0].tolist() == [0, 0, 0] and table[254].tolist() == [255, 255, 255]
    pixels = np.arange(256, dtype=np.float32)
    codes, _ = quantize(pixels, 0, 255)
    assert np.abs(table[codes, 0] - pixels).max() <= 1


@styles
def test_input_pixels_are_the_same_in_every_style(name: str) -> None:
    assert np.array_equal(palette(load_style(name), "input"), palette(load_style("stage"), "input"))


def test_a_table_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValueError, match="read-only"):
        palette(load_style("stage"), "sequential")[0] = 0


def test_an_unknown_map_lists_the_known_ones() -> None:
    with pytest.raises(EncodingError, match="sequential, diverging, input"):
        palette(load_style("stage"), "rainbow")


def with_anchors(*anchors: str) -> Style:
    style = load_style("stage")
    maps = dataclasses.replace(style.maps, sequential=Ramp(by="arc", anchors=anchors))
    return dataclasses.replace(style, maps=maps)


@pytest.mark.parametrize(
    "anchors",
    [
        ("#000000", "#000000"),
        ("#ffffff", "#ffffff", "#ffffff"),
        ("#0000ff", "#0000fe"),
        ("#102030", "#102030", "#f0f0f0"),
        ("#000000", "#101010"),
    ],
)
def test_even_a_poor_ramp_has_256_different_colours(anchors: tuple[str, ...]) -> None:
    table = palette(with_anchors(*anchors), "sequential")
    assert len({tuple(color) for color in table.tolist()}) == 256
    assert np.abs(table[0].astype(int) - rgb8(anchors[0])).max() <= 7
    assert np.abs(table[254].astype(int) - rgb8(anchors[-1])).max() <= 7


@given(arrays, numbers, numbers)
def test_what_is_read_back_is_within_half_a_step(values: Any, one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    codes, remainders = quantize(values, low, high)
    assert codes.dtype == remainders.dtype == np.uint8 and codes.shape == remainders.shape == values.shape
    exact = np.clip(values.astype(np.float64), low, high)
    finite = np.isfinite(values)
    read = dequantize(codes, remainders, low, high)
    slack = (high - low) * 1e-12 + 1e-300
    assert (np.abs(read - exact)[finite] <= (high - low) / 254 / 254 / 2 + slack).all()
    coarse = dequantize(codes, None, low, high)
    assert (np.abs(coarse - exact)[finite] <= (high - low) / 254 / 2 + slack).all()
    assert np.isnan(read[~finite]).all() and np.isfinite(read[finite]).all()
    assert (
        (codes[~finite] == 255).all() and (remainders[~finite] == 127).all() and (codes[finite] <= 254).all()
    )


@given(arrays, numbers, numbers)
def test_reading_back_is_what_the_format_document_says(values: Any, one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    codes, remainders = quantize(values, low, high)
    read = dequantize(codes, remainders, low, high)
    for code, remainder, value in zip(codes.flat, remainders.flat, read.flat, strict=True):
        if code < 255:
            assert value == low + (high - low) * (int(code) + (int(remainder) - 127) / 254) / 254


@given(st.floats(2.0**-100, 2.0**100, width=32))
def test_ends_and_zero_are_exact(high: float) -> None:
    values = np.array([-high, 0, high, -2 * high, 3 * high], np.float32)
    codes, remainders = quantize(values, -high, high)
    assert codes.tolist() == [0, 127, 254, 0, 254] and set(remainders.tolist()) == {127}
    assert dequantize(codes, remainders, -high, high).tolist() == [-high, 0, high, -high, high]
    codes, remainders = quantize(values[1:3], 0, high)
    assert codes.tolist() == [0, 254]
    assert dequantize(codes, remainders, 0, high).tolist() == [0, high]


@given(st.floats(2.0**-100, 2.0**100, width=32))
def test_codes_never_fall_while_values_rise(high: float) -> None:
    values = np.linspace(-high, high, 1001)
    codes, remainders = quantize(values, -high, high)
    assert (np.diff(codes.astype(int)) >= 0).all()
    assert (np.diff(dequantize(codes, remainders, -high, high)) >= 0).all()


def test_a_range_without_extent_keeps_its_value() -> None:
    codes, remainders = quantize(np.array([0.4, 0.5, 0.6, np.inf]), 0.5, 0.5)
    assert codes.tolist() == [0, 0, 254, 255]
    assert dequantize(codes, remainders, 0.5, 0.5)[:3].tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(("low", "high"), [(1, 0), (float("nan"), 1), (0, float("inf"))])
def test_an_impossible_range_is_refused(low: float, high: float) -> None:
    with pytest.raises(EncodingError, match="has no inside"):
        quantize(np.zeros(3), low, high)
