"""Placement: where every layer, joint, arc and plate stands.

Lengths are scene units, one unit being one number of a feature map drawn at full size; the scene's root
node carries ``scale``, which turns them into metres. Each layer has a local frame: +X across its panel
towards downstream, +Y up, +Z the panel's normal, towards upstream and the viewer.

The vocabulary of layouts:

- **layers** (:class:`LayerPlacement`): everything that shows values. A plain ``grid`` of cells, or ``rects``: cells of
  any place and size (a ranked mosaic, stamps on a belt, heads as tiles). ``thickness`` makes a panel a slab whose right
  and top faces show mean projections; ``lean`` tilts it back like a music stand. Layers of the graph that have no
  placement are folded: the scene lists them without a drawing, and ``reductions`` says so.
- **furniture** (:mod:`nn2gltf.ir.furniture`): ``solids``, ``lines``, ``discs``, ``signs``: structure and text without
  values, in colours named by the style, merged into one mesh a group.
- **arcs, plates**: what the layout ``row`` draws along the graph's edges, and the plates composed before layout
  (``title``, ``counter``, ``legend``).

A layout first gives a :class:`Selection` (which layers it draws, what the legend must say), from the graph alone, then
the placement, when text has been measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from nn2gltf.ir.furniture import Disc, Line, Points, Sign, Solid

Mark = Literal["image", "maps", "units", "bars", "block", "slab", "photo", "weights"]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Cells of one layer, row-major from the top left.

    Attributes:
        count: Number of cells: channels of a map, units of a vector.
        columns: Cells in a full row; the last row may be partial.
        width, height: Extent of one cell, scene units.
        gap: Space between neighbours, scene units.
    """

    count: int
    columns: int
    width: float
    height: float
    gap: float

    @property
    def rows(self) -> int:
        """Number of rows."""
        return -(-self.count // self.columns)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the whole grid, scene units."""
        return (
            self.columns * (self.width + self.gap) - self.gap,
            self.rows * (self.height + self.gap) - self.gap,
        )

    def centers(self) -> Points:
        """(count, 2) cell centres (x, y) in the layer's local frame, the grid centred on the origin."""
        index = np.arange(self.count)
        x = (index % self.columns - (self.columns - 1) / 2) * (self.width + self.gap)
        y = ((self.rows - 1) / 2 - index // self.columns) * (self.height + self.gap)
        return np.stack([x, y], axis=1)


@dataclass(frozen=True, kw_only=True)
class LayerPlacement:
    """One layer.

    Attributes:
        id: The layer's id in the graph.
        mark: How it is drawn.
        grid: Its cells; a ``block`` has one cell.
        position: World position of the local origin (the panel's centre).
        yaw: Rotation about +Y, radians.
        cell_shape: Numbers in one cell, (rows, columns): a map's height and width, (1, 1) for a unit.
        length: Longest body of a unit or bar, scene units; 0 for flat marks.
        tail: Room right of the bars for their percentages, scene units.
        joint: Symbol of the disc above it where paths meet (``+``, ``×``, ``‖``), else empty.
        off_trunk: It stands on a branch, above the straight path.
        rects: (count, 4) centre x, y, width and height of each cell in the local frame instead of the grid's, the
            largest first; None for the plain grid.
        ranked: The strongest cell takes the first of ``rects``, and so on; else cells stand in order.
        thickness: Depth of a slab behind its face, scene units.
        rim: Width of the frame around a slab's face, scene units.
        lean: Rotation about the local +X after the yaw, radians; negative leans back.
        ink, tint: Colours of the rim, and of the face of a layer without values (:data:`~nn2gltf.ir.furniture.Ink`).
        text: Factor on the text scale for class names and percentages of bars.
        group: Scope path of the node that it hangs under; empty for the layer's own scope.
    """

    id: str
    mark: Mark
    grid: Grid
    position: tuple[float, float, float]
    yaw: float
    cell_shape: tuple[int, int] = (1, 1)
    length: float = 0.0
    tail: float = 0.0
    joint: str = ""
    off_trunk: bool = False
    rects: Points | None = None
    ranked: bool = False
    thickness: float = 0.0
    rim: float = 0.0
    lean: float = 0.0
    ink: str = "frame"
    tint: str = ""
    text: float = 1.0
    group: str = ""

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the panel, scene units."""
        if self.rects is None:
            return self.grid.size
        half = self.rects[:, 2:] / 2
        width, height = (self.rects[:, :2] + half).max(axis=0) - (self.rects[:, :2] - half).min(axis=0)
        return float(width), float(height)

    def world(self, local: Points) -> Points:
        """(n, 3) local points to scene units."""
        cosine, sine = np.cos(self.yaw), np.sin(self.yaw)
        points = np.asarray(local, dtype=np.float64)
        if self.lean:
            points = points @ _lean_matrix(self.lean)
        x = points[..., 0] * cosine + points[..., 2] * sine
        z = -points[..., 0] * sine + points[..., 2] * cosine
        world: Points = np.stack([x, points[..., 1], z], axis=-1) + np.asarray(self.position)
        return world

    @cached_property
    def corners(self) -> Points:
        """(8, 3) corners of its box in scene units: the panel, thickened by the bodies."""
        width, height = self.size
        if self.mark in ("slab", "photo", "weights"):
            width, height = width + 2 * self.rim, height + 2 * self.rim
        front, back = (self.length if self.mark == "units" else 1.2), -max(1.6, self.thickness)
        right = width / 2 + (self.length + self.tail if self.mark == "bars" else 0.0)
        local = np.array(
            [(x, y, z) for x in (-width / 2, right) for y in (-height / 2, height / 2) for z in (back, front)]
        )
        return self.world(local)


def _lean_matrix(lean: float) -> Points:
    """Row-vector rotation about +X, radians."""
    cosine, sine = np.cos(lean), np.sin(lean)
    return np.array([[1.0, 0.0, 0.0], [0.0, cosine, sine], [0.0, -sine, cosine]])


@dataclass(frozen=True, kw_only=True)
class Arc:
    """A path between two layers drawn as one ribbon.

    Attributes:
        kind: ``skip`` for an arc over the trunk, ``link`` for a neutral bundle.
        points: (k, 3) scene units, from the source to the target.
    """

    source: str
    target: str
    kind: Literal["skip", "link"]
    points: Points


@dataclass(frozen=True, kw_only=True)
class PlatePlacement:
    """A text plate, upright and facing the hero camera.

    Attributes:
        key: Layer id, or ``title``, ``counter``, ``legend``.
        center: World position of its centre, scene units.
        width, height: Extent, scene units.
    """

    key: str
    center: tuple[float, float, float]
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class CameraPlacement:
    """The hero camera, in metres, with the angles it was made from (radians)."""

    position: tuple[float, float, float]
    azimuth: float
    elevation: float
    yfov: float
    aspect_ratio: float
    distance: float


@dataclass(frozen=True, kw_only=True)
class PlateSize:
    """Extent of a text plate at text scale 1, scene units."""

    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a layout will draw, known from the graph alone.

    Attributes:
        layout: Name of the layout.
        drawn: Ids of the layers that get a placement, in execution order.
        labelled: Every drawn layer gets a plate of its own (the layout ``row``); else the layout writes its own signs.
        legend: Sentences that explain the layout.
        top_classes: Bars show so many of the most likely classes; 0 for all.
        vector_inputs: Inputs whose numbers are drawn as bodies, coloured like activations.
        reductions: Sentences on what was folded or left out.
    """

    layout: str
    drawn: tuple[str, ...]
    labelled: bool = True
    legend: tuple[str, ...] = ()
    top_classes: int = 0
    vector_inputs: tuple[str, ...] = ()
    reductions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Everything's place.

    Attributes:
        layers: In execution order; layers of the graph that are missing are not drawn.
        arcs: Skips and neutral bundles, drawn with the graph's edges (``row``); others use ``lines``.
        solids, lines, discs, signs: Furniture.
        draws_edges: Whether the graph's edges are drawn as ribbons between the layers' cells.
        pixels_per_unit: Pixels of a scene unit in a picture 1,600 pixels wide: how sharp signs must be.
        most_texels: Texels of slabs' tiles over all steps of a probe at most; 0 for one full page.
        plates: Text plates.
        text_scale: Factor on every plate's size, so that text stays readable in wide scenes.
        scale: Metres per scene unit: the largest extent becomes 10 m.
        center: Scene-unit point that becomes the origin.
        camera: The hero camera.
        reductions: Sentences on what was compressed or left out.
    """

    layers: tuple[LayerPlacement, ...]
    arcs: tuple[Arc, ...]
    plates: tuple[PlatePlacement, ...]
    text_scale: float
    scale: float
    center: tuple[float, float, float]
    camera: CameraPlacement
    reductions: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    solids: tuple[Solid, ...] = ()
    lines: tuple[Line, ...] = ()
    discs: tuple[Disc, ...] = ()
    signs: tuple[Sign, ...] = ()
    draws_edges: bool = True
    pixels_per_unit: float = 4.0
    most_texels: int = 0

    @cached_property
    def layer_by_id(self) -> dict[str, LayerPlacement]:
        """Layers by id."""
        return {layer.id: layer for layer in self.layers}

    @cached_property
    def plate_by_key(self) -> dict[str, PlatePlacement]:
        """Plates by key."""
        return {plate.key: plate for plate in self.plates}
