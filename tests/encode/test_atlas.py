"""The atlas: every plate is in it, whole, apart from the others, and looks as it did."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nn2gltf.encode.atlas import GUTTER, LIMIT, VISIBLE, pack_atlas, place_rectangles
from nn2gltf.encode.few_colors import reduce_colors
from nn2gltf.encode.text import Line, render_plate
from nn2gltf.errors import LimitError

sizes = st.lists(st.tuples(st.integers(1, 900), st.integers(1, 300)), max_size=60)
Texels = npt.NDArray[np.uint8]


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def opened(png: bytes) -> Texels:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def cut(texels: Texels, rect: tuple[float, float, float, float], margin: int = 0) -> Texels:
    """What a viewer shows of a rectangle, ``margin`` texels more on each side."""
    height, width = texels.shape[:2]
    corners = [rect[0] * width, rect[1] * height, rect[2] * width, rect[3] * height]
    x0, y0, x1, y1 = (round(corner) for corner in corners)
    assert np.allclose(corners, (x0, y0, x1, y1), atol=1e-6), "rectangles end between texels"
    return texels[y0 - margin : y1 + margin, x0 - margin : x1 + margin]


@given(sizes)
def test_nothing_overlaps_and_everything_is_inside(found: list[tuple[int, int]]) -> None:
    spots, (width, height) = place_rectangles(found)
    assert 2048 <= width <= 4096 and 1 <= height <= 4096
    taken = np.zeros((height, width), bool)
    for (x, y), (wide, tall) in zip(spots, found, strict=True):
        block = taken[y - GUTTER : y + tall + GUTTER, x - GUTTER : x + wide + GUTTER]
        assert block.shape == (tall + 2 * GUTTER, wide + 2 * GUTTER) and not block.any()
        block[:] = True


@given(sizes)
def test_little_room_is_wasted(found: list[tuple[int, int]]) -> None:
    """Shelves of falling height need at most 1.7 times the area and one shelf more."""
    _, (width, height) = place_rectangles(found)
    area = sum((wide + 2 * GUTTER) * (tall + 2 * GUTTER) for wide, tall in found)
    highest = max((tall for _, tall in found), default=0) + 2 * GUTTER
    assert height <= 2 * area / width + highest


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 20), st.integers(0, 3)), min_size=1, max_size=12)
)
@settings(max_examples=30, deadline=None)
def test_every_plate_is_found_where_its_rectangle_says(found: list[tuple[int, int, int]]) -> None:
    plates = {f"plate {i}": noise(wide, tall, seed) for i, (wide, tall, seed) in enumerate(found)}
    png, rects = pack_atlas(plates)
    texels = opened(png)
    for key, plate in plates.items():
        wanted = np.asarray(plate)
        assert np.abs(cut(texels, rects[key]).astype(int) - wanted).max() <= VISIBLE
        edge = np.pad(wanted, ((GUTTER, GUTTER), (GUTTER, GUTTER), (0, 0)), mode="edge")
        assert np.abs(cut(texels, rects[key], GUTTER).astype(int) - edge).max() <= VISIBLE


def test_equal_plates_are_stored_once() -> None:
    plates = {"a": noise(30, 20), "b": noise(30, 20), "c": noise(20, 30), "d": noise(30, 20, 1)}
    _, rects = pack_atlas(plates)
    assert rects["a"] == rects["b"] and len(set(rects.values())) == 3


def test_the_same_plates_give_the_same_bytes() -> None:
    plates = {f"{n}": noise(30 + n, 20) for n in range(9)}
    assert pack_atlas(plates) == pack_atlas(dict(plates))


def test_no_plate_gives_a_readable_picture() -> None:
    png, rects = pack_atlas({})
    assert rects == {} and opened(png).shape[0] == 1


def test_what_is_left_free_has_the_colour_of_plates() -> None:
    png, _ = pack_atlas({"white": Image.new("RGB", (20, 20), "#ffffff")})
    assert (opened(png) == 255).all()


def test_many_plates_take_the_wider_atlas_and_too_many_are_refused() -> None:
    assert place_rectangles([(1000, 290)] * 26)[1][0] == 2048
    assert place_rectangles([(1000, 290)] * 40)[1][0] == 4096
    assert place_rectangles([(2500, 20), (10, 10)])[1][0] == 2500 + 2 * GUTTER
    for too_much in ([(1000, 500)] * 100, [(LIMIT, 10)], [(10, LIMIT)]):
        with pytest.raises(LimitError, match="4096 a side"):
            place_rectangles(too_much)


def percentages() -> dict[str, Image.Image]:
    """Two plates for every percent from 0 to 100."""
    return {
        f"{color} {n}": render_plate(
            [Line(text=f"{n} %", size=5, weight=600, color=color)],
            texels_per_unit=10,
            pad=0.7,
            background="#0b0e14",
        )
        for n in range(101)
        for color in ("#f0f3fa", "#a3aec6")
    }


def test_two_hundred_percentages_are_cheap() -> None:
    start = time.process_time()
    png, rects = pack_atlas(percentages())
    assert time.process_time() - start < 5
    assert len(rects) == 202 and len(png) < 150_000
    assert Image.open(io.BytesIO(png)).mode == "P"


def test_text_takes_a_palette_without_visible_loss() -> None:
    plates = percentages()
    texels = opened(pack_atlas(plates)[0])
    rects = pack_atlas(plates)[1]
    worst = max(np.abs(cut(texels, rects[k]).astype(int) - np.asarray(p)).max() for k, p in plates.items())
    assert worst <= VISIBLE


def test_a_photograph_stays_in_true_colour() -> None:
    photo = noise(200, 200)
    png, rects = pack_atlas({"photo": photo})
    assert Image.open(io.BytesIO(png)).mode == "RGB"
    assert np.array_equal(cut(opened(png), rects["photo"]), np.asarray(photo))


@given(st.integers(1, 2000), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_reduced_colours_are_as_near_as_they_say(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    colors = random.integers(0, 256, (count, 3), np.uint8)
    texels = colors[random.integers(0, count, (20, 30))]
    codes, table, error = reduce_colors(texels)
    assert codes.dtype == table.dtype == np.uint8 and len(table) <= 256
    assert int(np.abs(table[codes].astype(int) - texels).max()) == error
    different = len(np.unique(texels.reshape(-1, 3), axis=0))
    assert (error == 0) == (different <= 256)
    nearest: Any = np.abs(texels.reshape(-1, 1, 3).astype(int) - table[None]).max(axis=2).min(axis=1)
    assert nearest.max() == error
