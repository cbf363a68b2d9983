"""Shelves of modules: how large their tensors are drawn, and where shelves wrap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from nn2gltf.ir.furniture import Measure
from nn2gltf.ir.graph import Layer
from nn2gltf.ir.tensor_picture import picture_of
from nn2gltf.layout.canvas import across
from nn2gltf.layout.shapes import SizeLaw, amount
from nn2gltf.layout.weight_groups import Group, Module, module_name, shape_text

TURN = 72.0
"""Degrees between a plate and the view across the shelf; 90 would face the viewer."""
LARGEST, RATIO, LONGEST = 230.0, 3.0, 2.8
"""Side of the largest plate, scene units; how many times smaller the smallest may be, and longer than wide."""
STRIP, STRIP_GAP = 8.0, 5.0
SHORTEST_STRIP, LONGEST_STRIP = 44.0, 110.0
FOOT = 26.0
"""Below a shelf down to its text: the plinth, and how far the text stands in front of it."""
RIM = 1.4
MODULE_GAP, GROUP_GAP, SHELF_GAP, SHELF_DEPTH = 16.0, 34.0, 14.0, 46.0
NAME, DETAIL, SIGN = 15.0, 12.5, 19.0
"""Pixels of a module's name, of what it is, and of a group's name, in a picture 1,600 pixels wide."""
PICTURE = (1440.0, 590.0)
"""Pixels that the shelves may take."""
WIDTHS = tuple(round(240 * 1.08**k) for k in range(48))
ROUNDS = 4
EMPTY_PRICE = 0.2
"""How much smaller everything may be drawn so that no shelf is nearly empty."""


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A module with its size on the shelf, scene units, and the batch norm after it.

    Attributes:
        details: Lines below the name.
        sizes: Width and height of each plate.
        width, height: Of plates and strips together.
        room: Along the shelf, its text included.
    """

    module: Module
    name: str
    details: tuple[str, ...]
    sizes: tuple[tuple[float, float], ...]
    width: float
    height: float
    room: float


@dataclass(frozen=True, kw_only=True)
class Block:
    """A group with its stands."""

    group: Group
    stands: tuple[Stand, ...]

    @property
    def width(self) -> float:
        """Along the shelf."""
        return sum(stand.room for stand in self.stands) + MODULE_GAP * (len(self.stands) - 1)

    @property
    def height(self) -> float:
        """Of the tallest stand."""
        return max(stand.height for stand in self.stands)

    @property
    def signed(self) -> bool:
        """Whether it has a name beside those of its modules."""
        return len(self.stands) > 1 or self.group.folded > 0


Shelf = list[Block]


def plan_shelves(groups: Sequence[Group], measure: Measure) -> tuple[list[Shelf], float]:
    """Shelves of the width that draws everything largest and leaves none nearly empty, and scene units of a pixel."""
    best: tuple[float, list[Shelf], float] | None = None
    wide = cache(measure)
    for width in WIDTHS:
        pixel, shelves = width / PICTURE[0], list[Shelf]()
        for _ in range(ROUNDS):
            shelves = _wrap(_blocks(groups, wide, pixel), float(width))
            pixel = _pixel(shelves, pixel)
        shelves = _cut(_blocks(groups, wide, pixel), [len(shelf) for shelf in shelves])
        pixel = _pixel(shelves, pixel)
        emptiest = min(map(_width, shelves)) / max(map(_width, shelves))
        price = pixel * (1.0 + EMPTY_PRICE * (1.0 - emptiest))
        if best is None or price < best[0]:
            best = price, shelves, pixel
    assert best is not None
    return best[1], best[2]


def _pixel(shelves: Sequence[Shelf], pixel: float) -> float:
    """Scene units of a pixel at which shelves whose text was measured at ``pixel`` fit the picture."""
    tall = sum(room_above(shelf, pixel) + room_below(shelf, pixel) for shelf in shelves)
    return max(max(map(_width, shelves)) / PICTURE[0], tall / PICTURE[1])


