"""Placement: where every layer, joint, arc and plate stands.

Lengths are scene units, one unit being one number of a feature map drawn at full size; the scene's root
node carries ``scale``, which turns them into metres. Each layer has a local frame: +X across its panel
towards downstream, +Y up, +Z the panel's normal, towards upstream and the viewer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.floating[Any]]
Mark = Literal["image", "maps", "units", "bars", "block"]


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

    def world(self, local: Points) -> Points:
        """(n, 3) local points to scene units."""
        cosine, sine = np.cos(self.yaw), np.sin(self.yaw)
        points = np.asarray(local, dtype=np.float64)
        x = points[..., 0] * cosine + points[..., 2] * sine
        z = -points[..., 0] * sine + points[..., 2] * cosine
        world: Points = np.stack([x, points[..., 1], z], axis=-1) + np.asarray(self.position)
        return world

    @cached_property
    def corners(self) -> Points:
        """(8, 3) corners of its box in scene units: the panel, thickened by the bodies."""
        width, height = self.grid.size
        front, back = (self.length if self.mark == "units" else 1.2), -1.6
        right = width / 2 + (self.length + self.tail if self.mark == "bars" else 0.0)
        local = np.array(
            [(x, y, z) for x in (-width / 2, right) for y in (-height / 2, height / 2) for z in (back, front)]
        )
        return self.world(local)


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
class Placement:
    """Everything's place.

    Attributes:
        layers: In execution order.
        arcs: Skips and neutral bundles.
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

    @cached_property
    def layer_by_id(self) -> dict[str, LayerPlacement]:
        """Layers by id."""
        return {layer.id: layer for layer in self.layers}

    @cached_property
    def plate_by_key(self) -> dict[str, PlatePlacement]:
        """Plates by key."""
        return {plate.key: plate for plate in self.plates}
