"""All text of a scene, composed before layout so that its size is known: the plates and their atlas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from PIL import Image

from nn2gltf.encode.atlas import pack_atlas
from nn2gltf.encode.class_plates import class_plates, shown_classes
from nn2gltf.encode.colormap import Range
from nn2gltf.encode.curves_plate import add_curves, has_curves
from nn2gltf.encode.legend import compose_legend
from nn2gltf.encode.naming import shown_parts
from nn2gltf.encode.options import EncodeOptions
from nn2gltf.encode.plan import Plan, class_output
from nn2gltf.encode.sign_plates import render_sign
from nn2gltf.encode.style import Style
from nn2gltf.encode.text import Align, Line, render_plate
from nn2gltf.encode.values import ends_in_softmax
from nn2gltf.errors import safe
from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.placement import Placement, PlateSize, Selection
from nn2gltf.ir.recording import Recording
from nn2gltf.ir.tensor_picture import are_weights

TEXELS_PER_UNIT = 10.0
"""Sharpness of text: texels of the atlas per scene unit at text scale 1."""
NAME_SIZE, DETAIL_SIZE = 6.4, 4.4
TITLE_SIZE, SUBTITLE_SIZE = 11.0, 5.6
COUNTER_SIZE, METRIC_SIZE = 8.0, 5.6
NAME_CHARACTERS, DETAIL_CHARACTERS = 14, 20
MOST_LINES = 3
"""Lines of name plates are broken at about so many letters."""
LARGEST_FRACTION = 1.5
"""An accuracy above it was recorded in percent; some room, since measured fractions may round to above 1."""
PAD = 1.4
SHARPNESS = 2.2
"""Texels of a sign a pixel of a picture 1,600 pixels wide."""


def counter_key(step: int) -> str:
    """Key of the counter's plate of a drawn step."""
    return f"counter {step}"


@dataclass(frozen=True, kw_only=True)
class PlateBook:
    """Every plate: its size, where it is in the atlas, and the atlas.

    Attributes:
        sizes: Scene units at text scale 1; also ``counter``, ``classes`` and
            ``percent``, each as large as the largest of its kind.
        rects: Key to (u0, v0, u1, v1) in the atlas.
        png: The atlas.
        title: Text of the title plate.
        accuracy_metric: Name of the metric that the counter shows, or None.
        titles: Layer id to the second line of its plate.
        images: Key to the plate itself.
        shown_classes: Classes that have a bar, in the order of the bars.
    """

    sizes: Mapping[str, PlateSize]
    rects: Mapping[str, tuple[float, float, float, float]]
    own_sizes: Mapping[str, PlateSize]
    png: bytes
    title: str
    classes: tuple[str, ...]
    accuracy_metric: str | None
    titles: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, Image.Image] = field(default_factory=dict)
    shown_classes: tuple[int, ...] = ()

    def __contains__(self, key: str) -> bool:
        """Whether there is a plate of that key."""
        return key in self.rects

    def size(self, key: str) -> PlateSize:
        """Size of a plate itself, scene units at text scale 1."""
        return self.own_sizes[key]

    def uv(self, key: str) -> tuple[float, float, float, float]:
        """Where a plate is in the atlas."""
        return self.rects[key]

    def with_signs(self, placement: Placement, style: Style) -> PlateBook:
        """The same plates and a placement's signs in one atlas."""
        if not placement.signs:
            return self
        texels = SHARPNESS * placement.pixels_per_unit
        images = {
            **self.images,
            **{sign.key: render_sign(sign, style, texels_per_unit=texels) for sign in placement.signs},
        }
        png, rects = pack_atlas(images)
        return replace(self, png=png, rects=rects, images=images)

    def class_name(self, index: int) -> str:
        """Name of a class."""
        return self.classes[index] if index < len(self.classes) else str(index)

    def layer_title(self, layer: Layer) -> str:
        """Second line of a layer's plate."""
        return self.titles[layer.id]


