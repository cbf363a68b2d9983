"""Connections: which cells are joined, how strongly, and the ribbons between them (VISUAL.md, principle 5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.ir.graph import Edge, Graph, Layer
from nn2gltf.ir.placement import LayerPlacement
from nn2gltf.ir.recording import Recording

FloatArray = npt.NDArray[np.float64]
DRAWABLE = ("image", "photo", "maps", "units", "bars")


@dataclass(frozen=True, kw_only=True)
class Connections:
    """Chosen connections of one edge.

    Attributes:
        pairs: (k, 2) cell of the source, cell of the target.
        weights: (k,) signed strength over the strongest of the edge, -1..1; 1 where there is no weight.
        total: How many there are.
        rank: ``|weight|``, or ``channel`` for weightless one-to-one links, or ``bundle`` for a single ribbon.
    """

    pairs: npt.NDArray[np.int64]
    weights: FloatArray
    total: int
    rank: str


def choose_connections(
    recording: Recording,
    graph: Graph,
    edge: Edge,
    source: LayerPlacement,
    target: LayerPlacement,
    *,
    limit: int,
) -> Connections | None:
    """The strongest connections between two drawn layers, or None where only a bundle can be drawn."""
    if source.mark not in DRAWABLE or target.mark not in DRAWABLE:
        return None
    cells = (target.grid.count, source.grid.count)
    strength = cell_weights(recording, graph.layer_by_id[edge.target], cells)
    if strength is not None:
        return _strongest(strength, limit)
    by_channel = target.mark in ("image", "maps") or graph.layer_by_id[edge.target].kind == "pool"
    if cells[0] == cells[1] and source.mark in ("image", "photo", "maps") and by_channel:
        index = np.arange(cells[0])
        kept = index[:: max(1, math.ceil(len(index) / max(1, limit)))]
        return Connections(
            pairs=np.stack([kept, kept], axis=1), weights=np.ones(len(kept)), total=len(index), rank="channel"
        )
    return None


def cell_weights(recording: Recording, target: Layer, cells: tuple[int, int]) -> FloatArray | None:
    """(target cells, source cells) signed strength from the last step's weights, or None.

    A cell pair that shares several weights (a kernel, a flattened map) has their Euclidean norm with
    the sign of their sum.
    """
    name = next((p.name for p in target.parameters if p.name.endswith("weight") and len(p.shape) >= 2), None)
    weight = recording.weight(name) if name else None
    if weight is None or target.kind not in ("linear", "conv"):
        return None
    out_cells, in_cells = cells
    block = np.asarray(weight, dtype=np.float64)
    if block.shape[0] != out_cells:
        return None
    if target.kind == "conv":
        return _conv_strength(block, in_cells)
    flat = block.reshape(out_cells, -1)
    if flat.shape[1] % in_cells:
        return None
    return _norm(flat.reshape(out_cells, in_cells, -1))


def _conv_strength(weight: FloatArray, in_cells: int) -> FloatArray | None:
    # A picture in colour is one cell, whatever its channels.
    channels = 1 if in_cells == 1 else weight.shape[1]
    strength = _norm(weight.reshape(weight.shape[0], channels, -1))
    groups = in_cells // strength.shape[1] if strength.shape[1] else 0
    if groups == 1:
        return strength
    if groups * strength.shape[1] != in_cells or strength.shape[0] % groups:
        return None
    full = np.zeros((strength.shape[0], in_cells))
    per_group = strength.shape[0] // groups
    for out in range(strength.shape[0]):
        start = out // per_group * strength.shape[1]
        full[out, start : start + strength.shape[1]] = strength[out]
    return full


def _norm(weights: FloatArray) -> FloatArray:
    """(a, b, k) to (a, b): Euclidean norm over the last axis with the sign of the sum."""
    total = weights.sum(axis=2)
    signed: FloatArray = np.sqrt((weights**2).sum(axis=2)) * np.where(total < 0, -1.0, 1.0)
    return signed


def _strongest(strength: FloatArray, limit: int) -> Connections:
    finite = np.nan_to_num(strength, nan=0.0, posinf=0.0, neginf=0.0)
    flat = finite.ravel()
    order = np.argsort(-np.abs(flat), kind="stable")[: max(1, limit)]
    order = order[flat[order] != 0]
    largest = float(np.abs(flat).max()) or 1.0
    targets, sources = np.divmod(order, strength.shape[1])
    return Connections(
        pairs=np.stack([sources, targets], axis=1),
        weights=flat[order] / largest,
        total=int(np.count_nonzero(flat)),
        rank="|weight|",
    )


def share_limit(totals: list[int], budget: int) -> list[int]:
    """Split a budget of ribbons over edges: everybody an equal share, what small ones leave goes to the others."""
    limits = [0] * len(totals)
    open_edges = [index for index, total in enumerate(totals) if total > 0]
    left = budget
    while open_edges and left > 0:
        share = max(1, left // len(open_edges))
        for index in list(open_edges):
            grant = min(share, totals[index] - limits[index], left)
            limits[index] += grant
            left -= grant
            if limits[index] >= totals[index]:
                open_edges.remove(index)
            if left <= 0:
                break
    return limits


def path_between(
    source: LayerPlacement, target: LayerPlacement, cell_from: int, cell_to: int, *, points: int = 14
) -> FloatArray:
    """(k, 3) scene units: out behind the source's panel, an S bundled towards the axis, in behind the target's.

    Going behind the panels keeps the pictures free at the hero camera.
    """
    start, leave = _exit(source, cell_from)
    arrive, end = _entry(target, cell_to)
    t = np.linspace(0.0, 1.0, points)[:, None]
    ease = t * t * (3 - 2 * t)
    middle = leave + (arrive - leave) * np.concatenate([t, ease, ease], axis=1)
    axis = (source.position[1] + target.position[1]) / 2
    bundle = 4 * t[:, 0] * (1 - t[:, 0]) * 0.30
    middle[:, 1] += (axis - middle[:, 1]) * bundle
    head = [start[None]] if np.linalg.norm(start - leave) > 0.5 else []
    tail = [end[None]] if np.linalg.norm(end - arrive) > 0.5 else []
    return np.concatenate([*head, middle, *tail])


def _exit(layer: LayerPlacement, cell: int) -> tuple[FloatArray, FloatArray]:
    """Where a ribbon leaves its cell, and where it leaves the panel's edge."""
    (x, y), width = layer.grid.centers()[cell], layer.grid.size[0]
    depth = -1.5
    local = np.array([[x + layer.grid.width / 2, y, depth], [width / 2 + 0.7, y, depth]])
    world = layer.world(local)
    return world[0], world[1]


def _entry(layer: LayerPlacement, cell: int) -> tuple[FloatArray, FloatArray]:
    """Where a ribbon reaches the panel's edge, and where it ends at its cell."""
    (x, y), width = layer.grid.centers()[cell], layer.grid.size[0]
    depth = 0.4 if layer.mark == "bars" else -1.5
    local = np.array([[-width / 2 - 0.7, y, depth], [x - layer.grid.width / 2, y, depth]])
    world = layer.world(local)
    return world[0], world[1]


def bundle_width(numbers: int) -> float:
    """Width of a bundled ribbon, scene units: proportional to log2 of the numbers it carries."""
    return 0.16 * math.log2(max(2, numbers))


def strength_widths(weights: npt.NDArray[Any]) -> FloatArray:
    """(k,) full width of individual connections, scene units."""
    widths: FloatArray = 0.28 + 0.8 * np.abs(weights) ** 0.7
    return widths
