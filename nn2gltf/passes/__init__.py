"""Stage: a graph becomes a simpler graph. One pass a file, each Graph -> Graph, valid before and after.

Passes are a table, loaded lazily, extended by entry points ``nn2gltf.passes``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.metadata import entry_points

from nn2gltf.errors import UsageError, safe
from nn2gltf.ir.graph import Graph

Pass = Callable[[Graph], Graph]

PASSES: dict[str, str] = {
    "drop_noops": "nn2gltf.passes.drop_noops:drop_noops",
    "fold_activations": "nn2gltf.passes.fold_activations:fold_activations",
    "mark_channels_last": "nn2gltf.passes.mark_channels_last:mark_channels_last",
    "name_merges": "nn2gltf.passes.name_merges:name_merges",
    "find_repeats": "nn2gltf.passes.find_repeats:find_repeats",
    "fold_repeats": "nn2gltf.passes.fold_repeats:fold_repeats",
}
"""Pass name to ``module:function``. Those that need an argument (``hide_below``, ``select_layers``) are called by
:func:`nn2gltf.passes.options.simplify_graph`."""

DEFAULT_PASSES = ("drop_noops", "fold_activations")

__all__ = ["DEFAULT_PASSES", "PASSES", "pass_names", "run_passes"]


def pass_names() -> list[str]:
    """Known passes, built in and installed."""
    return sorted({*PASSES, *(point.name for point in entry_points(group="nn2gltf.passes"))})


def run_passes(graph: Graph, names: Iterable[str] = DEFAULT_PASSES) -> Graph:
    """Run passes in order.

    Raises:
        UsageError: An unknown pass; the known ones are listed.
    """
    for name in names:
        graph = _find_pass(name)(graph)
    return graph


def _find_pass(name: str) -> Pass:
    if name in PASSES:
        module, _, function = PASSES[name].partition(":")
        found: Pass = getattr(import_module(module), function)
        return found
    for point in entry_points(group="nn2gltf.passes"):
        if point.name == name:
            loaded: Pass = point.load()
            return loaded
    known = ", ".join(pass_names())
    raise UsageError(f"unknown pass {safe(name)!r}", code="E_UNKNOWN_NAME", hint=f"Known passes: {known}.")
