"""Layout ``terraces``: maps whose resolution falls in stages, as rows of slabs on plinths (LAYOUTS.md, Terraces)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nn2gltf.ir.furniture import Measure, Points, TextLine
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.placement import Placement, PlateSize, Selection
from nn2gltf.layout.canvas import Canvas, rounded
from nn2gltf.layout.finish import finish_canvas, header_height, header_width, plate_scale
from nn2gltf.layout.head import Head, draw_head, head_width, read_head
from nn2gltf.layout.items import read_chain
from nn2gltf.layout.options import LayoutOptions
from nn2gltf.layout.pieces import Pen
from nn2gltf.layout.plugin import Layout
from nn2gltf.layout.stages import Stage, count_text, shape_text, split_stages
from nn2gltf.layout.terrace_rows import ROW_LEAN, STAGE_GAP, Plan, Word, plan_rows, row_gap, size_law

DEPTHS = (0.0, 60.0, 115.0, 160.0)
NEXT_DEPTH = 45.0
EDGE = 0.16
"""Half the width of a plinth's front line over the square root of the channels (LAYOUTS.md, Terraces 6)."""
HEAD_PIXELS = 560.0
LEGEND = (
    "one tile = one feature map, the nine strongest large",
    "thickness and front line = channels; sides = means",
)


@dataclass(frozen=True, kw_only=True)
class Ends:
    """Where a drawn row begins and ends, for the line to the next."""

    left: float
    right: float
    y: float
    z: float
    front: float
    ink: str


def fits(graph: Graph, _options: LayoutOptions) -> bool:
    """A chain of blocks of maps with falling resolution, few parallel branches."""
    chain = read_chain(graph)
    shapes = [item.shape for item in chain.items if item.shape and item.output.kind != "input"]
    resolutions = [shape[1] * shape[2] for shape in shapes]
    falls = all(b <= a for a, b in pairwise(resolutions))
    inputs = sum(layer.kind == "input" for layer in graph.layers)
    return (
        len(shapes) >= 5
        and inputs == 1
        and falls
        and len(set(resolutions)) >= 2
        and not chain.jumps
        and chain.beside <= 0.05 * len(graph.layers)
    )


def _read(graph: Graph, options: LayoutOptions) -> tuple[list[Stage], Head, Plan]:
    chain = read_chain(graph)
    stages, rest = split_stages(chain)
    head = read_head(graph, [item.output for item in rest], options)
    tail = 36.0 * len(head.vectors) + 46.0 * len(head.vectors) + (HEAD_PIXELS - 130 if head.bars else 0.0)
    plan = plan_rows(stages, size_law(stages), tail, most_cards=options.most_cards)
    return stages, head, plan


def select(graph: Graph, options: LayoutOptions) -> Selection:
    """What terraces draw: blocks' outputs and inner cards, decks, head."""
    _, head, plan = _read(graph, options)
    drawn = {i for row in plan.rows for word in row for piece in word.pieces for i in piece.layers} | set(
        head.drawn
    )
    folded = plan.folded
    notes = [f"{folded} blocks stand folded: only their outputs are drawn."] if folded else []
    hidden = len(graph.layers) - len(drawn)
    if hidden:
        notes.append(
            f"{hidden} of {len(graph.layers)} layers are not drawn: inner layers, shortcuts, folded blocks."
        )
    return Selection(
        layout="terraces",
        drawn=tuple(layer.id for layer in graph.layers if layer.id in drawn),
        labelled=False,
        legend=LEGEND,
        top_classes=head.count if head.bars else 0,
        reductions=tuple(notes),
    )


def place(
    graph: Graph, options: LayoutOptions, plates: Mapping[str, PlateSize], measure: Measure
) -> Placement:
    """Rows of stages, signs on the left, head at the end of the last row."""
    stages, head, plan = _read(graph, options)
    canvas = Canvas(graph=graph, measure=measure, pixel=plan.pixel)
    scale = plate_scale(canvas)
    y, ends, before = 0.0, [], 0.0
    tops: list[tuple[Word, float, float]] = []
    for index, row in enumerate(plan.rows):
        tall = max(word.height for word in row)
        y = y - (tall + ROW_LEAN * before + row_gap(row)) if index else 0.0
        z = DEPTHS[index] if index < len(DEPTHS) else DEPTHS[-1] + NEXT_DEPTH * (index - len(DEPTHS) + 1)
        last = index == len(plan.rows) - 1
        room = plan.width - (head_width(head, tall, plates, scale) if last else 0.0)
        ends.append(_draw_row(canvas, row, plan, (y, z), room))
        tops += [(word, y + tall, z) for word in row]
        before = tall
    _return_lines(canvas, ends)
    end, words = ends[-1], plan.rows[-1]
    if head.drawn:
        height = max(words[-1].height, 60.0)
        start = (end.right + 34.0, end.y, end.z)
        canvas.line(
            "edge",
            [(end.right, end.y - 14.5, end.front), (start[0] + 10.0, end.y - 14.5, end.front)],
            3.0,
            end.ink,
        )
        draw_head(canvas, head, start, height, plates, scale, ink=end.ink)
    left, top = _draw_signs(canvas, stages, tops, plates)
    return finish_canvas(canvas, plates, title=(left, top), texels=options.most_texels)


