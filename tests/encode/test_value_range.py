"""The fixed range of a layer: robust, zero inside, and the counts of what lies beyond exact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nn2gltf.encode import value_range
from nn2gltf.encode.value_range import robust_range

arrays = hnp.arrays(np.float32, st.integers(0, 400), elements=st.floats(width=32, allow_nan=True))
chunked = st.lists(arrays, min_size=1, max_size=4)


@given(chunked)
def test_counts_and_extremes_are_exact(chunks: list[Any]) -> None:
    found, values = robust_range(chunks), np.concatenate(chunks).astype(np.float64)
    check(found, values)


@given(chunks=chunked)
def test_counts_and_extremes_are_exact_in_a_histogram(chunks: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(value_range, "EXACT_COUNT", 50)
        found = robust_range(chunks)
    check(found, np.concatenate(chunks).astype(np.float64))


def check(found: Any, values: Any) -> None:
    finite = values[np.isfinite(values)]
    assert found.not_finite == values.size - finite.size
    assert np.isfinite([found.low, found.high]).all() and found.low <= 0 < found.high
    assert found.below == (finite < found.low).sum() and found.above == (finite > found.high).sum()
    assert found.low in (0, -found.high)
    assert (found.low == 0) == (not (finite < 0).any())
    if finite.size:
        assert (found.minimum, found.maximum) == (finite.min(), finite.max())
        reach = np.abs(finite).max()
        assert found.high <= reach or (reach == 0 and found.high == 1)


def test_one_outlier_in_a_thousand_is_cut_off_and_counted() -> None:
    values = np.concatenate([np.linspace(0, 1, 999), [1e6]]).astype(np.float32)
    found = robust_range([values])
    assert 0.99 < found.high < 1 and found.maximum == 1e6 and found.above == 5 and found.low == 0


def test_what_is_almost_always_zero_takes_the_maximum() -> None:
    values = np.zeros(1000, np.float32)
    values[3] = 7
    found = robust_range([values])
    assert (found.low, found.high, found.above) == (0, 7, 0)
    found = robust_range([-values])
    assert (found.low, found.high, found.below) == (-7, 7, 0)


def test_signed_values_are_symmetric_around_zero() -> None:
    found = robust_range([np.linspace(-1, 3, 4001)])
    assert found.low == -found.high and 2.97 < found.high < 2.99


@pytest.mark.parametrize("values", [[], [np.nan, np.inf], [0, 0, -0.0]])
def test_nothing_to_see_is_nought_to_one(values: list[float]) -> None:
    found = robust_range([np.array(values, np.float32)])
    assert (found.low, found.high, found.minimum, found.maximum) == (0, 1, 0, 0)
    assert found.not_finite == sum(not np.isfinite(value) for value in values)


def test_constants_keep_their_place_in_the_range() -> None:
    assert robust_range([np.full(50, 5.0)]).high == 5
    assert robust_range([np.full(50, -5.0)]).low == -5


def test_chunks_are_read_once_and_the_order_does_not_matter() -> None:
    parts = [np.random.default_rng(seed).normal(size=500).astype(np.float32) for seed in range(5)]

    def once() -> Iterator[Any]:
        yield from parts

    assert robust_range(once()) == robust_range(parts[::-1]) == robust_range([np.concatenate(parts)])


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "u1", "i4", "?"])
def test_any_numbers_will_do(dtype: str) -> None:
    values = np.array([[0, 1], [1, 0]], dtype)
    assert (robust_range([values]).high, robust_range([values]).maximum) == (1, 1)


def test_doubles_beyond_single_precision_become_its_largest_number() -> None:
    found = robust_range([np.array([0.0, 1e300, -1e300])])
    assert found.maximum == np.finfo(np.float32).max and found.not_finite == 0


def test_a_histogram_is_as_good_as_sorting(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(7).standard_t(3, 60_000).astype(np.float32)
    exact = robust_range([values])
    monkeypatch.setattr(value_range, "EXACT_COUNT", 10_000)
    found = robust_range(np.split(values, 6))
    assert 0 <= found.high - exact.high <= exact.high / 1000
    positive = robust_range([np.abs(part) for part in np.split(values, 6)])
    assert positive.high == pytest.approx(np.quantile(np.abs(values), 0.995), rel=1e-3)


def test_large_amounts_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_range, "EXACT_COUNT", 1000)
    tally = value_range._Tally()
    for _ in range(20):
        tally.add(np.random.default_rng(1).normal(size=900).astype(np.float32))
        assert tally._held <= 1000
    assert tally.range().below > 0
