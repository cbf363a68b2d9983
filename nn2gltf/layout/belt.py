"""Layout ``belt``: a residual stream as a leaning belt of lanes, the machines that read it above (LAYOUTS.md, Belt)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nn2gltf.ir.furniture import Measure
from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.placement import Placement, PlateSize, Selection
from nn2gltf.layout.belt_draw import draw_belt
from nn2gltf.layout.belt_plan import BeltPlan, plan_belt
from nn2gltf.layout.canvas import Canvas
from nn2gltf.layout.finish import finish_canvas
from nn2gltf.layout.options import LayoutOptions
from nn2gltf.layout.plugin import Layout
from nn2gltf.layout.stream import read_stream

WIDE, HIGH = 1480.0, 740.0
"""Pixels that the drawing may take in a picture of 1,600 x 800."""


def fits(graph: Graph, _options: LayoutOptions) -> bool:
    """A residual stream of tokens in which tokens meet: an attention, or its weights."""
    stream = read_stream(graph)
    return stream is not None and any(machine.attends for machine in stream.machines)


def select(graph: Graph, options: LayoutOptions) -> Selection:
    """The first block's layers, of the others the attention weights and the widest layer of the MLP."""
    plan = _plan(graph, options)
    if plan is None:
        from nn2gltf.layout.flow import select as select_flow

        return select_flow(graph, options)
    drawn = {layer.id for layer in plan.drawn}
    return Selection(
        layout="belt",
        drawn=tuple(layer.id for layer in graph.layers if layer.id in drawn),
        labelled=False,
        legend=plan.legend,
        top_classes=plan.bars if plan.answer else 0,
        reductions=plan.notes(len(graph.layers)),
    )


def place(
    graph: Graph, options: LayoutOptions, plates: Mapping[str, PlateSize], measure: Measure
) -> Placement:
    """The belt, twice: text is sized by the width that the first drawing takes."""
    plan = _plan(graph, options)
    if plan is None:
        from nn2gltf.layout.flow import place as place_flow

        return place_flow(graph, options, plates, measure)
    pixel = 1.2
    for _ in range(3):
        canvas = Canvas(graph=graph, measure=measure, pixel=pixel)
        title = draw_belt(canvas, plan, plates)
        corners = np.concatenate([canvas.view.flat(layer.corners) for layer in canvas.layers])
        width, height = corners.max(axis=0) - corners.min(axis=0)
        pixel = max(float(width) / WIDE, float(height) / HIGH)
    return finish_canvas(canvas, plates, title=title, texels=options.most_texels)


def _plan(graph: Graph, options: LayoutOptions) -> BeltPlan | None:
    stream = read_stream(graph)
    return plan_belt(stream, _answer(graph, options), options) if stream else None


def _answer(graph: Graph, options: LayoutOptions) -> Layer | None:
    """The classifier's output, where there are values to show."""
    for layer_id in graph.outputs:
        layer = graph.layer_by_id[layer_id]
        shape = layer.outputs[0].shape if layer.outputs else ()
        if options.has_values and len(shape) == 2 and shape[1] > 1:
            return layer
    return None


LAYOUT = Layout(fits=fits, select=select, place=place)
