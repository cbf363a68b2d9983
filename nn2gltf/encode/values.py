"""Recorded values as codes: one fixed range a layer, over all steps and probes."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from nn2gltf.encode.colormap import Range, quantize, quantize_coarsely, robust_range
from nn2gltf.encode.reduce import describe_pools, page_pools, pool_factors, project_slab, reduce_maps
from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.placement import LayerPlacement, Placement
from nn2gltf.ir.recording import ByteArray, FloatArray, Recording
from nn2gltf.ir.shapes import is_channels_last

MARGIN = 8
"""Texels around a slab's tiles: mipmap levels down to an eighth stay clean."""
LARGE_PLATE = 48
"""Texels on the shorter side of a plate of weights from which on it has mipmaps."""
OUTLIERS = 3.0
"""The largest weight over the robust range up to which the whole range is shown."""


@dataclass(frozen=True, kw_only=True)
class LayerValues:
    """How one layer's numbers become colours.

    Attributes:
        range: Fixed range and true extremes.
        palette: ``sequential``, ``diverging`` or ``input``.
        quantity: What the numbers are, for a person.
        cell_shape: (rows, columns) of one cell's numbers.
        cells: Number of cells.
        margin: Texels kept free around its tiles on a page.
        full_shape, full_cells: Of the tensor, where what is drawn is a reduction of it.
        pool: Each number is the mean of pool x pool of the tensor's.
        project: The tensor's mean over columns (``side``: rows x channels), over rows (``top``: channels x columns) or
            over channels (``grey``).
        channels_last: The tensor's channels are on its last axis; cells are channels all the same.
        sharp: Its texels are drawn large, so that it must not share a page with what needs mipmaps: importers that do
            not tell the two filters apart would blur it.
    """

    id: str
    value_id: str
    range: Range
    palette: str
    quantity: str
    cells: int
    cell_shape: tuple[int, int]
    softmax: bool = False
    constant: bool = False
    full_shape: tuple[int, int] | None = None
    full_cells: int = 0
    pool: int = 1
    margin: int = 0
    project: Literal["", "side", "top", "grey"] = ""
    channels_last: bool = False
    sharp: bool = False


