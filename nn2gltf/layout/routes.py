"""Lines of a flow: each takes the first way that is clear of all boxes (LAYOUTS.md, Flow 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nn2gltf.ir.furniture import Points
from nn2gltf.layout.canvas import rounded

TRACK = 9.0
CORNER = 10.0


@dataclass(frozen=True, kw_only=True)
class Port:
    """Where lines meet a thing.

    Attributes:
        column, row, lane: Where it stands.
        enter, leave: Middle of its left and right edges.
        left, right: X of the gutters beside its column.
        top: Height of everything in its column.
    """

    column: int
    row: int
    lane: int
    enter: tuple[float, float, float]
    leave: tuple[float, float, float]
    left: float
    right: float
    top: float
    racked: bool


@dataclass
class Router:
    """Ways between ports; tracks above and between rows are shared out one after the other."""

    ports: Sequence[Port]
    floors: Sequence[float]
    """Lowest free height under each row."""
    margin: float
    used: Counter[str] = field(default_factory=Counter)
    buses: dict[tuple[int, int], float] = field(default_factory=dict)

    def route(self, a: int, b: int) -> Points:
        """The path from one thing to another."""
        source, target = self.ports[a], self.ports[b]
        if source.row != target.row:
            return self._across_rows(a, source, target)
        if target.column - source.column == 1:
            return _ess(source.leave, target.enter)
        if source.racked and self._free(source.lane, source, target):
            corner = (target.left - 12.0, source.leave[1], source.leave[2])
            return np.concatenate([[source.leave], _ess(corner, target.enter)])
        if target.racked and self._free(target.lane, source, target):
            corner = (source.right + 12.0, target.enter[1], target.enter[2])
            return np.concatenate([_ess(source.leave, corner), [target.enter]])
        return self._over(source, target)

    def _free(self, lane: int, source: Port, target: Port) -> bool:
        """Whether nothing stands in a lane between two columns of one row."""
        return not any(
            port.row == source.row
            and source.column < port.column < target.column
            and (not port.racked or port.lane == lane)
            for port in self.ports
        )

    def _over(self, source: Port, target: Port) -> Points:
        between = [
            p.top for p in self.ports if p.row == source.row and source.column <= p.column <= target.column
        ]
        key = f"over {source.row}"
        high = max(between) + 16.0 + TRACK * (self.used[key] % 5)
        self.used[key] += 1
        x0, x1, z = source.right - 6.0, target.left + 2.0, source.leave[2]
        return rounded(
            [
                source.leave,
                (x0, source.leave[1], z),
                (x0, high, z),
                (x1, high, target.enter[2]),
                (x1, target.enter[1], target.enter[2]),
                target.enter,
            ],
            CORNER,
        )

    def _across_rows(self, a: int, source: Port, target: Port) -> Points:
        """Down in the gutter, along below the row, down again where the rows end, and along above the target's."""
        low = self._bus(a, source.row)
        x0, x1 = source.right - 4.0, target.left - 2.0
        z0, z1 = source.leave[2], target.enter[2]
        path = [source.leave, (x0, source.leave[1], z0), (x0, low, z0)]
        if target.row - source.row != 1:
            edge = self.margin - TRACK * (self.used["margin"] % 6)
            self.used["margin"] += 1
            low_end = self._bus(a, target.row - 1)
            path += [(edge, low, z0), (edge, low_end, z1)]
            low = low_end
        path += [(x1, low, z1), (x1, target.enter[1], z1), target.enter]
        return rounded(path, CORNER)

    def _bus(self, a: int, row: int) -> float:
        """One track a source in each gap between rows."""
        if (a, row) not in self.buses:
            count = self.used[f"bus {row}"]
            self.used[f"bus {row}"] += 1
            self.buses[a, row] = self.floors[row] - TRACK * (count % 5)
        return self.buses[a, row]


def _ess(start: tuple[float, float, float], end: tuple[float, float, float]) -> Points:
    """An S-curve, level at both ends."""
    a, b = np.asarray(start), np.asarray(end)
    t = np.linspace(0.0, 1.0, 17)[:, None]
    ease = t * t * (3 - 2 * t)
    points: Points = a + (b - a) * np.concatenate([t, ease, t], axis=1)
    return points