def compose_plates(
    recording: Recording,
    graph: Graph,
    style: Style,
    options: EncodeOptions,
    plan: Plan,
    ranges: Mapping[str, Range],
    selection: Selection,
) -> PlateBook:
    """Render every plate once and pack the atlas."""
    images: dict[str, Image.Image] = {}
    classes = shown_classes(recording, graph, plan, selection)
    output = class_output(recording, graph) if classes else None
    drawn = frozenset(selection.drawn)
    for layer in graph.layers:
        if not selection.labelled or layer.id not in drawn:
            continue
        shown = classes if layer.value_id == output else ()
        images[layer.id] = _plate(_label_lines(layer, style, shown), style)
    title = options.title or graph.name
    images["title"] = _plate(
        _title_lines(title, recording, graph, style, wide=selection.labelled), style, align="left"
    )
    metric = _accuracy_metric(recording)
    if len(plan.steps) > 1:
        curves = options.curves and has_curves(recording, len(plan.steps))
        images.update(_counters(recording, plan, metric, style, curves=curves))
    images.update(class_plates(recording, graph, style, plan, classes))
    images["legend"] = compose_legend(recording, graph, style, plan, ranges, options, selection)
    return _book(images, title, recording, graph, metric, classes)


def _book(
    images: Mapping[str, Image.Image],
    title: str,
    recording: Recording,
    graph: Graph,
    metric: str | None,
    classes: tuple[int, ...],
) -> PlateBook:
    own = {
        key: PlateSize(width=i.width / TEXELS_PER_UNIT, height=i.height / TEXELS_PER_UNIT)
        for key, i in images.items()
    }
    sizes = {
        key: size
        for key, size in own.items()
        if not key.startswith(("class ", "best ", "other ", "counter "))
    }
    counters = [size for key, size in own.items() if key.startswith("counter ")]
    if counters:
        sizes["counter"] = PlateSize(
            width=max(c.width for c in counters), height=max(c.height for c in counters)
        )
    for room, prefix in (("classes", "class "), ("percent", ("best ", "other "))):
        group = [size for key, size in own.items() if key.startswith(prefix)]
        if group:
            sizes[room] = PlateSize(width=max(g.width for g in group), height=max(g.height for g in group))
    png, rects = pack_atlas(images)
    return PlateBook(
        sizes=sizes,
        rects=rects,
        own_sizes=own,
        png=png,
        title=title,
        classes=recording.classes,
        accuracy_metric=metric,
        images=images,
        shown_classes=classes,
        titles={layer.id: layer_title(layer) for layer in graph.layers},
    )


def _plate(lines: list[Line], style: Style, *, align: Align = "center", pad: float = PAD) -> Image.Image:
    return render_plate(
        lines, texels_per_unit=TEXELS_PER_UNIT, pad=pad, background=style.text.plate, align=align
    )


def layer_title(layer: Layer) -> str:
    """``Conv2d 5×5 + ReLU``: what a layer is, with what was folded into it."""
    ops = [_op_name(layer), *(folded.op for folded in layer.folded)]
    return " + ".join(safe(op, limit=40) for op in ops)


def _op_name(layer: Layer) -> str:
    kernel = layer.attributes.get("kernel_size")
    if layer.kind in ("conv", "pool") and kernel:
        sizes = kernel if isinstance(kernel, list | tuple) else [kernel, kernel]
        return f"{layer.op} {'×'.join(str(n) for n in sizes)}"
    return layer.op


def _label_lines(layer: Layer, style: Style, classes: tuple[int, ...]) -> list[Line]:
    """Name; what it does; shape, or which classes have bars; parameters."""
    dim, weight = style.text.dim, 500 + style.text.weight_step
    parts = shown_parts(layer)
    names = _wrap([f"{part}." for part in parts[:-1]] + parts[-1:], NAME_CHARACTERS)
    lines = [Line(text=name, size=NAME_SIZE, weight=700, color=style.text.fg) for name in names]
    ops = [_op_name(layer), *(f" + {_short_op(folded.op)}" for folded in layer.folded)]
    details = [] if layer.kind == "input" else _wrap(ops, DETAIL_CHARACTERS)
    if layer.outputs:
        shape = "×".join(str(n) for n in layer.outputs[0].shape[1:])
        if 0 < len(classes) < layer.outputs[0].shape[-1]:
            shape = f"top {len(classes)} of {shape}"
        details.append(f"{shape} · softmax of logits" if classes and not ends_in_softmax(layer) else shape)
    if layer.parameter_count:
        details.append(f"{layer.parameter_count:,} parameters")
    return lines + [Line(text=text, size=DETAIL_SIZE, weight=weight, color=dim) for text in details]


