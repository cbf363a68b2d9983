"""Levels of a U: resolution falls, then rises, with links between equal resolutions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from nn2gltf.ir.graph import Edge, Graph, Layer
from nn2gltf.layout.shapes import map_shape

MOST_LEVELS, FEWEST_LEVELS, FEWEST_SKIPS = 7, 3, 2
MOST_CARDS = 4


@dataclass(frozen=True, kw_only=True)
class Level:
    """One resolution.

    Attributes:
        down, up: Layers before and after the bottom; the bottom has no ``up``.
        skip: The edge that leads across, or None.
        joint: Kind of the layer where it arrives.
    """

    down: tuple[Layer, ...]
    up: tuple[Layer, ...]
    skip: Edge | None = None
    joint: str = ""

    @property
    def parameters(self) -> int:
        """Trainable parameters."""
        return sum(layer.parameter_count for layer in (*self.down, *self.up))


@dataclass(frozen=True, kw_only=True)
class Valley:
    """A network as levels, the finest first."""

    source: Layer
    levels: tuple[Level, ...]
    answer: Layer | None


def read_valley(graph: Graph) -> Valley | None:
    """The levels of a graph, or None where it is no U."""
    inputs = [layer for layer in graph.layers if layer.kind == "input"]
    maps = [layer for layer in graph.layers if map_shape(layer) and layer.kind != "input"]
    if (
        len(inputs) != 1
        or not map_shape(inputs[0])
        or len(maps) < 6
        or len(maps) < 0.9 * (len(graph.layers) - 1)
    ):
        return None
    areas = [_area(layer) for layer in maps]
    bottom = len(areas) - 1 - areas[::-1].index(min(areas))
    falls = all(b <= a for a, b in pairwise(areas[: bottom + 1]))
    rises = all(b >= a for a, b in pairwise(areas[bottom:]))
    sizes = sorted(set(areas), reverse=True)
    if not (falls and rises and FEWEST_LEVELS <= len(sizes) <= MOST_LEVELS):
        return None
    skips = _skips(graph, maps[: bottom + 1], maps[bottom + 1 :])
    if len(skips) < FEWEST_SKIPS or not {*sizes[:-1]} & {*skips}:
        return None
    answer = maps[-1] if maps[-1].id in graph.outputs and len(maps) > bottom + 2 else None
    levels = []
    for size in sizes:
        down = [layer for layer in maps[: bottom + 1] if _area(layer) == size]
        up = [layer for layer in maps[bottom + 1 :] if _area(layer) == size and layer is not answer]
        edge, joint = skips.get(size, (None, ""))
        levels.append(Level(down=tuple(down), up=tuple(up), skip=edge, joint=joint))
    return Valley(source=inputs[0], levels=tuple(levels), answer=answer)


def _area(layer: Layer) -> int:
    shape = map_shape(layer)
    return shape[1] * shape[2] if shape else 0


def _skips(graph: Graph, before: list[Layer], after: list[Layer]) -> dict[int, tuple[Edge, str]]:
    """Resolution to the edge that leads from before the bottom to behind it."""
    first, second = {layer.id: layer for layer in before}, {layer.id: layer for layer in after}
    found: dict[int, tuple[Edge, str]] = {}
    for edge in graph.edges:
        if edge.source in first and edge.target in second:
            target = second[edge.target]
            if target.kind in ("concat", "add") and _area(first[edge.source]) == _area(target):
                found.setdefault(_area(target), (edge, target.kind))
    return found


def shown(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """What a level draws of one side: at most four panels, the last one always; a joint is told by its disc."""
    kept = [layer for layer in layers if layer.kind not in ("concat", "add")] or list(layers)
    if len(kept) > MOST_CARDS:
        kept = [*kept[: MOST_CARDS - 1], kept[-1]]
    return tuple(kept)
