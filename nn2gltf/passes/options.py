"""What a caller may choose about how a graph is simplified, and the passes that do it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nn2gltf.ir.graph import Graph
from nn2gltf.ir.tensor_picture import are_weights
from nn2gltf.passes import DEFAULT_PASSES, run_passes


@dataclass(frozen=True, kw_only=True)
class PassOptions:
    """Options of :func:`simplify_graph`.

    Attributes:
        layers: Globs on layer ids to keep, ``!`` excludes; empty keeps all.
        depth: Close modules that are nested deeper; None closes none.
        fold: Draw one copy of identical blocks that follow each other.
    """

    layers: tuple[str, ...] = ()
    depth: int | None = None
    fold: bool = False


def simplify_graph(graph: Graph, options: PassOptions) -> Graph:
    """Run the default passes and those that the options ask for; repeats are always found.

    Raises:
        UsageError: A pattern matches no layer, or the depth is below 1.
    """
    from nn2gltf.passes.hide_below import hide_below
    from nn2gltf.passes.select_layers import select_layers

    if are_weights(graph.layers):
        return _select_weights(graph, options)
    graph = run_passes(graph, DEFAULT_PASSES)
    if options.depth is not None:
        graph = hide_below(graph, options.depth)
    if options.layers:
        graph = select_layers(graph, options.layers)
    return run_passes(
        graph, ["mark_channels_last", "name_merges", "fold_repeats" if options.fold else "find_repeats"]
    )


def _select_weights(graph: Graph, options: PassOptions) -> Graph:
    """Tensors are not computed, so there is nothing to fold or to close; the report says so where it was asked."""
    from nn2gltf.passes.select_layers import select_layers

    if options.layers:
        graph = select_layers(graph, options.layers)
    if options.depth is None and not options.fold:
        return graph
    return replace(
        graph, report=(*graph.report, "Depth and folding are for graphs of layers, not for weights alone.")
    )
