"""Every number of a tensor is at its place in the picture, or the strongest of its block is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nn2gltf.ir.tensor_picture import LARGEST_SIDE, SIDE, draw_tensor, picture_of, strongest

WHOLE = [
    (),
    (7,),
    (12, 5),
    (1, 3, 6),
    (16, 8, 5, 5),
    (40, 30, 3, 3),
    (8, 4, 3),
    (6, 40, 20),
    (4, 3, 2, 3, 3),
    (10, 1568),
]
LARGE = [
    (3000,),
    (1000, 513),
    (512, 512, 3, 3),
    (700, 600, 1, 1),
    (50257, 64),
    (300, 300, 5),
    (64, 40, 2, 3, 3),
]


def numbered(shape: tuple[int, ...]) -> np.ndarray:
    return np.arange(math.prod(shape), dtype=np.float32).reshape(shape) - 11.0


@pytest.mark.parametrize("shape", WHOLE, ids=str)
def test_small_tensors_are_whole(shape: tuple[int, ...]) -> None:
    picture = picture_of(shape)
    drawn = draw_tensor(numbered(shape), picture)
    assert drawn.shape == (1, picture.count, *picture.tile)
    assert not picture.pooled
    assert np.array_equal(np.sort(drawn, axis=None), np.sort(numbered(shape), axis=None))
    assert math.prod(picture.extent) >= math.prod(shape)


@pytest.mark.parametrize("shape", LARGE, ids=str)
def test_large_tensors_show_the_strongest_of_whole_kernels(shape: tuple[int, ...]) -> None:
    picture = picture_of(shape)
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    drawn = draw_tensor(values, picture)
    assert drawn.shape == (1, picture.count, *picture.tile)
    assert max(picture.tile) <= LARGEST_SIDE
    assert math.prod(picture.tile) <= SIDE * SIDE
    assert np.isin(drawn, values).all()  # never a number that is not there
    assert np.abs(drawn).max() == np.abs(values).max()
    if picture.pooled:
        assert all(p == 1 or p % k == 0 for p, k in zip(picture.pool, picture.kernel, strict=True))


def test_a_plate_of_kernels_has_a_row_for_each_output() -> None:
    shape = (40, 30, 3, 3)
    values, picture = numbered(shape), picture_of(shape)
    plate = draw_tensor(values, picture)[0, 0]
    assert (picture.count, picture.kernel) == (1, (3, 3))
    assert plate[7 * 3 + 2, 4 * 3 + 1] == values[7, 4, 2, 1]


def test_tiles_are_kernels_in_rows_of_inputs() -> None:
    values, picture = numbered((16, 8, 5, 5)), picture_of((16, 8, 5, 5))
    assert (picture.count, picture.columns, picture.tile) == (128, 8, (5, 5))
    assert np.array_equal(draw_tensor(values, picture)[0, 3 * 8 + 2], values[3, 2])


@pytest.mark.parametrize(("shape", "columns"), [((8, 1, 5, 5), 3), ((64, 3, 7, 7), 15), ((32, 1, 3, 3), 6)])
def test_few_inputs_make_no_narrow_strip(shape: tuple[int, ...], columns: int) -> None:
    picture = picture_of(shape)
    assert picture.columns == columns
    tall, wide = picture.extent
    assert tall <= 2.8 * wide
    assert np.array_equal(draw_tensor(numbered(shape), picture)[0].reshape(shape), numbered(shape))


def test_what_is_not_a_number_stays_visible() -> None:
    plate = np.array([[1.0, np.nan, 2.0, -3.0]], np.float32)
    found = strongest(plate, (1, 2))
    assert np.isnan(found[0, 0])
    assert found[0, 1] == -3.0
