"""The record that goes into ``scenes[0].extras.nn2gltf`` (docs/scene-format.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

import numpy as np

from nn2gltf.encode.colormap import palette
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.numbers import layer_numbers
from nn2gltf.encode.plan import class_output
from nn2gltf.encode.prepare import Prepared
from nn2gltf.encode.timing import FRAMES_PER_SECOND
from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.json import Json, JsonObject, without_empty
from nn2gltf.ir.recording import Recording
from nn2gltf.ir.tensor_picture import picture_of
from nn2gltf.ir.totals import scope_totals
from nn2gltf.version import GENERATOR

SCHEMA = 1


def encode_extras(
    drawing: Drawing, prepared: Prepared, *, edges: list[JsonObject], made_with: Mapping[str, object]
) -> JsonObject:
    """Everything the viewer and ``inspect`` need to know about a scene."""
    pages, page_index = _pages(drawing, exact=prepared.plan.exact)
    recording, graph = prepared.recording, prepared.graph
    return {
        "schema": SCHEMA,
        "generator": GENERATOR,
        "title": prepared.plates.title,
        "model": {
            "name": graph.name,
            "parameters": graph.parameter_count,
            "weights": recording.meta.get("weights", "given"),
        },
        "data": {
            "name": recording.meta.get("dataset"),
            "classes": list(recording.classes),
            "accuracy": prepared.plates.accuracy_metric,
        },
        "style": _style(drawing),
        "options": cast("JsonObject", {**made_with, "encode": asdict(prepared.options)}),
        "time": {
            "duration": drawing.timing.duration,
            "secondsPerStep": drawing.timing.seconds_per_step,
            "framesPerSecond": FRAMES_PER_SECOND,
        },
        "steps": _steps(drawing),
        "probes": _probes(drawing, page_index),
        "mainProbe": drawing.main,
        "clips": _clips(drawing),
        "palettes": {kind: palette(drawing.style, kind).tobytes().hex() for kind in _palettes(drawing)},
        "pages": pages,
        "layers": [_layer(drawing, layer, page_index) for layer in graph.layers],
        "edges": cast("Json", edges),
        "scopes": _scopes(graph),
        "repeats": [repeat.to_json() for repeat in graph.repeats],
        "reductions": [
            *_fold_reductions(graph),
            *prepared.plan.reductions,
            *prepared.selection.reductions,
            *drawing.placement.reductions,
            *drawing.values.reductions,
            *_recorded_reductions(recording),
        ],
        "report": list(graph.report),
        **({"verification": graph.verification.to_json()} if graph.verification else {}),
    }


def _fold_reductions(graph: Graph) -> list[Json]:
    return [
        f"{repeat.count} identical blocks of {repeat.scope or graph.name} are drawn once: {repeat.copies[0][0]} ..."
        for repeat in graph.repeats
        if repeat.folded
    ]


def _recorded_reductions(recording: Recording) -> list[str]:
    return [
        f"{layer_id}: {text}" if layer_id else text for layer_id, text in sorted(recording.reductions.items())
    ]


def _style(drawing: Drawing) -> JsonObject:
    style = drawing.style
    return {
        "name": style.name,
        "background": style.background,
        "text": style.text.fg,
        "dim": style.text.dim,
        "accent": style.accent.line,
        "positive": style.ribbon.positive,
        "negative": style.ribbon.negative,
        "frame": style.structure.frame,
    }


def _palettes(drawing: Drawing) -> list[str]:
    return sorted({layout.palette for layout in drawing.layouts.values()})


def _pages(drawing: Drawing, *, exact: bool) -> tuple[list[Json], dict[tuple[str, int], int]]:
    pages: list[Json] = []
    index: dict[tuple[str, int], int] = {}
    for page, layout in drawing.layouts.items():
        for probe in drawing.probes:
            index[page, probe] = len(pages)
            name = f"{page} probe {probe}"
            pages.append(
                {
                    "image": name,
                    "low": f"{name} low" if exact else None,
                    "palette": layout.palette,
                    "width": layout.width,
                    "height": layout.height,
                }
            )
    return pages, index


def _steps(drawing: Drawing) -> list[Json]:
    steps: list[Json] = []
    for index, recorded in enumerate(drawing.values.steps):
        step = drawing.recording.steps[recorded]
        steps.append({**step.to_json(), "time": drawing.timing.time_of(index)})
    return steps


def _probes(drawing: Drawing, page_index: Mapping[tuple[str, int], int]) -> list[Json]:
    recording = drawing.recording
    scores = _scores(drawing)
    picture = next((v for v in drawing.values.layers.values() if v.palette == "input"), None)
    probes: list[Json] = []
    for index, probe in enumerate(recording.probes):
        entry: JsonObject = {"label": probe.label, "name": probe.name, "tile": None}
        if probe.samples is not None:
            entry["samples"] = probe.samples
        page = page_index.get((drawing.page_name(picture.id), index)) if picture is not None else None
        if picture is not None and page is not None:
            tiles = drawing.tiles(picture.id)
            x, y = (int(v) for v in tiles.corners(0)[0])
            entry["tile"] = {"page": page, "x": x, "y": y, "width": tiles.width, "height": tiles.height}
        if scores is not None and probe.samples is None:  # no network read a mean
            entry["predictions"] = [int(row[index].argmax()) for row in scores]
            entry["confidences"] = [round(float(row[index].max()), 6) for row in scores]
        probes.append(entry)
    return probes


def _scores(drawing: Drawing) -> list[np.ndarray[Any, Any]] | None:
    """Per drawn step, (probes, classes) probabilities of the class bars."""
    bars = next((p.id for p in drawing.placement.layers if p.mark == "bars" and drawing.recorded(p.id)), None)
    if bars is None or class_output(drawing.recording, drawing.graph) is None:
        return None
    return [drawing.values.drawn(bars, step) for step in drawing.values.steps]


def _clips(drawing: Drawing) -> list[Json]:
    clips: list[Json] = []
    for name, draft in drawing.clips.drafts.items():
        entry: JsonObject = {
            "name": name,
            "kind": draft.kind,
            "probe": draft.probe,
            "duration": draft.duration,
        }
        if draft.kind == "forward":
            entry["layerTimes"] = {
                layer_id: cast("float", facts["forward"])
                for layer_id, facts in drawing.facts.items()
                if "forward" in facts
            }
        clips.append(entry)
    return clips


def _layer(drawing: Drawing, layer: Layer, page_index: Mapping[tuple[str, int], int]) -> JsonObject:
    place = drawing.placement.layer_by_id.get(layer.id)
    entry = _about(drawing, layer)
    if place is None:
        return {**entry, "mark": "folded", "node": drawing.builder.name_of(_home(drawing, layer))}
    scale, center = drawing.placement.scale, np.asarray(drawing.placement.center)
    corners = (place.corners - center) * scale
    facts = drawing.facts.get(layer.id, {})
    entry |= without_empty(
        {
            "mark": {"slab": "maps", "photo": "image", "weights": "maps"}.get(place.mark, place.mark),
            "node": drawing.builder.name_of(drawing.layer_nodes[layer.id]),
            "box": {"min": _rounded(corners.min(axis=0)), "max": _rounded(corners.max(axis=0))},
            "probeQuads": cast("Json", facts.get("probeQuads")),
            "length": cast("Json", facts.get("length")),
        }
    )
    if "length" in facts:
        entry["length"] = {
            key: round(value * scale, 7) for key, value in cast("dict[str, float]", facts["length"]).items()
        }
    if drawing.recorded(layer.id):
        entry["values"] = _values(drawing, layer.id)
        entry["tiles"] = _tiles(drawing, layer.id, page_index)
    return entry


def _home(drawing: Drawing, layer: Layer) -> int:
    """The node of the nearest scope that is drawn."""
    path: str | None = layer.scope
    while path and path not in drawing.parts.groups:
        path = drawing.graph.parent_of.get(path)
    return drawing.parts.groups[path or ""]


def _about(drawing: Drawing, layer: Layer) -> JsonObject:
    """What is known of a layer apart from its drawing."""
    entry = without_empty(
        {
            "id": layer.id,
            "name": layer.name,
            "op": layer.op,
            "kind": layer.kind,
            "scope": layer.scope,
            "title": drawing.plates.layer_title(layer),
            "folded": [folded.to_json() for folded in layer.folded],
            "inputs": [spec.to_json() for spec in layer.inputs],
            "outputs": [spec.to_json() for spec in layer.outputs],
            "parameterTensors": [p.to_json() for p in layer.parameters],
            "flops": layer.flops,
            "attributes": dict(layer.attributes),
            "source": layer.source,
        }
    )
    entry["parameters"] = layer.parameter_count
    numbers = layer_numbers(drawing.recording, layer, drawing.values.steps)
    if numbers:
        entry["numbers"] = numbers
    return entry


def _rounded(values: np.ndarray[Any, Any]) -> list[Json]:
    return [round(float(v), 5) for v in values]


def _values(drawing: Drawing, layer_id: str) -> JsonObject:
    values = drawing.values.layers[layer_id]
    found = values.range
    return {
        "quantity": values.quantity,
        "palette": values.palette,
        "low": found.low,
        "high": found.high,
        "minimum": found.minimum,
        "maximum": found.maximum,
        "below": found.below,
        "above": found.above,
        "notFinite": found.not_finite,
        **_weight(drawing.graph.layer_by_id[layer_id]),
    }


def _weight(layer: Layer) -> JsonObject:
    """Which tensor a layer of weights shows, and what finds a number's index in it."""
    if layer.kind != "weight":
        return {}
    parameter = layer.parameters[0]
    return {"tensor": {"name": parameter.name, **picture_of(parameter.shape).to_json()}}


def _tiles(drawing: Drawing, layer_id: str, page_index: Mapping[tuple[str, int], int]) -> JsonObject:
    tiles, page = drawing.tiles(layer_id), drawing.page_name(layer_id)
    return {
        "width": tiles.width,
        "height": tiles.height,
        "count": tiles.count,
        "columns": tiles.columns,
        "gutter": tiles.gutter,
        "pages": [page_index.get((page, probe)) for probe in range(len(drawing.recording.probes))],
        "origins": [list(origin) for origin in tiles.origins],
    }


def _scopes(graph: Graph) -> list[Json]:
    totals = scope_totals(graph)
    return [{**scope.to_json(), **without_empty(totals[scope.path].to_json())} for scope in graph.scopes]
