"""Stages: runs of items at one resolution, with what a sign says about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from nn2gltf.errors import safe
from nn2gltf.ir.graph import Layer
from nn2gltf.layout.items import Chain, Item
from nn2gltf.layout.shapes import Maps

NAME_LIMIT = 22


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Items that stand on one plinth.

    Attributes:
        name: Module path that they share, or a number.
        number: Index of the stage's colour; the stem has that of the first.
        stem: Comes before the first block, without a sign of its own.
    """

    items: tuple[Item, ...]
    name: str
    number: int
    stem: bool = False

    @property
    def ink(self) -> str:
        """Colour of the stage."""
        return "neutral" if self.stem else f"stage {self.number}"

    @property
    def shape(self) -> Maps:
        """Of the last item's output."""
        return next((item.shape for item in reversed(self.items) if item.shape), (1, 1, 1))

    @property
    def blocks(self) -> int:
        """Blocks, and layers with weights."""
        return sum(1 for item in self.items if item.works)

    @property
    def parameters(self) -> int:
        """Trainable parameters."""
        return sum(item.parameters for item in self.items)

    @property
    def kinds(self) -> str:
        """Classes of its blocks, for a sign."""
        names = list(dict.fromkeys(item.type for item in self.items if item.scope and item.type))
        return " + ".join(safe(name, limit=24) for name in names[:2]) + (" ..." if len(names) > 2 else "")


def split_stages(chain: Chain) -> tuple[list[Stage], list[Item]]:
    """Stages of maps, and the head: the items after the last map.

    A stage ends where the resolution changes; a pool that makes it change ends the stage before it.
    """
    last = max((i for i, item in enumerate(chain.items) if item.shape), default=-1)
    body, head = list(chain.items[: last + 1]), list(chain.items[last + 1 :])
    stem = next((i for i, item in enumerate(body) if item.scope), 0)
    runs: list[list[Item]] = [body[:stem]] if stem else []
    first = len(runs)
    for item in body[stem:]:
        if (len(runs) > first and (_resolution(runs[-1][0]) == _resolution(item) or _is_pool(item))) or (
            len(runs) > first and (runs[-1][-1].output.kind == "input")
        ):
            runs[-1].append(item)
        else:
            runs.append([item])
    names = [_common_path(run) for run in runs]
    repeated = Counter(names)
    stages, number = [], 0
    for index, (run, name) in enumerate(zip(runs, names, strict=True)):
        is_stem = bool(stem) and index == 0
        fitting = name and repeated[name] == 1 and len(name) <= NAME_LIMIT
        stages.append(
            Stage(
                items=tuple(run),
                name=name if fitting else f"stage {number + 1}",
                number=number,
                stem=is_stem,
            )
        )
        number += 0 if is_stem else 1
    return stages, head


def _resolution(item: Item) -> tuple[int, int]:
    shape = item.shape
    return (shape[1], shape[2]) if shape else (0, 0)


def _is_pool(item: Item) -> bool:
    return len(item.layers) == 1 and item.output.kind == "pool"


def common_parts(paths: Sequence[Sequence[str]]) -> list[str]:
    """The parts that all paths begin with.

    >>> common_parts([["net", "a", "conv"], ["net", "a", "norm"]])
    ['net', 'a']
    """
    return [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*paths, strict=False))]


def _common_path(run: list[Item]) -> str:
    paths = [(item.scope or item.output.scope).split(".") for item in run if item.output.kind != "input"]
    common = common_parts(paths)
    if len(run) == 1 and run[0].scope and len(common) > 1:
        common = common[:-1]
    return safe(".".join(common), limit=60)


def shape_text(shape: tuple[int, ...]) -> str:
    """``256 × 56 × 56``."""
    return " × ".join(str(n) for n in shape)


def count_text(parameters: int) -> str:
    """``7.1 M parameters``."""
    for unit, letter in ((1e9, "B"), (1e6, "M")):
        if parameters >= 0.05 * unit:
            return f"{parameters / unit:.1f} {letter} parameters"
    return f"{parameters:,} parameters"


def op_text(layer: Layer) -> str:
    """``3 × 3``, ``max pool``: what a layer does, shortly."""
    kernel = layer.attributes.get("kernel_size")
    if layer.kind == "conv" and kernel:
        sizes = kernel if isinstance(kernel, list | tuple) else [kernel, kernel]
        up = "up " if "Transpose" in layer.op or "transpose" in layer.op else ""
        return up + " × ".join(str(n) for n in sizes)
    words = {
        "pool": "max pool" if "max" in layer.op.lower() else "avg pool",
        "linear": "linear",
        "concat": "concat",
        "add": "sum",
        "mul": "scaled",
        "upsample": "up",
        "input": "input",
        "softmax": "softmax",
    }
    return words.get(layer.kind, safe(layer.op.replace("_", " "), limit=20))
