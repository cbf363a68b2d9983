"""Rows of terraces: stages as words that wrap, folded where they do not fit (LAYOUTS.md, Terraces 5 and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nn2gltf.layout.items import Item
from nn2gltf.layout.pieces import FOLD_AT, Piece, block_piece, deck_piece, panel_piece
from nn2gltf.layout.shapes import SizeLaw, amount, face_shape
from nn2gltf.layout.stages import Stage

LARGEST = 240.0
FOLD_SHARE = 0.86
"""A stage folds when so much of its natural width exceeds the room."""
STAGE_GAP = 52.0
ROW_GAP, ROW_LEAN = 66.0, 0.10
FIGURE_PIXELS, SIGN_PIXELS, TALL_PIXELS = 1190.0, 330.0, 730.0
"""Of a picture 1,600 x 800: what rows, the signs left of them, and all rows above each other may take."""
WIDTHS = tuple(range(800, 2601, 100))


@dataclass(frozen=True, kw_only=True)
class Word:
    """A stage with its pieces."""

    stage: Stage
    pieces: tuple[Piece, ...]

    @property
    def width(self) -> float:
        """Least width along the row."""
        return sum(piece.width + piece.gap for piece in self.pieces)

    @property
    def height(self) -> float:
        """Tallest panel."""
        return max((piece.height for piece in self.pieces), default=0.0)

    @property
    def folded(self) -> int:
        """Blocks that stand folded."""
        return sum(piece.folded for piece in self.pieces)

    @property
    def labelled(self) -> bool:
        """Whether single layers stand in it, with a label above."""
        return not self.stage.stem and any(len(item.layers) == 1 for item in self.stage.items)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Rows of words.

    Attributes:
        width: Where justified rows end.
        tail: Room at the end of the last row for the head.
        pixel: Scene units of a pixel.
    """

    rows: tuple[tuple[Word, ...], ...]
    width: float
    tail: float
    pixel: float
    law: SizeLaw

    @property
    def folded(self) -> int:
        """Blocks that stand folded."""
        return sum(word.folded for row in self.rows for word in row)


def size_law(stages: list[Stage]) -> SizeLaw:
    """One law for all panels, from the outputs of the trunk."""
    shapes = [face_shape(i.output) for stage in stages for i in stage.items if i.output.kind != "input"]
    return SizeLaw.over([amount(shape) for shape in shapes], largest=LARGEST)


def plan_rows(stages: list[Stage], law: SizeLaw, tail_pixels: float, *, most_cards: int) -> Plan:
    """The width of rows that draws everything largest while folding little.

    Args:
        tail_pixels: Width of the head on the picture.
        most_cards: Blocks of a folded stage that are drawn as cards at most.
    """
    best: tuple[float, Plan] | None = None
    blocks = max(1, sum(len(stage.items) for stage in stages))
    for width in WIDTHS:
        plan = _wrap(stages, law, float(width), tail_pixels, most_cards)
        score = (1.0 - plan.folded / blocks) ** 0.4 / plan.pixel if plan.folded < blocks else 0.0
        score *= 0.55 + 0.45 * min(1.0, _fill(plan) / 0.85)
        if best is None or score > best[0] * 1.02:
            best = (score, plan)
    assert best is not None
    return _open_one(best[1])


def row_gap(row: Sequence[Word]) -> float:
    """Space above a row, scene units."""
    return ROW_GAP + (26.0 if any(word.labelled for word in row) else 0.0)


def _row_width(row: Sequence[Word]) -> float:
    return sum(word.width for word in row) + STAGE_GAP * (len(row) - 1)


def _fill(plan: Plan) -> float:
    """How much of the rows is used."""
    used = [min(plan.width, sum(w.width for w in row)) for row in plan.rows]
    used[-1] = min(plan.width, used[-1] + plan.tail)
    return sum(used) / (plan.width * len(used))