class SceneValues:
    """Codes of every drawn layer, read step by step from the recording."""

    def __init__(
        self,
        recording: Recording,
        graph: Graph,
        placement: Placement,
        steps: tuple[int, ...],
        ranges: Mapping[str, Range],
    ) -> None:
        self._recording = recording
        self.steps = steps
        self._ranges = ranges
        placed = placement.layer_by_id
        pools = pool_factors(placement, len(steps)) | page_pools(placement, len(steps))
        self.layers: Mapping[str, LayerValues] = {
            layer.id: self._describe(layer, placed[layer.id], pools.get(layer.id, 1))
            for layer in graph.layers
            if layer.id in placed
            and layer.value_id in recording.recorded
            and placed[layer.id].mark != "block"
        }
        self.tiled: Mapping[str, LayerValues] = {
            **self.layers,
            **{
                found.id: found
                for layer in self.layers.values()
                for found in project_slab(layer, placed[layer.id])
            },
        }
        self.reductions = describe_pools(self.layers.values())

    def read(self, layer_id: str, step: int) -> FloatArray:
        """(probes, cells, rows, columns) float32 values of a layer at a recorded step."""
        return _read(self._recording, self.tiled[layer_id], step)

    def codes(
        self, layer_id: str, step: int, probes: tuple[int, ...], *, exact: bool
    ) -> tuple[ByteArray, ByteArray | None]:
        """(probes, cells, rows, columns) palette codes of some probes, and remainders where they are wanted."""
        found, read = self.tiled[layer_id].range, self.read(layer_id, step)[list(probes)]
        return (
            quantize(read, found.low, found.high)
            if exact
            else (quantize_coarsely(read, found.low, found.high), None)
        )

    def drawn(self, layer_id: str, step: int) -> FloatArray:
        """(probes, cells) drawn share of the range, 0 at zero: what bodies' lengths show.

        The value clipped to the range, over the larger end of the range; not-finite values are 0.
        """
        values = self.layers[layer_id]
        raw = self.read(layer_id, step)[:, :, 0, 0]
        reach = max(abs(values.range.low), abs(values.range.high)) or 1.0
        clipped = np.clip(
            np.nan_to_num(raw, nan=0.0, posinf=0.0, neginf=0.0), values.range.low, values.range.high
        )
        return (np.abs(clipped) / reach).astype(np.float32)

    def _describe(self, layer: Layer, place: LayerPlacement, pool: int) -> LayerValues:
        softmax = place.mark == "bars" and not ends_in_softmax(layer)
        found = self._ranges[layer.id]
        if place.mark == "bars":
            found = Range(
                low=0.0, high=1.0, minimum=0.0, maximum=1.0, below=0, above=0, not_finite=found.not_finite
            )
        vector = layer.kind == "input" and place.mark == "units"
        found = _from_zero(found) if vector else found
        picture = layer.kind == "input" and not vector
        palette = "input" if picture else "diverging" if found.low < 0 else "sequential"
        return LayerValues(
            id=layer.id,
            value_id=layer.value_id,
            range=found,
            palette=palette,
            quantity=_quantity(layer, softmax),
            cells=layer.outputs[0].shape[-1] if place.mark == "bars" else place.grid.count,
            cell_shape=(-(-place.cell_shape[0] // pool), -(-place.cell_shape[1] // pool)),
            full_shape=place.cell_shape if pool > 1 else None,
            pool=pool,
            margin=MARGIN if place.mark == "slab" or _is_large_plate(place) else 0,
            sharp=place.mark == "weights" and not _is_large_plate(place),
            project="grey" if place.mark == "photo" else "",
            softmax=softmax,
            constant=layer.kind == "input",
            channels_last=is_channels_last(layer),
        )


def _is_large_plate(place: LayerPlacement) -> bool:
    """Whether a plate of weights is drawn smaller than its texels, so that it needs mipmaps."""
    return place.mark == "weights" and place.grid.count == 1 and min(place.cell_shape) > LARGE_PLATE


def _from_zero(found: Range) -> Range:
    """Measurements as activations are shown: from zero, or around it."""
    reach = max(-found.low, found.high) or 1.0
    return replace(found, low=-reach if found.low < 0 else 0.0, high=reach)


def _around_zero(found: Range) -> Range:
    """Weights: zero in the middle; all of them, unless a few would leave the others without colour."""
    robust = max(-found.low, found.high)
    most = max(-found.minimum, found.maximum)
    if most > OUTLIERS * robust:
        return replace(found, low=-robust, high=robust)
    reach = float(np.nextafter(np.float32(most), np.float32(np.inf))) if most else 1.0
    return replace(found, low=-reach, high=reach, below=0, above=0)


def find_ranges(
    recording: Recording, graph: Graph, steps: tuple[int, ...], drawn: Collection[str] | None = None
) -> dict[str, Range]:
    """Fixed range of every drawn, recorded layer over the drawn steps and all probes (VISUAL.md, principle 4)."""
    ranges = {}
    for layer in graph.layers:
        if layer.value_id not in recording.recorded or (drawn is not None and layer.id not in drawn):
            continue
        constant = layer.kind == "input"
        shown = steps[:1] if constant else steps
        found = robust_range(recording.activation(layer.value_id, step) for step in shown)
        if constant:
            found = replace(found, low=found.minimum, high=found.maximum, below=0, above=0)
        if layer.kind == "weight":
            found = _around_zero(found)
        ranges[layer.id] = found
    return ranges


def _read(recording: Recording, values: LayerValues, step: int) -> FloatArray:
    raw = recording.activation(values.value_id, step)
    if values.channels_last:
        raw = np.moveaxis(raw, -1, 1)
    if values.softmax:
        raw = _softmax(raw)
    if values.project == "grey":
        return reduce_maps(raw, values)
    rows, columns = values.full_shape or values.cell_shape
    cells = values.full_cells or values.cells
    wanted = cells * rows * columns
    if values.constant and raw.ndim == 4 and math.prod(raw.shape[1:]) > wanted:
        # Palettes hold one number a pixel: a coloured picture is drawn in grey, and its quantity says so.
        raw = raw.mean(axis=1, keepdims=True)
    flat = raw.reshape(raw.shape[0], -1)
    if flat.shape[1] < wanted:
        flat = np.concatenate(
            [flat, np.full((len(flat), wanted - flat.shape[1]), np.nan, np.float32)], axis=1
        )
    full = flat.reshape(raw.shape[0], cells, rows, columns)
    return reduce_maps(full, values) if values.pool > 1 or values.project else full


def class_probabilities(recording: Recording, layer: Layer, step: int) -> FloatArray:
    """(probes, classes) probabilities of a classifier's output at a recorded step."""
    raw = recording.activation(layer.value_id, step)
    return raw if ends_in_softmax(layer) else _softmax(raw)


def _softmax(logits: FloatArray) -> FloatArray:
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    shares: FloatArray = (shifted / shifted.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def ends_in_softmax(layer: Layer) -> bool:
    """Whether a layer gives probabilities by itself."""
    return layer.kind == "softmax" or any("softmax" in folded.op.lower() for folded in layer.folded)


def _quantity(layer: Layer, softmax: bool) -> str:
    if layer.kind == "weight":
        return "weight"
    if layer.kind == "input":
        shape = layer.outputs[0].shape if layer.outputs else ()
        return f"input, mean of its {shape[1]} channels" if len(shape) == 4 and shape[1] > 1 else "input"
    if softmax:
        return "probability (softmax of logits)"
    if ends_in_softmax(layer):
        return "probability"
    return f"activation after {layer.folded[-1].op}" if layer.folded else "activation"