def _short_op(op: str) -> str:
    """Norms by their initials: everybody who reads plates knows BN; the extras have the full name."""
    for name, short in (
        ("BatchNorm", "BN"),
        ("LayerNorm", "LN"),
        ("GroupNorm", "GN"),
        ("InstanceNorm", "IN"),
    ):
        if op.startswith(name):
            return short
    return safe(op, limit=24)


def _wrap(parts: list[str], limit: int) -> list[str]:
    """Join parts into lines of at most ``limit`` letters where possible; what is beyond three lines is cut."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) <= limit:
            lines[-1] += part
        else:
            lines.append(part)
    shown = lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], "…"]
    return [line.strip() for line in shown]


def _title_lines(title: str, recording: Recording, graph: Graph, style: Style, *, wide: bool) -> list[Line]:
    facts = [f"{graph.parameter_count:,} parameters"]
    dataset = recording.meta.get("dataset")
    if isinstance(dataset, str):
        facts.insert(0, safe(dataset, limit=40))
    weights = recording.meta.get("weights")
    if weights == "random":
        facts.append("random weights")
    if are_weights(graph.layers):
        facts.append("weights alone")
    if not recording.recorded:
        facts.append("sizes only" if weights == "none" else "no data")
    metric = _accuracy_metric(recording)
    if metric and len(recording.steps) == 1 and metric in recording.steps[0].metrics:
        facts.append(_accuracy_text(recording, metric, 0))
    weight = 500 + style.text.weight_step
    return [
        Line(text=safe(title, limit=40), size=TITLE_SIZE, weight=700, color=style.text.fg),
        *(
            Line(text=text, size=SUBTITLE_SIZE, weight=weight, color=style.text.dim)
            for text in ([" · ".join(facts)] if wide else facts)
        ),
    ]


def _accuracy_metric(recording: Recording) -> str | None:
    names = {name for step in recording.steps for name in step.metrics}
    wanted = ("test_accuracy", "val_accuracy", "accuracy", "train_accuracy")
    return next((name for name in wanted if name in names), None)


def _accuracy_text(recording: Recording, metric: str, step: int) -> str:
    value = recording.steps[step].metrics[metric]
    percent = value if is_percent(recording, metric) else 100 * value
    return f"{safe(metric.replace('_', ' '), limit=24)} {percent:.1f} %"


def is_percent(recording: Recording, metric: str) -> bool:
    """Whether an accuracy was recorded in percent: a fraction is never above 1, so 1.5 at any step tells."""
    values = (step.metrics.get(metric, 0.0) for step in recording.steps)
    return any(value > LARGEST_FRACTION for value in values)


def _counters(
    recording: Recording, plan: Plan, metric: str | None, style: Style, *, curves: bool
) -> dict[str, Image.Image]:
    final = f"{recording.steps[-1].epoch:g}"
    weight = 500 + style.text.weight_step
    plates = {}
    for index, recorded in enumerate(plan.steps):
        step = recording.steps[recorded]
        lines = [
            Line(
                text=f"epoch {step.epoch:g} of {final}",
                size=COUNTER_SIZE,
                weight=700,
                color=style.accent.line,
                tabular=True,
            )
        ]
        if metric and metric in step.metrics:
            text = _accuracy_text(recording, metric, recorded)
            lines.append(Line(text=text, size=METRIC_SIZE, weight=weight, color=style.text.fg, tabular=True))
        words = _plate(lines, style, align="left")
        plates[counter_key(index)] = add_curves(words, recording, style, step.epoch) if curves else words
    return plates
