"""A look ahead: what a scene would draw and how large it would be, before anything is recorded or drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from nn2gltf.api.exporting import read_source
from nn2gltf.api.scenes import SceneOptions
from nn2gltf.encode.reduce import count_texels
from nn2gltf.encode.sign_plates import measure
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.json import JsonObject
from nn2gltf.ir.placement import PlateSize
from nn2gltf.layout import place_graph, select_layers
from nn2gltf.layout.options import BYTES_PER_TEXEL
from nn2gltf.passes.options import simplify_graph

PLATES = {
    "title": PlateSize(width=60.0, height=30.0),
    "legend": PlateSize(width=110.0, height=30.0),
    "classes": PlateSize(width=16.0, height=8.0),
    "percent": PlateSize(width=18.0, height=7.0),
}
"""Sizes of composed plates, for a placement that is only counted."""
BYTES_PER_CELL = 150
"""Geometry of a tile with its texture coordinates, measured on ResNet-50 without values."""
FIXED_BYTES = 400_000
"""Text and structure."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What would be drawn.

    Attributes:
        layers: Of the graph after passes; ``drawn`` of them get a place.
        cells: Tiles, units and bars.
        texels: Of one step of one probe.
        bytes: Estimate for one step with values, or without if there are none.
        notes: What is folded, left out or pooled.
    """

    layout: str
    layers: int
    drawn: int
    parameters: int
    cells: int
    texels: int
    bytes: int
    notes: tuple[str, ...]

    def to_json(self) -> JsonObject:
        """JSON form."""
        return {**asdict(self), "notes": list(self.notes)}


def preview_graph(graph: Graph, options: SceneOptions, *, has_values: bool) -> Preview:
    """Select and place, but draw nothing.

    Args:
        graph: As traced.
        has_values: Whether a sample would be shown.
    """
    simple = simplify_graph(graph, options.passes)
    layout = replace(options.layout, has_values=has_values)
    selection = select_layers(simple, options=layout)
    plates = dict(PLATES)
    if selection.labelled:
        plates |= {layer_id: PlateSize(width=40.0, height=18.0) for layer_id in selection.drawn}
    placement = place_graph(simple, options=layout, plates=plates, measure=measure)
    cells = sum(place.grid.count for place in placement.layers)
    texels = count_texels(placement) if has_values else 0
    return Preview(
        layout=selection.layout,
        layers=len(simple.layers),
        drawn=len(selection.drawn),
        parameters=simple.parameter_count,
        cells=cells,
        texels=texels,
        bytes=int(FIXED_BYTES + BYTES_PER_CELL * cells + BYTES_PER_TEXEL * texels),
        notes=(*selection.reductions, *placement.reductions),
    )


def preview_source(
    source: Any,
    *,
    sample: Any = None,
    inputs: Sequence[str] = (),
    model: str | None = None,
    trust_model_code: bool = False,
    **options: Any,
) -> Preview:
    """What :func:`~nn2gltf.api.exporting.export` would draw; the model is traced but shown nothing.

    Raises:
        As :func:`~nn2gltf.api.exporting.export` for its source and options.
    """
    chosen = SceneOptions.from_keywords(**options)
    recording = read_source(source, inputs=inputs, model=model, trust_model_code=trust_model_code)
    shows = sample is not None or bool(recording.recorded)
    return preview_graph(recording.graph, chosen, has_values=shows)