def _draw_row(
    canvas: Canvas, row: tuple[Word, ...], plan: Plan, spot: tuple[float, float], room: float
) -> Ends:
    """The stages of a row, justified by stretching the gaps after pieces."""
    y, z = spot
    pieces = [piece for word in row for piece in word.pieces]
    slack = room - sum(word.width for word in row) - STAGE_GAP * (len(row) - 1)
    ending = {id(word.pieces[-1]) for word in row}
    total = sum(p.stretch for p in pieces if p.folded or id(p) not in ending) or 1.0
    x, right, front, pen = 0.0, 0.0, 0.0, None
    for number, word in enumerate(row):
        group = _group(word.stage)
        pen = Pen(
            canvas=canvas,
            law=plan.law,
            y=y,
            z=z,
            ink=word.stage.ink,
            group=group,
            start=x,
            top=pen.top if pen is not None and not (pen and row[number - 1].stage.stem) else None,
        )
        left = x
        for index, piece in enumerate(word.pieces):
            share = min(piece.most, max(0.0, slack) * piece.stretch / total)
            piece.draw(pen, x, share)
            ends_stage = index == len(word.pieces) - 1
            x += (
                piece.width
                + (piece.gap if not ends_stage else 0.35 * piece.gap)
                + (share if piece.folded or not ends_stage else 0.0)
            )
        right = x + 12.0
        depth = 0.36 * word.height
        front = z + depth + 8.0
        canvas.plinth((left - 26.0, right), y - 3.0, (z - depth, z + depth), group)
        _edge(canvas, word.stage, (left - 26.0, right), y, front, group)
        x = right + STAGE_GAP
    return Ends(left=0.0, right=right, y=y, z=z, front=front, ink=row[-1].stage.ink)


def _group(stage: Stage) -> str:
    """The scope whose node holds a stage, or a name of its own."""
    return stage.name


def _edge(canvas: Canvas, stage: Stage, x: tuple[float, float], y: float, front: float, group: str) -> None:
    """The line under a plinth's front, as wide as the stage has channels."""
    shapes = [item.shape for item in stage.items if item.shape and item.output.kind != "input"] or [(1, 1, 1)]
    first, last = (max(1.5, EDGE * shape[0] ** 0.5) for shape in (shapes[0], shapes[-1]))
    low = y - 8.0 - max(first, last) - 2.0
    canvas.line(
        "edge",
        [(x[0], low, front), (x[1], low, front)],
        2 * first,
        stage.ink,
        width_end=2 * last,
        group=group,
    )


def _return_lines(canvas: Canvas, ends: list[Ends]) -> None:
    """Thin lines from a row's end, back below it, to the start of the next."""
    for here, after in pairwise(ends):
        low, left = here.y - 36.0, after.left - 58.0
        path = rounded(
            [
                (here.right, here.y - 14.5, here.front),
                (here.right + 22.0, here.y - 14.5, here.front),
                (here.right + 22.0, low, here.front),
                (left, low, here.front),
                (left, after.y - 4.0, after.z),
                (after.left - 42.0, after.y - 4.0, after.z),
            ],
            16.0,
        )
        canvas.line("return", path, 3.0, f"{here.ink} / 0.62", ink_end=f"{after.ink} / 0.62", arrow=15.0)


def _draw_signs(
    canvas: Canvas,
    stages: list[Stage],
    tops: list[tuple[Word, float, float]],
    plates: Mapping[str, PlateSize],
) -> tuple[float, float]:
    """A sign a stage, left of its row and below the one before; returns the title's corner."""
    most = max((stage.parameters for stage in stages), default=0) or 1
    signed = [(word.stage, top, z) for word, top, z in tops if not word.stage.stem]
    texts = [_sign_lines(canvas, stage) for stage, _, _ in signed]
    bar = 200.0 * canvas.pixel
    width = max(
        [bar, header_width(plates, canvas)]
        + [canvas.measure(line.text, line.size, line.weight) for lines in texts for line in lines]
    )
    first = canvas.view.flat(_point(-58.0, 0.0, max((z for _, _, z in signed), default=0.0)))[0]
    left = float(first[0]) - width - 26.0 * canvas.pixel
    top = max((float(canvas.view.flat(_point(0.0, t, z))[0, 1]) for _, t, z in tops), default=0.0)
    below = top - header_height(plates, canvas) - 16.0 * canvas.pixel
    for (stage, high, z), lines in zip(signed, texts, strict=True):
        wanted = float(canvas.view.flat(_point(0.0, high, z))[0, 1]) - 18.0 * canvas.pixel
        here = min(wanted, below)
        sign = canvas.sign_at(
            f"sign {stage.number}",
            lines,
            left,
            here,
            align="left",
            bar=stage.parameters / most,
            bar_ink=stage.ink,
            bar_length=bar,
            role="sign",
            group=_group(stage),
            depth=z,
        )
        below = here - sign.height * float(canvas.view.up[1]) - 14.0 * canvas.pixel
    return left, top


def _point(x: float, y: float, z: float) -> Points:
    return np.array([[x, y, z]])


def _sign_lines(canvas: Canvas, stage: Stage) -> tuple[TextLine, ...]:
    name = stage.name + (f"  × {stage.blocks}" if stage.blocks > 1 else "")
    lines = [canvas.text(name, 22.0, weight=700, ink=stage.ink)]
    if stage.kinds:
        lines.append(canvas.text(stage.kinds, 14.5, ink="dim"))
    lines.append(canvas.text(shape_text(stage.shape), 16.0, weight=600))
    lines.append(canvas.text(count_text(stage.parameters), 15.0, ink="dim"))
    return tuple(lines)


LAYOUT = Layout(fits=fits, select=select, place=place)
