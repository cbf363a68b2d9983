"""The clock: step k at k d, 10.4 s at most, switches that STEP and LINEAR viewers show alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn2gltf.encode.timing import Timing, constant, ramp, visibility


@pytest.mark.parametrize(
    ("steps", "per_step", "duration"), [(1, 1.0, 1.4), (2, 1.0, 1.4), (11, 1.0, 10.4), (51, 0.2, 10.4)]
)
def test_steps_share_ten_seconds(steps: int, per_step: float, duration: float) -> None:
    timing = Timing(steps=steps)
    assert timing.seconds_per_step == pytest.approx(per_step)
    assert timing.duration == pytest.approx(duration)


@given(st.integers(2, 200))
def test_exactly_one_step_is_shown_at_any_time(steps: int) -> None:
    timing = Timing(steps=steps)
    keys = [visibility(*timing.shown(k), timing.duration) for k in range(steps)]
    for moment in [timing.time_of(k) for k in range(steps)] + [timing.duration]:
        shown = [times_values(times, values, moment) for times, values in keys]
        assert sum(shown) == 1, moment


def times_values(times: np.ndarray, values: np.ndarray, moment: float) -> float:
    """STEP interpolation."""
    return float(values[np.searchsorted(times, np.float32(moment), side="right") - 1, 0])


@given(st.integers(1, 60), st.data())
def test_every_track_has_keys_at_both_ends_and_increasing_times(steps: int, data: st.DataObject) -> None:
    timing = Timing(steps=steps)
    step = data.draw(st.integers(0, steps - 1))
    start, end = timing.shown(step)
    for times, values in (
        visibility(start, end, timing.duration),
        ramp(start, end, timing.duration),
        constant(1.0, timing.duration),
    ):
        assert times[0] == 0
        assert times[-1] == np.float32(timing.duration)
        assert (np.diff(times) > 0).all()
        assert len(times) == len(values)


def test_a_morph_runs_from_its_step_to_the_next() -> None:
    times, values = ramp(2.0, 3.0, 10.4)
    assert np.interp([1.9, 2.0, 2.5, 3.0, 9.0], times, values[:, 0]) == pytest.approx([0, 0, 0.5, 1, 1])
