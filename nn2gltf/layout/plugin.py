"""What a layout offers: whether it fits a graph, what it draws, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nn2gltf.ir.furniture import Measure
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.placement import Placement, PlateSize, Selection
from nn2gltf.layout.options import LayoutOptions


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A layout as the table knows it.

    Attributes:
        fits: Whether ``auto`` may choose it for a graph.
        select: What it will draw, from the graph alone.
        place: The placement, given sizes of composed plates and a way to measure text.
    """

    fits: Callable[[Graph, LayoutOptions], bool]
    select: Callable[[Graph, LayoutOptions], Selection]
    place: Callable[[Graph, LayoutOptions, Mapping[str, PlateSize], Measure], Placement]
