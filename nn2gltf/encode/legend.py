"""The legend: what colour, size and lines mean, with numbers, and what was reduced."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PIL import Image

from nn2gltf.encode.class_plates import bar_outputs
from nn2gltf.encode.colormap import Range, palette
from nn2gltf.encode.naming import shown_name
from nn2gltf.encode.options import EncodeOptions
from nn2gltf.encode.plan import Plan
from nn2gltf.encode.style import Style
from nn2gltf.encode.text import Line, render_plate
from nn2gltf.errors import safe
from nn2gltf.ir.graph import ORDER_INFERRED, Graph
from nn2gltf.ir.placement import Selection
from nn2gltf.ir.recording import Recording
from nn2gltf.ir.tensor_picture import are_weights

TEXELS = 10
SIZE = 4.3
BAR_WIDTH, BAR_HEIGHT = 46.0, 3.6
ROW_GAP, COLUMN_GAP, PAD = 1.6, 2.4, 2.2
WIDEST = 2000
"""Pixels of a row at most: wider atlases than 2048 are not shown everywhere (ENCODING.md, Scene Viewer)."""
MOST_NOTES = 3
LARGEST_TABLE = 12
"""Most layers whose ranges are listed; of more, the smallest and the largest."""


def compose_legend(
    recording: Recording,
    graph: Graph,
    style: Style,
    plan: Plan,
    ranges: Mapping[str, Range],
    options: EncodeOptions,
    selection: Selection,
) -> Image.Image:
    """One plate: a row for each thing that is drawn."""
    rows: list[list[Image.Image]] = []
    bars = bar_outputs(recording, graph, selection)
    shown = {
        i: r
        for i, r in ranges.items()
        if i not in bars and (graph.layer_by_id[i].kind != "input" or i in selection.vector_inputs)
    }
    if any(r.low >= 0 for r in shown.values()):
        rows.append(_bar_row("activation", "0", "layer's maximum", "sequential", style))
    if any(r.low < 0 for r in shown.values()):
        alone = are_weights(graph.layer_by_id[i] for i in shown)
        rows.append(_bar_row("weight" if alone else "signed", "− maximum", "+ maximum", "diverging", style))
    lines = _line_row(recording, style, options) if selection.labelled else []
    if rows and lines and _width([*rows[0], _space(style), *lines]) <= WIDEST:
        rows[0] += [_space(style), *lines]
    elif lines:
        rows.append(lines)
    rows.extend([[_text(safe(sentence, limit=120), style)] for sentence in selection.legend])
    if shown and selection.labelled:
        rows.extend(_range_rows(shown, graph, style))
    if any(r.not_finite for r in ranges.values()):
        rows.append(
            [_text("not finite", style, bold=True), _swatch(tuple(palette(style, "sequential")[255]))]
        )
    notes = [*plan.reductions] if recording.recorded else [_nothing(recording)]
    if recording.recorded and recording.meta.get("weights") == "random":
        notes.insert(0, "random weights: not trained") if not selection.labelled else None
    notes = [line for line in graph.report if line.startswith(ORDER_INFERRED)] + notes
    rows.extend([[_text(safe(note, limit=80), style)] for note in _shortened(notes)])
    return _stack(rows, style)


def _shortened(notes: list[str]) -> list[str]:
    """At most so many lines; the last says how many there are besides, which the file's record holds."""
    if len(notes) <= MOST_NOTES:
        return notes
    return [*notes[: MOST_NOTES - 1], f"and {len(notes) - MOST_NOTES + 1} more notes in the file's record"]


def _nothing(recording: Recording) -> str:
    if recording.meta.get("weights") == "none":
        return "sizes only: built without numbers"
    return "no data: structure only"


def _width(row: list[Image.Image]) -> int:
    return sum(cell.width for cell in row) + int(COLUMN_GAP * TEXELS) * (len(row) - 1)