def _wrap(stages: list[Stage], law: SizeLaw, width: float, tail_pixels: float, most_cards: int) -> Plan:
    pixel = width / FIGURE_PIXELS
    for _ in range(2):
        tail = tail_pixels * pixel
        rows: list[list[Word]] = []
        used = 0.0
        for index, stage in enumerate(stages):
            room = width - (tail if index == len(stages) - 1 else 0.0)
            word = _word(stage, law)
            joined = bool(rows) and (rows[-1][-1].stage.stem or used + STAGE_GAP + word.width <= room)
            start = used + STAGE_GAP if joined else 0.0
            if FOLD_SHARE * word.width > room - start:
                word = _word(stage, law, fold=True, most_cards=most_cards)
                if word.width > room - start and joined and not rows[-1][-1].stage.stem:
                    joined, start = False, 0.0
            if joined:
                rows[-1].append(word)
            else:
                rows.append([word])
            used = start + word.width
        heights = [max(word.height for word in row) for row in rows]
        gaps = [row_gap(row) for row in rows[1:]]
        tall = heights[0] + sum(heights[1:]) + ROW_LEAN * sum(heights[:-1]) + sum(gaps) + 60.0
        widest = max([width, *(_row_width(row) for row in rows)])
        pixel = max(widest / FIGURE_PIXELS, tall / TALL_PIXELS)
    return Plan(rows=tuple(tuple(row) for row in rows), width=widest, tail=tail, pixel=pixel, law=law)


def _word(stage: Stage, law: SizeLaw, *, fold: bool = False, most_cards: int = 40, opened: int = -1) -> Word:
    """A stage's pieces; folded, the first and last of its blocks stand and the others form a deck."""
    items = list(stage.items)
    blocks = [index for index, item in enumerate(items) if _same(item, items)]
    inside = blocks[1:-1] if fold and len(blocks) >= FOLD_AT else []
    pieces: list[Piece] = []
    for index, item in enumerate(items):
        if index in inside:
            if index == inside[0]:
                pieces.append(deck_piece(_thinned([items[i] for i in inside], most_cards), law, len(inside)))
            continue
        if len(item.layers) > 1 and item.shape:
            pieces.append(block_piece(item, law, opened=index == opened))
        else:
            pieces.append(panel_piece(item, law, label=stage.stem or item.output.kind == "input"))
    return Word(stage=stage, pieces=tuple(pieces))


def _same(item: Item, items: list[Item]) -> bool:
    """Whether an item is one of the stage's blocks: of the most frequent shape of output."""
    shapes = [other.shape for other in items if other.works]
    return (
        item.works
        and bool(shapes)
        and item.shape == max(set(shapes), key=lambda s: (shapes.count(s), s or (0,)))
    )


def _thinned(items: list[Item], most: int) -> tuple[Item, ...]:
    """At most so many, evenly chosen, the first and last kept."""
    if len(items) <= most:
        return tuple(items)
    return tuple(items[round(i * (len(items) - 1) / (most - 1))] for i in range(most))


def _open_one(plan: Plan) -> Plan:
    """Open the last block of the row with most room."""
    best: tuple[float, int, int, Word] | None = None
    widest = max([plan.width, *(_row_width(row) for row in plan.rows)])
    for r, row in enumerate(plan.rows):
        used = _row_width(row)
        room = widest - (plan.tail if r == len(plan.rows) - 1 else 0.0)
        for w, word in enumerate(row):
            found = [i for i, item in enumerate(word.stage.items) if len(item.inner) >= 2 and item.scope]
            if len(found) < 2:
                continue
            opened = _word(word.stage, plan.law, fold=word.folded > 0, opened=found[-1])
            slack = room - used - (opened.width - word.width)
            slack += 30.0 * word.folded  # a deck gives way
            if best is None or slack > best[0]:
                best = (slack, r, w, opened)
    if best is None or best[0] < 0:
        return plan
    _, r, w, opened = best
    rows = [list(row) for row in plan.rows]
    rows[r][w] = opened
    return Plan(
        rows=tuple(tuple(row) for row in rows),
        width=plan.width,
        tail=plan.tail,
        pixel=plan.pixel,
        law=plan.law,
    )
