"""Curves of a recording: which numbers are drawn, in which panel, in which colour."""

from __future__ import annotations

import math
from collections.abc import Iterable

from nn2gltf.encode.chart import MOST_SERIES, Panel, Series
from nn2gltf.encode.style import Style
from nn2gltf.errors import safe
from nn2gltf.ir.recording import Recording

LIGHT = ("#0b62a8", "#c2410c", "#0f766e", "#a21caf", "#4d7c0f", "#475569", "#6d28d9", "#be123c")
DARK = ("#6cb6ff", "#ff9b57", "#4fd1c1", "#e39bf5", "#b5d96a", "#f5cd5b", "#b3a1ff", "#ff8ba0")
"""Colours of lines on a light and on a dark ground; text of these colours is readable there (contrast above 4.5)."""

QUANTITIES = {
    "dead": "dead units",
    "saturated": "saturated values",
    "gradient-norm": "gradient, norm",
    "update-ratio": "last update ÷ weight",
    "weight-change": "change of weights since the step before, norm",
}
"""Quantity to the title of its panel."""

SHARES = frozenset({"dead", "saturated"})


def line_colors(style: Style) -> tuple[str, ...]:
    """Colours that show on a style's ground."""
    red, green, blue = (int(style.text.plate[i : i + 2], 16) for i in (1, 3, 5))
    return LIGHT if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 128 else DARK


def metric_panels(recording: Recording, style: Style) -> list[Panel]:
    """Losses in one panel, accuracies in another, and every other metric in one of its own."""
    names = list(dict.fromkeys(name for step in recording.steps for name in step.metrics))
    colors = line_colors(style)
    panels = []
    for word, title in (("loss", "loss"), ("accuracy", "accuracy")):
        chosen = [name for name in names if word in name.lower()]
        if chosen:
            series = _metric_series(recording, chosen, colors, strip=word)
            panels.append(
                Panel(title=title, series=series, percent=word == "accuracy" and _fractions(series))
            )
    rest = [name for name in names if not any(word in name.lower() for word in ("loss", "accuracy"))]
    for name in rest:
        series = _metric_series(recording, [name], colors)
        panels.append(Panel(title=safe(name, limit=40), series=series))
    return panels


def spark_series(recording: Recording, style: Style) -> tuple[Series, ...]:
    """One accuracy in the accent's colour and one loss in the dim text's, those of the test where there are some."""
    names = list(dict.fromkeys(name for step in recording.steps for name in step.metrics))
    found = []
    for word, color in (("accuracy", style.accent.line), ("loss", style.text.dim)):
        chosen = sorted((n for n in names if word in n.lower()), key=lambda n: ("train" in n, names.index(n)))
        if chosen:
            found.append(_metric_series(recording, chosen[:1], (color,))[0])
    return tuple(found)


def quantity_panels(recording: Recording, style: Style) -> list[Panel]:
    """A panel for each recorded quantity, and one of the activations, with the layers that change most."""
    panels: list[Panel] = []
    known: dict[str, str] = {}
    activations = {layer_id: _mean_size(recording, layer_id) for layer_id in _drawn(recording)}
    if activations and len(recording.steps) > 1:
        panels.append(_panel("activation, mean size over the probes", recording, activations, style, known))
    for quantity, title in QUANTITIES.items():
        names = [name for name in recording.numbers.get(quantity, ()) if not name.endswith("bias")]
        values = {name: _numbers(recording, quantity, name) for name in names}
        if values:
            panels.append(_panel(title, recording, values, style, known, percent=quantity in SHARES))
    return panels


def curve_rows(recording: Recording) -> Iterable[tuple[float, str, str, float]]:
    """Every curve as rows of (epoch, quantity, name, value); values that are not known are left out."""
    for step in recording.steps:
        for name, value in step.metrics.items():
            yield step.epoch, "metric", name, value
    for layer_id in _drawn(recording):
        for step, value in zip(recording.steps, _mean_size(recording, layer_id), strict=True):
            yield step.epoch, "activation-size", layer_id, value
    for quantity, names in recording.numbers.items():
        for name in names:
            for step, value in zip(recording.steps, _numbers(recording, quantity, name), strict=True):
                if not math.isnan(value):
                    yield step.epoch, quantity, name, value


def _metric_series(
    recording: Recording, names: list[str], colors: tuple[str, ...], strip: str = ""
) -> tuple[Series, ...]:
    """What is learnt for comes first in colour: the test before the training."""
    order = sorted(names, key=lambda name: ("train" in name, names.index(name)))[:MOST_SERIES]
    found = []
    for index, name in enumerate(order):
        points = [(step.epoch, step.metrics.get(name, math.nan)) for step in recording.steps]
        label = name.replace(strip, "").strip("_ ") or name if strip else name
        found.append(
            Series(
                name=safe(label.replace("_", " "), limit=40),
                x=tuple(x for x, _ in points),
                y=tuple(y for _, y in points),
                color=colors[index],
            )
        )
    return tuple(found)


def _fractions(series: tuple[Series, ...]) -> bool:
    return all(0 <= y <= 1 for line in series for y in line.y if math.isfinite(y))


def _panel(
    title: str,
    recording: Recording,
    values: dict[str, list[float]],
    style: Style,
    known: dict[str, str],
    *,
    percent: bool = False,
) -> Panel:
    """The lines with the widest course; how many there are is said when some are left out."""
    ranked = sorted(values, key=lambda name: (-_course(values[name]), name))[:MOST_SERIES]
    kept = {name.removesuffix(".weight"): values[name] for name in values if name in ranked}
    epochs = tuple(step.epoch for step in recording.steps)
    colors = _colors_of(list(kept), line_colors(style), known)
    series = tuple(
        Series(name=safe(name, limit=40), x=epochs, y=tuple(kept[name]), color=colors[name]) for name in kept
    )
    left_out = f" ({len(kept)} of {len(values)})" if len(kept) < len(values) else ""
    positive = [y for line in series for y in line.y if math.isfinite(y) and y > 0]
    wide = bool(positive) and not percent and max(positive) > 100 * min(positive)
    return Panel(title=title + left_out, series=series, percent=percent, logarithmic=wide)


def _colors_of(names: list[str], colors: tuple[str, ...], known: dict[str, str]) -> dict[str, str]:
    """A layer keeps its colour from panel to panel; two lines of one panel never share one."""
    taken = {known[name] for name in names if name in known}
    chosen: dict[str, str] = {}
    for name in names:
        free = [color for color in colors if color not in taken and color not in chosen.values()]
        wanted = known.get(name)
        color = wanted if wanted is not None and wanted not in chosen.values() else (free or list(colors))[0]
        chosen[name] = known.setdefault(name, color) if wanted is None else color
    return chosen


def _course(values: list[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return max(finite) - min(finite) if finite else 0.0


def _drawn(recording: Recording) -> list[str]:
    return [
        layer.id
        for layer in recording.graph.layers
        if layer.id in recording.recorded and layer.kind != "input"
    ]


def _mean_size(recording: Recording, layer_id: str) -> list[float]:
    sizes = []
    for index in range(len(recording.steps)):
        array = recording.values.activation(layer_id, index)
        sizes.append(float(abs(array).mean(dtype="float64")) if array.size else math.nan)
    return sizes


def _numbers(recording: Recording, quantity: str, name: str) -> list[float]:
    """One number a step; NaN where it is not known or is no single number."""
    found = []
    for index in range(len(recording.steps)):
        array = recording.number(quantity, name, index)
        found.append(math.nan if array is None or array.ndim else float(array))
    return found
