"""Pages: palette PNGs whose tiles are all steps of all layers, and the exact data at the same time.

Every probe has pages of its own per palette, all with the same tile layout, so that geometry and texture
coordinates are shared between probes (ENCODING.md, rule 2 and Clips). Where the layers of a palette do not fit one
page they take several; all steps of a layer are on one of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nn2gltf.encode.page_grid import PAGE_LIMIT, grid_fits, gutter_of, steps_across, tile_columns
from nn2gltf.encode.values import LayerValues, SceneValues
from nn2gltf.errors import LimitError
from nn2gltf.ir.recording import ByteArray

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """Where one layer's tiles are on its pages; see docs/scene-format.md, Values and tiles.

    Attributes:
        width, height: Pixels of one tile without gutter.
        origins: Pixel (x, y) of the block of each step; one entry when the layer does not change.
        margin: Texels kept free around the block, so that mipmaps of neighbours do not run into it.
    """

    width: int
    height: int
    count: int
    columns: int
    gutter: int
    origins: tuple[tuple[int, int], ...]
    margin: int = 0

    @property
    def block(self) -> tuple[int, int]:
        """Width and height of one step's block, pixels."""
        rows = -(-self.count // self.columns)
        return self.columns * (self.width + 2 * self.gutter), rows * (self.height + 2 * self.gutter)

    def origin(self, step: int) -> tuple[int, int]:
        """Origin of a step's block."""
        return self.origins[min(step, len(self.origins) - 1)]

    def corners(self, step: int) -> npt.NDArray[np.int64]:
        """(count, 2) pixel of each tile's top left."""
        index = np.arange(self.count)
        x0, y0 = self.origin(step)
        x = x0 + self.gutter + index % self.columns * (self.width + 2 * self.gutter)
        y = y0 + self.gutter + index // self.columns * (self.height + 2 * self.gutter)
        return np.stack([x, y], axis=1)


@dataclass(frozen=True, kw_only=True)
class PageLayout:
    """Size of one page, equal for all probes, and the tiles of each layer on it."""

    palette: str
    width: int
    height: int
    tiles: Mapping[str, Tiles]

    @property
    def mipmaps(self) -> bool:
        """Whether the page holds mosaics that are drawn smaller than their texels."""
        return any(tiles.margin for tiles in self.tiles.values())

    def tile_uvs(self, layer_id: str, step: int) -> FloatArray:
        """(4 count, 2) texture coordinates of a layer's quads, from bottom left counter-clockwise."""
        tiles = self.tiles[layer_id]
        corner = tiles.corners(step)
        x0, x1 = corner[:, 0] / self.width, (corner[:, 0] + tiles.width) / self.width
        y0, y1 = corner[:, 1] / self.height, (corner[:, 1] + tiles.height) / self.height
        quad = np.stack([x0, y1, x1, y1, x1, y0, x0, y0], axis=1)
        return quad.reshape(-1, 2).astype(np.float32)

    def texel_uvs(self, layer_id: str, step: int, vertices: int) -> FloatArray:
        """(vertices * count, 2) coordinates of each one-pixel tile's middle: no filter can reach a neighbour."""
        middle = (self.tiles[layer_id].corners(step) + 0.5) / np.array([self.width, self.height])
        return np.repeat(middle, vertices, axis=0).astype(np.float32)


def layout_pages(layers: Mapping[str, LayerValues], steps: int) -> dict[str, PageLayout]:
    """Page name to its layout: layers packed on shelves for one step, steps on a grid.

    The first page of a palette has the palette's name, further ones a number behind it.

    Raises:
        LimitError: The tiles of one layer do not fit a page of 4096 x 4096 pixels.
    """
    layouts: dict[str, PageLayout] = {}
    for palette in sorted({layer.palette for layer in layers.values()}):
        group = [layer for layer in layers.values() if layer.palette == palette]
        moving = 1 if palette == "input" else steps
        blocks = [
            {layer.id: _tiles(layer) for layer in group if layer.sharp == sharp} for sharp in (True, False)
        ]
        pages = [page for block in blocks if block for page in _split(block, moving)]
        for index, page in enumerate(pages):
            layouts[f"{palette} {index + 1}" if index else palette] = _layout_page(palette, page, moving)
    return layouts


def _split(blocks: Mapping[str, Tiles], steps: int) -> list[dict[str, Tiles]]:
    """Tiles by page: all on one where they fit, else in their order, a new page where the last is full."""
    pages: list[dict[str, Tiles]] = []
    if _fits(blocks, steps):
        return [dict(blocks)]
    families: dict[str, dict[str, Tiles]] = {}
    for key, tiles in blocks.items():
        # A layer and its projections share a mesh, so they share a page.
        families.setdefault(key.partition("\0")[0], {})[key] = tiles
    for family in families.values():
        if pages and _fits(pages[-1] | family, steps):
            pages[-1] |= family
        else:
            pages.append(family)
    return pages


def _fits(blocks: Mapping[str, Tiles], steps: int) -> bool:
    _, width, height = _arrange(blocks)
    return grid_fits(width, height, steps)


def _arrange(blocks: Mapping[str, Tiles]) -> tuple[dict[str, tuple[int, int]], int, int]:
    """Spot of each layer's block in one step, and the size of a step."""
    sizes = {
        layer_id: (tiles.block[0] + 2 * tiles.margin, tiles.block[1] + 2 * tiles.margin)
        for layer_id, tiles in blocks.items()
    }
    spots, width, height = _pack(sizes)
    return (spots, width, height) if height <= PAGE_LIMIT else _pack(sizes, at_least=PAGE_LIMIT)


def _layout_page(palette: str, blocks: Mapping[str, Tiles], steps: int) -> PageLayout:
    spots, width, height = _arrange(blocks)
    across = steps_across(width, height, steps)
    page_width, page_height = across * width, -(-steps // across) * height
    if not grid_fits(width, height, steps):
        raise LimitError(
            f"the activations of one layer need {page_width} x {page_height} pixels, the limit is {PAGE_LIMIT} a side",
            hint="Draw fewer steps or layers.",
        )
    placed = {
        layer_id: replace(
            tiles, origins=_origins(spots[layer_id], tiles.margin, across, (width, height), steps)
        )
        for layer_id, tiles in blocks.items()
    }
    return PageLayout(palette=palette, width=page_width, height=page_height, tiles=placed)


def _origins(
    spot: tuple[int, int], margin: int, across: int, size: tuple[int, int], steps: int
) -> tuple[tuple[int, int], ...]:
    x, y = spot[0] + margin, spot[1] + margin
    return tuple((x + step % across * size[0], y + step // across * size[1]) for step in range(steps))


def _tiles(layer: LayerValues) -> Tiles:
    height, width = layer.cell_shape
    gutter = gutter_of(height, width)
    return Tiles(
        width=width,
        height=height,
        count=layer.cells,
        columns=tile_columns(layer.cells, height + 2 * gutter, width + 2 * gutter),
        gutter=gutter,
        margin=layer.margin,
        origins=((0, 0),),
    )


def _pack(
    sizes: Mapping[str, tuple[int, int]], *, at_least: int = 0
) -> tuple[dict[str, tuple[int, int]], int, int]:
    """Shelf packing, tallest first: spot of each block, and the size of them all."""
    area = sum(width * height for width, height in sizes.values())
    limit = max(at_least, *(width for width, _ in sizes.values()), math.isqrt(area) + 1)
    spots: dict[str, tuple[int, int]] = {}
    x = y = shelf = used = 0
    for key, (width, height) in sorted(sizes.items(), key=lambda item: (-item[1][1], item[0])):
        if x and x + width > limit:
            x, y, shelf = 0, y + shelf, 0
        spots[key] = (x, y)
        x, shelf, used = x + width, max(shelf, height), max(used, x + width)
    return spots, used, y + shelf


def encode_pages(
    values: SceneValues, layouts: Mapping[str, PageLayout], probes: tuple[int, ...], *, exact: bool
) -> Iterator[tuple[str, dict[int, tuple[ByteArray, ByteArray | None]]]]:
    """Fill every page: its name, and by probe (height, width) codes and remainders.

    Pages of one name are in memory at a time, one for each probe.

    Args:
        probes: Indices of the probes that are drawn.
        exact: Also fill the remainders.
    """
    for name, layout in layouts.items():
        size = (layout.height, layout.width)
        pages = {
            probe: (
                np.full(size, _ground(layout), np.uint8),
                np.full(size, 127, np.uint8) if exact else None,
            )
            for probe in probes
        }
        for layer_id, tiles in layout.tiles.items():
            for index, step in enumerate(values.steps[: len(tiles.origins)]):
                codes, remainders = values.codes(layer_id, step, probes, exact=exact)
                for row, (page, low) in enumerate(pages.values()):
                    _fill(page, tiles, index, codes[row])
                    if low is not None and remainders is not None:
                        _fill(low, tiles, index, remainders[row])
        yield name, pages


def _ground(layout: PageLayout) -> int:
    """Code between the tiles: zero's, where mipmaps can reach it."""
    return 127 if layout.palette == "diverging" and layout.mipmaps else 0


def _fill(page: ByteArray, tiles: Tiles, step: int, cells: ByteArray) -> None:
    """Write one step's tiles, each with its edge repeated in the gutter."""
    gutter = tiles.gutter
    padded = np.pad(cells, ((0, 0), (gutter, gutter), (gutter, gutter)), mode="edge") if gutter else cells
    for (x, y), cell in zip(tiles.corners(step) - gutter, padded, strict=True):
        page[y : y + cell.shape[0], x : x + cell.shape[1]] = cell
