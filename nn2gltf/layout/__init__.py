"""Stage: a graph becomes a placement.

Layouts are a table, loaded lazily, extended by entry points ``nn2gltf.layout`` that name a
:class:`~nn2gltf.layout.plugin.Layout`. ``auto`` takes the first of the table that fits the graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points

from nn2gltf.errors import UsageError, safe
from nn2gltf.ir.furniture import Measure, estimate_width
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.placement import Placement, PlateSize, Selection
from nn2gltf.ir.tensor_picture import are_weights
from nn2gltf.layout.options import LayoutOptions
from nn2gltf.layout.plugin import Layout

LAYOUTS: dict[str, str] = {
    "weights": "nn2gltf.layout.weights:LAYOUT",
    "belt": "nn2gltf.layout.belt:LAYOUT",
    "u": "nn2gltf.layout.unet:LAYOUT",
    "row": "nn2gltf.layout.row:LAYOUT",
    "terraces": "nn2gltf.layout.terraces:LAYOUT",
    "flow": "nn2gltf.layout.flow:LAYOUT",
}
"""Layout name to ``module:object``, the most special first: ``auto`` takes the first that fits."""
WEIGHTS = "weights"
"""The layout of files of weights alone; no other fits them."""

__all__ = [
    "LAYOUTS",
    "Layout",
    "LayoutOptions",
    "choose_layout",
    "find_layout",
    "layout_names",
    "place_graph",
    "select_layers",
]


def layout_names() -> list[str]:
    """Known layouts, built in and installed."""
    return sorted({*LAYOUTS, *(point.name for point in entry_points(group="nn2gltf.layout"))})


def choose_layout(graph: Graph, options: LayoutOptions) -> str:
    """The asked layout, or the first of the table that fits the graph.

    Raises:
        UsageError: A layout of computed layers for weights alone, or the other way round.
    """
    weights = are_weights(graph.layers)
    if options.layout != "auto":
        if options.layout in LAYOUTS and (options.layout == WEIGHTS) != weights:
            what = "weights alone have" if weights else "only weights alone have"
            hint = "Leave --layout out" + (", or add --model net.py:Net." if weights else ".")
            raise UsageError(f"{what} a layout of their own", where=graph.name, hint=hint)
        return options.layout
    fitting = (name for name in LAYOUTS if find_layout(name).fits(graph, options))
    return next(fitting, "flow")


def select_layers(graph: Graph, *, options: LayoutOptions) -> Selection:
    """What the chosen layout will draw.

    Raises:
        UsageError: An unknown layout; the known ones are listed.
    """
    return find_layout(choose_layout(graph, options)).select(graph, options)


def place_graph(
    graph: Graph,
    *,
    options: LayoutOptions,
    plates: Mapping[str, PlateSize],
    measure: Measure = estimate_width,
) -> Placement:
    """Place every drawn layer, all furniture, plates and the hero camera.

    Args:
        graph: After passes.
        options: Which layout and its limits.
        plates: Measured sizes of text plates by layer id, and of ``title``, ``legend``, ``classes``, ``percent``.
        measure: Width of a line of text.

    Raises:
        UsageError: An unknown layout; the known ones are listed.
    """
    return find_layout(choose_layout(graph, options)).place(graph, options, plates, measure)


def find_layout(name: str) -> Layout:
    """The layout behind a name.

    Raises:
        UsageError: An unknown layout; the known ones are listed.
    """
    if name in LAYOUTS:
        module, _, attribute = LAYOUTS[name].partition(":")
        layout: Layout = getattr(import_module(module), attribute)
        return layout
    for point in entry_points(group="nn2gltf.layout"):
        if point.name == name:
            loaded: Layout = point.load()
            return loaded
    known = ", ".join(["auto", *layout_names()])
    raise UsageError(f"unknown layout {safe(name)!r}", code="E_UNKNOWN_NAME", hint=f"Known layouts: {known}.")
