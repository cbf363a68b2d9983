"""Signs of a flow's groups, in a column on the left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nn2gltf.ir.placement import PlateSize
from nn2gltf.layout.canvas import Canvas
from nn2gltf.layout.finish import header_height, header_width
from nn2gltf.layout.groups import Group
from nn2gltf.layout.stages import count_text
from nn2gltf.layout.things import Thing


def draw_group_signs(
    canvas: Canvas,
    groups: Sequence[Group],
    things: Sequence[Thing],
    plates: Mapping[str, PlateSize],
    height: float,
) -> tuple[float, float]:
    """A sign a group below the title; returns the title's corner."""
    total = max((group.parameters for group in groups), default=0) or 1
    bar = 200.0 * canvas.pixel
    texts = []
    for group in groups:
        lines = [canvas.text(group.name, 21.0, weight=700, ink=f"stage {group.number}")]
        if group.types:
            more = " ..." if len(group.types) > 2 else ""
            lines.append(canvas.text(" + ".join(group.types[:2]) + more, 14.5, ink="dim"))
        detail = things[group.things[-1]].output
        shape = detail.outputs[0].shape[1:] if detail.outputs else ()
        if shape:
            lines.append(canvas.text(" × ".join(str(n) for n in shape), 15.5, weight=600))
        lines.append(canvas.text(count_text(group.parameters), 14.5, ink="dim"))
        texts.append(lines)
    widths = [canvas.measure(line.text, line.size, line.weight) for lines in texts for line in lines]
    width = max([bar, header_width(plates, canvas), *widths])
    edge = min(
        [float(canvas.view.flat(np.asarray(line.points))[:, 0].min()) for line in canvas.lines], default=0.0
    )
    boxes = [float(canvas.view.flat(layer.corners)[:, 0].min()) for layer in canvas.layers]
    left = min([edge, *boxes]) - width - 34.0 * canvas.pixel
    top = max(float(canvas.view.flat(layer.corners)[:, 1].max()) for layer in canvas.layers)
    top = max(top, height * float(canvas.view.up[1]))
    below = top - header_height(plates, canvas) - 18.0 * canvas.pixel
    for group, lines in zip(groups, texts, strict=True):
        sign = canvas.sign_at(
            f"sign {group.number}",
            lines,
            left,
            below,
            align="left",
            bar=group.parameters / total,
            bar_ink=f"stage {group.number}",
            bar_length=bar,
            role="sign",
        )
        below -= sign.height * float(canvas.view.up[1]) + 14.0 * canvas.pixel
    return left, top
