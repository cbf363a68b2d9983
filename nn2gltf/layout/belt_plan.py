"""What a belt shows: which block stands open, which layers become doors, how a token's numbers are folded."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nn2gltf.ir.graph import Layer
from nn2gltf.layout.options import LayoutOptions
from nn2gltf.layout.stream import Machine, Stream, tokens_of

MOST_LANES = 32
MOST_DOORS = 24
MOST_STAMPS = 6
TOP_CLASSES = 6
STAMP = 16.0
"""Height of a token's stamp, scene units."""


@dataclass(frozen=True, kw_only=True)
class BeltPlan:
    """Attributes of a belt.

    Attributes:
        opened: The machines of the first block.
        doors: The further machines' drawn layers, one tuple a block: attention weights, then the MLP.
        folded: Blocks that stand as doors or are left out.
        bars: Number of bars of the answer.
        has_values: Whether anything was recorded.
    """

    stream: Stream
    opened: tuple[Machine, ...]
    doors: tuple[tuple[Layer, ...], ...]
    folded: int
    answer: Layer | None
    bars: int
    has_values: bool

    @property
    def rows(self) -> int:
        """Rows into which a token's vector is folded: the divisor of d that makes a stamp three times as wide."""
        width = self.stream.width
        wanted = math.sqrt(width / 3)
        divisors = [n for n in range(1, min(width, 64) + 1) if width % n == 0]
        return min(divisors, key=lambda n: abs(math.log(n / wanted)))

    @property
    def lanes(self) -> int:
        """Lanes of the belt."""
        return min(self.stream.tokens, MOST_LANES)

    @property
    def amber(self) -> int | None:
        """Lane of the token that is read out: a last token says what comes next; None where no single one does."""
        token = self.stream.readout
        if token is None:
            return None if self.answer is not None else self.lanes - 1
        return token if token < self.lanes - 1 else self.lanes - 1

    @property
    def _readout_words(self) -> str:
        if self.stream.readout is None or self.amber is None:
            return "the last token"
        place = {0: "first", self.lanes - 1: "last"}.get(self.amber, f"{self.amber + 1}th")
        return f"the {place} token, read out"

    @property
    def drawn(self) -> tuple[Layer, ...]:
        """Every layer that is drawn."""
        found = [self.stream.start]
        for machine in self.opened:
            found += [*shown_stamps(machine), *([machine.heads] if machine.heads else []), machine.total]
        found += [layer for door in self.doors for layer in door]
        last = self.stream.machines[-1].total
        found += [last] if last is not self.opened[-1].total else []
        return (*found, *([self.answer] if self.answer else []))

    @property
    def legend(self) -> tuple[str, ...]:
        """What the drawing means."""
        stream = self.stream
        lanes = (
            "one lane = one token" if stream.tokens <= MOST_LANES else f"{stream.tokens} tokens as one belt"
        )
        lines = [
            f"{lanes}, {stream.width} numbers wide",
            "every machine reads the belt and adds to it",
            *([f"amber = {self._readout_words}"] if self.amber is not None else []),
        ]
        if any(machine.weights for machine in self.opened):
            lines.append("attention: row looks at column, one tile a head")
        elif any(machine.heads for machine in self.opened):
            lines.append("attention: one tile a head, its output")
        return tuple(lines)

    def notes(self, count: int) -> tuple[str, ...]:
        """What is folded or not drawn."""
        notes = []
        hidden = count - len(self.drawn)
        if self.folded:
            notes.append(f"{self.folded} blocks stand folded: attention weights above, the MLP below.")
        if self.folded > len(self.doors):
            notes.append(f"{len(self.doors)} of {self.folded} folded blocks are drawn.")
        if any(m.attends and m.weights is None for m in self.stream.machines):
            notes.append(
                "Attention weights are computed inside one operation: tiles show each head's output."
            )
        if hidden:
            notes.append(f"{hidden} of {count} layers are not drawn: plumbing and folded ones.")
        return tuple(notes)


def shown_stamps(machine: Machine) -> tuple[Layer, ...]:
    """Stamps of an opened machine: the first ones and the last."""
    stamps = machine.stamps
    return stamps if len(stamps) <= MOST_STAMPS else (*stamps[: MOST_STAMPS - 1], stamps[-1])


def plan_belt(stream: Stream, answer: Layer | None, options: LayoutOptions) -> BeltPlan:
    """Open the first block; of the others keep what fits."""
    machines = stream.machines
    second = next((i for i, m in enumerate(machines) if i and m.attends), len(machines))
    size = max(1, second)
    blocks = [machines[i : i + size] for i in range(size, len(machines), size)]
    shown = _thin(blocks)
    doors = tuple(door for door in (_door(block) for block in shown) if door)
    bars = 0
    if answer is not None:
        classes = answer.outputs[0].shape[1]
        bars = classes if classes <= min(10, options.max_bars) else TOP_CLASSES
    return BeltPlan(
        stream=stream,
        opened=machines[:size],
        doors=doors,
        folded=len(blocks),
        answer=answer,
        bars=bars,
        has_values=options.has_values,
    )


def _thin(blocks: list[tuple[Machine, ...]]) -> list[tuple[Machine, ...]]:
    """At most so many blocks, evenly chosen, the first and the last kept."""
    if len(blocks) <= MOST_DOORS:
        return blocks
    step = (len(blocks) - 1) / (MOST_DOORS - 1)
    return [blocks[round(i * step)] for i in range(MOST_DOORS)]


def _door(block: tuple[Machine, ...]) -> tuple[Layer, ...]:
    """Attention weights, then the widest layer of the last machine that has one vector a token."""
    heads = [machine.heads for machine in block if machine.heads]
    wide = max(block[-1].stamps, key=lambda layer: (tokens_of(layer) or (0, 0))[1], default=None)
    return (*heads[:1], *([wide] if wide else []))