def _text(text: str, style: Style, *, bold: bool = False) -> Image.Image:
    weight = 600 if bold else 500 + style.text.weight_step
    color = style.text.fg if bold else style.text.dim
    line = Line(text=text, size=SIZE, weight=weight, color=color)
    return render_plate([line], texels_per_unit=TEXELS, pad=0.0, background=style.text.plate, align="left")


def _bar_row(name: str, low: str, high: str, kind: str, style: Style) -> list[Image.Image]:
    colors = palette(style, kind)[:255]
    columns = np.linspace(0, 254, int(BAR_WIDTH * TEXELS)).round().astype(int)
    strip = np.repeat(colors[columns][None], int(BAR_HEIGHT * TEXELS), axis=0)
    return [_text(name, style, bold=True), _text(low, style), Image.fromarray(strip), _text(high, style)]


def _range_rows(shown: Mapping[str, Range], graph: Graph, style: Style) -> list[list[Image.Image]]:
    """The maximum of each layer's range, eight to a row."""
    largest = {i: max(-r.low, r.high) for i, r in shown.items()}
    texts = [f"{safe(shown_name(graph.layer_by_id[i]), limit=14)}: {high:.3g}" for i, high in largest.items()]
    if len(shown) > LARGEST_TABLE:
        order = sorted(range(len(texts)), key=list(largest.values()).__getitem__)
        texts = [f"{texts[order[0]]}  to  {texts[order[-1]]}"]
    rows = [texts[i : i + 8] for i in range(0, len(texts), 8)]
    return [
        [_text("maximum" if index == 0 else "", style, bold=True), _text("   ".join(row), style)]
        for index, row in enumerate(rows)
    ]


def _line_row(recording: Recording, style: Style, options: EncodeOptions) -> list[Image.Image]:
    weights = any(
        recording.weight(p.name) is not None for layer in recording.graph.layers for p in layer.parameters
    )
    name = _text("connection", style, bold=True)
    if not weights:
        return [name, _stroke(style.ribbon.neutral), _text("data flow", style)]
    return [
        name,
        _stroke(style.ribbon.positive),
        _text("raises", style),
        _stroke(style.ribbon.negative),
        _text("lowers", style),
        _text(_which(recording, options.connections), style),
    ]


def _which(recording: Recording, most: int) -> str:
    """Which connections are drawn: there are never more than pairs of channels and units."""
    parameters = (p for layer in recording.graph.layers for p in layer.parameters)
    pairs = sum(p.shape[0] * p.shape[1] for p in parameters if len(p.shape) >= 2)
    return "all, by |weight|" if pairs <= most else f"the {most} strongest by |weight|"


def _stroke(color: str) -> Image.Image:
    return Image.new("RGB", (int(9 * TEXELS), int(1.1 * TEXELS)), color)


def _space(style: Style) -> Image.Image:
    """Room between two things on one row."""
    return Image.new("RGB", (int(4 * TEXELS), 1), style.text.plate)


def _swatch(color: tuple[int, ...]) -> Image.Image:
    return Image.new("RGB", (int(BAR_HEIGHT * TEXELS), int(BAR_HEIGHT * TEXELS)), color)


def _stack(rows: list[list[Image.Image]], style: Style) -> Image.Image:
    """Rows below each other; first cells share a column, the rest follow."""
    first = max((row[0].width for row in rows if len(row) > 1), default=0)
    gap, line = int(COLUMN_GAP * TEXELS), int(ROW_GAP * TEXELS)
    heights = [max(cell.height for cell in row) for row in rows]
    widths = [
        (first if len(row) > 1 else row[0].width) + sum(cell.width + gap for cell in row[1:]) for row in rows
    ]
    pad = int(PAD * TEXELS)
    size = (max(widths) + 2 * pad, sum(heights) + line * (len(rows) - 1) + 2 * pad)
    image = Image.new("RGB", size, style.text.plate)
    y = pad
    for row, height in zip(rows, heights, strict=True):
        x = pad
        for index, cell in enumerate(row):
            image.paste(cell, (x, y + (height - cell.height) // 2))
            x += (first if index == 0 and len(row) > 1 else cell.width) + gap
        y += height + line
    return image
