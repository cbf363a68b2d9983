"""The clock: when each step is shown (ENCODING.md, rule 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HOLD_S = 0.4
"""How long the last step stays."""
LONGEST_S = 10.0
"""Time of the last step at most, so that Blender's default 250 frames at 24 fps show everything."""
EDGE_S = 1e-3
"""Distance of the keys around a switch, so that viewers which interpolate STEP linearly show the same."""
FRAMES_PER_SECOND = 24

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Key times of a clip over ``steps`` recorded steps, seconds."""

    steps: int

    @property
    def seconds_per_step(self) -> float:
        """Distance of two steps: one second up to ten steps, less above."""
        return 1.0 if self.steps == 1 else min(1.0, LONGEST_S / (self.steps - 1))

    @property
    def duration(self) -> float:
        """End of the clip."""
        return (self.seconds_per_step if self.steps == 1 else self.time_of(self.steps - 1)) + HOLD_S

    def time_of(self, step: int) -> float:
        """When a step is shown."""
        return step * self.seconds_per_step

    def shown(self, step: int) -> tuple[float, float]:
        """From when to when a step's panel is visible."""
        return self.time_of(step), self.duration if step == self.steps - 1 else self.time_of(step + 1)


def visibility(start: float, end: float, duration: float) -> tuple[FloatArray, FloatArray]:
    """Scale keys that show a node from ``start`` to ``end``: times (k,) and values (k, 3)."""
    times, values = ([0.0, start - EDGE_S, start], [0.0, 0.0, 1.0]) if start > 0 else ([0.0], [1.0])
    if end < duration:
        times += [end - EDGE_S, end, duration]
        values += [1.0, 0.0, 0.0]
    else:
        times += [duration]
        values += [1.0]
    return np.array(times, np.float32), np.repeat(np.array(values, np.float32)[:, None], 3, axis=1)


def constant(value: float, duration: float) -> tuple[FloatArray, FloatArray]:
    """Scale keys that hold one value over a whole clip."""
    return np.array([0.0, duration], np.float32), np.full((2, 3), value, np.float32)


def ramp(start: float, end: float, duration: float) -> tuple[FloatArray, FloatArray]:
    """Weight keys 0 before ``start``, 1 after ``end``, linear between: times (k,) and values (k, 1)."""
    keys = [(0.0, 0.0), (start, 0.0), (end, 1.0), (duration, 1.0)]
    if start <= 0:
        keys = keys[1:]
    if end >= duration:
        keys = keys[:-1]
    times, values = zip(*keys, strict=True)
    return np.array(times, np.float32), np.array(values, np.float32)[:, None]
