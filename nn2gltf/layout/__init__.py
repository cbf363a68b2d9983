"""Stage: a graph becomes a placement.

Layouts are a table, loaded lazily, extended by entry points ``nn2gltf.layout``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points

from nn2gltf.errors import UsageError, safe
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.placement import Placement, PlateSize
from nn2gltf.layout.options import LayoutOptions

Layout = Callable[[Graph, LayoutOptions, Mapping[str, PlateSize]], Placement]

LAYOUTS: dict[str, str] = {"row": "nn2gltf.layout.row:place_row"}
"""Layout name to ``module:function``."""

__all__ = ["LAYOUTS", "LayoutOptions", "find_layout", "layout_names", "place_graph"]


def layout_names() -> list[str]:
    """Known layouts, built in and installed."""
    return sorted({*LAYOUTS, *(point.name for point in entry_points(group="nn2gltf.layout"))})


def place_graph(graph: Graph, *, options: LayoutOptions, plates: Mapping[str, PlateSize]) -> Placement:
    """Place every layer, arc, plate and the hero camera.

    Args:
        graph: After passes: what will be drawn.
        options: Which layout and its limits.
        plates: Measured sizes of text plates by layer id, and of ``title``, ``legend``, ``classes``, ``percent``.

    Raises:
        UsageError: An unknown layout; the known ones are listed.
    """
    name = "row" if options.layout == "auto" else options.layout
    return find_layout(name)(graph, options, plates)


def find_layout(name: str) -> Layout:
    """The function behind a layout's name.

    Raises:
        UsageError: An unknown layout; the known ones are listed.
    """
    if name in LAYOUTS:
        module, _, function = LAYOUTS[name].partition(":")
        layout: Layout = getattr(import_module(module), function)
        return layout
    for point in entry_points(group="nn2gltf.layout"):
        if point.name == name:
            loaded: Layout = point.load()
            return loaded
    known = ", ".join(["auto", *layout_names()])
    raise UsageError(f"unknown layout {safe(name)!r}", code="E_UNKNOWN_NAME", hint=f"Known layouts: {known}.")
