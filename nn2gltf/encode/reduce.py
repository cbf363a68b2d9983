"""Reductions of values for drawing: pooling of large maps, and mean projections on the sides of slabs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nn2gltf.encode.page_grid import tiles_fit
from nn2gltf.ir.placement import LayerPlacement, Placement
from nn2gltf.ir.recording import FloatArray

if TYPE_CHECKING:
    from nn2gltf.encode.values import LayerValues

LARGEST_TILE, LEAST_TILE = 256, 7
"""Texels of a slab's tile on a side at most, and what is never pooled."""
SHARPNESS = tuple(2.0 * 0.85**k for k in range(32))
"""Texels a pixel of the largest tile, from the best to the coarsest."""
MOST_TEXELS = 10_000_000
"""Texels of all steps of one probe: what fits one page of 4096 x 4096 with gutters."""
MOST_PAGED_TEXELS = 64_000_000
"""Texels of all steps of one probe in rows, gutters included: some four pages; more is averaged."""
MOST_CHANNELS = 256
"""Columns of a projection at most."""
THICK = 4.0
"""Slabs thicker than so many scene units show projections on their sides."""


def pool_factors(placement: Placement, steps: int) -> dict[str, int]:
    """Layer id to the factor by which the tiles of slabs are pooled.

    A tile gets twice as many texels as it has pixels at the hero camera, less until all of them fit a page.
    """
    slabs = [place for place in placement.layers if place.mark == "slab"]
    limit = placement.most_texels or MOST_TEXELS
    factors: dict[str, int] = {}
    for sharpness in SHARPNESS:
        factors = {place.id: _factor(place, sharpness * placement.pixels_per_unit) for place in slabs}
        if sum(_texels(place, factors[place.id]) for place in slabs) * steps <= limit:
            break
    return factors


def page_pools(placement: Placement, steps: int) -> dict[str, int]:
    """Layer id to the factor by which maps of a row are pooled: none, unless pages cannot hold them.

    A layer is pooled until all of its steps fit one page, then the largest ones until all layers fit the pages.
    """
    maps = {place.id: place for place in placement.layers if place.mark == "maps"}
    factors = {layer_id: _factor_of_page(place, steps) for layer_id, place in maps.items()}
    texels = {layer_id: _texels(place, factors[layer_id]) for layer_id, place in maps.items()}
    while sum(texels.values()) * steps > MOST_PAGED_TEXELS:
        largest = max(texels, key=lambda layer_id: texels[layer_id])
        if factors[largest] >= max(maps[largest].cell_shape):
            break
        factors[largest] += 1
        texels[largest] = _texels(maps[largest], factors[largest])
    return factors


def _factor_of_page(place: LayerPlacement, steps: int) -> int:
    """The least pooling with which all steps of a layer fit one page, or that leaves one texel a tile."""
    (rows, columns), factor = place.cell_shape, 1
    while factor < max(rows, columns) and not tiles_fit(
        place.grid.count, -(-rows // factor), -(-columns // factor), steps
    ):
        factor += 1
    return factor


def count_texels(placement: Placement) -> int:
    """Texels of one step's tiles, as they would be pooled for one step."""
    factors = pool_factors(placement, 1)
    return sum(_texels(place, factors.get(place.id, 1)) for place in placement.layers)


def _factor(place: LayerPlacement, texels_per_unit: float) -> int:
    """Pooling of one slab: by its largest tile; thinner where it is turned away."""
    if place.rects is None:
        return 1
    seen = max(0.35, abs(math.cos(place.yaw)))
    wanted = max(LEAST_TILE, float(place.rects[0, 2:].max()) * texels_per_unit * seen)
    return max(1, round(max(place.cell_shape) / min(wanted, LARGEST_TILE)))


def _texels(place: LayerPlacement, factor: int) -> int:
    height, width = place.cell_shape
    return place.grid.count * (-(-height // factor) + 2) * (-(-width // factor) + 2)


def describe_pools(layers: Iterable[LayerValues]) -> tuple[str, ...]:
    """A sentence on the maps that were pooled."""
    pooled = [layer for layer in layers if layer.pool > 1]
    if not pooled:
        return ()
    most = max(layer.pool for layer in pooled)
    return (f"Maps of {len(pooled)} layers are drawn as means of up to {most} x {most} numbers.",)


def project_slab(layer: LayerValues, place: LayerPlacement) -> tuple[LayerValues, ...]:
    """The mean projections that a thick slab shows on its right and top faces."""
    if place.mark != "slab" or place.thickness < THICK or layer.cells < 2 or max(layer.cell_shape) < 2:
        return ()
    channels = min(layer.cells, MOST_CHANNELS)
    rows, columns = layer.cell_shape
    whole = replace(layer, cells=1, full_cells=layer.cells, full_shape=layer.full_shape or layer.cell_shape)
    return (
        replace(whole, id=side_key(layer.id), cell_shape=(rows, channels), project="side"),
        replace(whole, id=top_key(layer.id), cell_shape=(channels, columns), project="top"),
    )


def side_key(layer_id: str) -> str:
    """Key of a layer's projection on its right face."""
    return f"{layer_id}\0side"


def top_key(layer_id: str) -> str:
    """Key of a layer's projection on its upper face."""
    return f"{layer_id}\0top"


def reduce_maps(maps: FloatArray, values: LayerValues) -> FloatArray:
    """(probes, cells, rows, columns) numbers to means of them."""
    if values.pool > 1:
        maps = _pool(maps, values.pool)
    if values.project == "grey":
        grey: FloatArray = maps.mean(axis=1, keepdims=True)
        return grey
    if values.project == "side":
        return _shrink(maps.mean(axis=3).swapaxes(1, 2), values.cell_shape[1])[:, None]
    if values.project == "top":
        return np.ascontiguousarray(
            _shrink(maps.mean(axis=2).swapaxes(1, 2), values.cell_shape[0]).swapaxes(1, 2)[:, None, ::-1]
        )
    return maps


def _pool(maps: FloatArray, factor: int) -> FloatArray:
    """Means of factor x factor blocks; blocks at the edge may be smaller."""
    rows, columns = (np.arange(0, size, factor) for size in maps.shape[-2:])
    totals = np.add.reduceat(np.add.reduceat(maps, rows, axis=-2), columns, axis=-1)
    counts = np.outer(np.diff([*rows, maps.shape[-2]]), np.diff([*columns, maps.shape[-1]]))
    means: FloatArray = (totals / counts).astype(np.float32)
    return means


def _shrink(values: FloatArray, most: int) -> FloatArray:
    """(n, a, channels) to (n, a, most): means of neighbouring channels."""
    count = values.shape[2]
    if count <= most:
        return values
    starts = np.linspace(0, count, most, endpoint=False).astype(int)
    sums = np.add.reduceat(values, starts, axis=2)
    means: FloatArray = (sums / np.diff([*starts, count])).astype(np.float32)
    return means
