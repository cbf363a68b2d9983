"""What must be known before layout: ranges, the plan, and every text plate with its size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nn2gltf.encode.colormap import Range
from nn2gltf.encode.named_maps import with_colormap
from nn2gltf.encode.options import EncodeOptions
from nn2gltf.encode.plan import Plan, plan_scene
from nn2gltf.encode.plates import PlateBook, compose_plates
from nn2gltf.encode.style import Style, load_style
from nn2gltf.encode.values import find_ranges
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.placement import Selection
from nn2gltf.ir.recording import Recording


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Input of :func:`nn2gltf.encode.encode_scene`; ``plates.sizes`` is input of the layout.

    Attributes:
        ranges: Fixed value range by layer id.
    """

    recording: Recording
    graph: Graph
    options: EncodeOptions
    style: Style
    plan: Plan
    ranges: Mapping[str, Range]
    plates: PlateBook
    selection: Selection


def prepare_scene(
    recording: Recording, graph: Graph, *, options: EncodeOptions, selection: Selection | None = None
) -> Prepared:
    """Load the style, choose steps and probes, find value ranges, and compose all text.

    Args:
        recording: Values by traced layer id; may hold none, then only structure is drawn.
        graph: After passes; its layers' ``value_id`` names what they show.
        selection: What the layout will draw; every layer with a plate of its own when omitted.

    Raises:
        EncodingError: An unknown style or probe.
    """
    style = with_colormap(load_style(options.style), options.cmap)
    chosen = selection or Selection(layout="row", drawn=tuple(layer.id for layer in graph.layers))
    drawn = frozenset(chosen.drawn)
    plan = plan_scene(recording, graph, options, drawn)
    ranges = find_ranges(recording, graph, plan.steps, drawn)
    plates = compose_plates(recording, graph, style, options, plan, ranges, chosen)
    return Prepared(
        recording=recording,
        graph=graph,
        options=options,
        style=style,
        plan=plan,
        ranges=ranges,
        plates=plates,
        selection=chosen,
    )
