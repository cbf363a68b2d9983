"""Which classes have a bar, their names, and the percentages that occur."""

from __future__ import annotations

import numpy as np
from PIL import Image

from nn2gltf.encode.plan import Plan, class_output
from nn2gltf.encode.style import Style
from nn2gltf.encode.text import Line, render_plate
from nn2gltf.encode.values import class_probabilities
from nn2gltf.errors import safe
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.placement import Selection
from nn2gltf.ir.recording import Recording

TEXELS_PER_UNIT = 10.0
CLASS_SIZE, PERCENT_SIZE = 6.2, 5.0
MOST_CLASSES = 20


def percent_key(probability: float, *, bright: bool) -> str:
    """Key of the plate with a rounded percentage; 100 % and 0 % are only said when true."""
    return f"{'best' if bright else 'other'} {_percent(probability)}"


def _percent(probability: float) -> str:
    if 0 < probability < 0.005:
        return "<1 %"
    if 0.995 <= probability < 1:
        return ">99 %"
    return f"{round(100 * probability)} %"


def shown_classes(recording: Recording, graph: Graph, plan: Plan, selection: Selection) -> tuple[int, ...]:
    """Classes with a bar: all of a few, else the most likely ones for the main probe at the last step."""
    count = max(
        (graph.layer_by_id[i].outputs[0].shape[-1] for i in graph.outputs if graph.layer_by_id[i].outputs),
        default=0,
    )
    if 2 <= count <= MOST_CLASSES:
        return tuple(range(count))
    output = class_output(recording, graph)
    layer = next((layer for layer in graph.layers if layer.value_id == output), None)
    if not selection.top_classes or layer is None:
        return ()
    scores = np.nan_to_num(class_probabilities(recording, layer, plan.steps[-1])[plan.main])
    best = np.argsort(-scores, kind="stable")[: selection.top_classes]
    return tuple(int(index) for index in best)


def bar_outputs(recording: Recording, graph: Graph, selection: Selection) -> frozenset[str]:
    """Ids of the outputs that bars show: their percentages need no row in the legend."""
    best = class_output(recording, graph) if selection.top_classes else None
    outputs = [graph.layer_by_id[i] for i in graph.outputs if i in graph.layer_by_id]
    return frozenset(
        layer.id
        for layer in outputs
        if layer.outputs
        and len(layer.outputs[0].shape) == 2
        and (2 <= layer.outputs[0].shape[1] <= MOST_CLASSES or layer.value_id == best)
    )


def class_plates(
    recording: Recording, graph: Graph, style: Style, plan: Plan, classes: tuple[int, ...]
) -> dict[str, Image.Image]:
    """Class names and the percentages that occur."""
    plates = _names(recording, style, classes)
    weight = 500 + style.text.weight_step
    for key in sorted(_percent_keys(recording, graph, plan, classes)):
        kind, _, text = key.partition(" ")
        color = style.text.fg if kind == "best" else style.text.dim
        line = Line(text=text, size=PERCENT_SIZE, weight=600 if kind == "best" else weight, color=color)
        plates[key] = _plate(line, style, pad=0.7)
    return plates


def _percent_keys(recording: Recording, graph: Graph, plan: Plan, classes: tuple[int, ...]) -> set[str]:
    """Every percentage that a drawn step or probe shows."""
    output = class_output(recording, graph)
    layer = next((layer for layer in graph.layers if layer.value_id == output), None)
    if layer is None or not classes:
        return set()
    keys: set[str] = set()
    for step in plan.steps:
        found = np.clip(np.nan_to_num(class_probabilities(recording, layer, step)), 0, 1)
        for row in found[list(plan.probes)][:, list(classes)]:
            best = int(row.argmax())
            keys |= {percent_key(float(p), bright=index == best) for index, p in enumerate(row)}
    return keys


def _names(recording: Recording, style: Style, classes: tuple[int, ...]) -> dict[str, Image.Image]:
    names = [recording.classes[i] if i < len(recording.classes) else str(i) for i in classes]
    lines = [
        Line(text=safe(name, limit=18), size=CLASS_SIZE, weight=600, color=style.text.fg) for name in names
    ]
    return {f"class {i}": _plate(line, style, pad=0.1) for i, line in zip(classes, lines, strict=True)}


def _plate(line: Line, style: Style, *, pad: float) -> Image.Image:
    return render_plate(
        [line], texels_per_unit=TEXELS_PER_UNIT, pad=pad, background=style.text.plate, align="center"
    )