def room_above(shelf: Shelf, pixel: float) -> float:
    """Above a shelf's plinth: plates, and the names of groups."""
    return max(block.height for block in shelf) + sign_room(shelf, pixel)


def room_below(shelf: Shelf, pixel: float) -> float:
    """Below it: the names of modules, and space."""
    lines = max(len(stand.details) for block in shelf for stand in block.stands)
    return FOOT + (NAME + lines * DETAIL) * 1.3 * pixel + SHELF_GAP


def sign_room(shelf: Shelf, pixel: float) -> float:
    """Above the plates of a shelf."""
    return 2.6 * SIGN * pixel if any(block.signed for block in shelf) else 0.0


def _blocks(groups: Sequence[Group], measure: Measure, pixel: float) -> list[Block]:
    plates = [layer for group in groups for module in group.modules for layer in module.plates]
    law = SizeLaw.over([amount(layer.outputs[0].shape) for layer in plates], largest=LARGEST, ratio=RATIO)
    return [
        Block(
            group=group, stands=tuple(_stand(group, module, law, measure, pixel) for module in group.modules)
        )
        for group in groups
    ]


def _stand(group: Group, module: Module, law: SizeLaw, measure: Measure, pixel: float) -> Stand:
    sizes = tuple(_plate_size(layer, law) for layer in module.plates)
    width = sum(w for w, _ in sizes) + (2 * RIM + STRIP_GAP) * max(0, len(sizes) - 1)
    width = width or max(_strip_width(layer, law) for layer in module.strips)
    name, details = module_name(group, module), _details(module)
    text = [measure(name, NAME * pixel, 700), *(measure(line, DETAIL * pixel, 500) for line in details)]
    return Stand(
        module=module,
        name=name,
        details=details,
        sizes=sizes,
        width=width,
        height=max((h for _, h in sizes), default=0.0) + len(module.strips) * (STRIP + STRIP_GAP),
        room=max(across(width + 2 * RIM, TURN), max(text) + 4.0 * pixel),
    )


def _details(module: Module) -> tuple[str, ...]:
    """What it is, and the shape of its largest tensor."""
    largest = max((*module.plates, *module.strips), key=lambda layer: layer.parameters[0].count)
    shape = shape_text(largest)
    kind = f"{module.op} + {module.norm}" if module.norm else module.op
    return (kind, shape) if kind else (shape,)


def _plate_size(layer: Layer, law: SizeLaw) -> tuple[float, float]:
    """Width and height of a plate, never much longer than its width."""
    rows, columns = picture_of(layer.parameters[0].shape).extent
    side = law.side(layer.outputs[0].shape)
    ratio = math.sqrt(min(LONGEST, max(1 / LONGEST, columns / rows)))
    return side * ratio, side / ratio


def _strip_width(layer: Layer, law: SizeLaw) -> float:
    return min(LONGEST_STRIP, max(SHORTEST_STRIP, 1.2 * law.side((layer.parameters[0].count, 8))))


def _wrap(blocks: Sequence[Block], width: float) -> list[Shelf]:
    shelves: list[Shelf] = [[]]
    used = 0.0
    for block in blocks:
        wanted = used + (GROUP_GAP if shelves[-1] else 0.0) + block.width
        if shelves[-1] and wanted > width:
            shelves.append([])
            wanted = block.width
        used = wanted
        shelves[-1].append(block)
    return shelves


def _cut(blocks: Sequence[Block], counts: Sequence[int]) -> list[Shelf]:
    """The same shelves of blocks whose text has another size."""
    ends = list(accumulate(counts))
    return [list(blocks[end - count : end]) for end, count in zip(ends, counts, strict=True)]


def _width(shelf: Shelf) -> float:
    return sum(block.width for block in shelf) + GROUP_GAP * (len(shelf) - 1)
