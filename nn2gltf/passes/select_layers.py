"""Pass: only layers that patterns choose are kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from nn2gltf.errors import UsageError, safe
from nn2gltf.ir.graph import Edge, Graph
from nn2gltf.passes.merge import keep_repeats


def select_layers(graph: Graph, patterns: Sequence[str]) -> Graph:
    """Keep the layers whose id matches; the others become part of the edges through them.

    Args:
        patterns: Globs on ids (``layer1.*``, ``*conv*``); ``!`` in front excludes. The last pattern that matches a
            layer decides; if the first one excludes, everything else is kept. Inputs stay unless excluded.

    Raises:
        UsageError: A pattern matches no layer, or no layer is left.

    >>> from nn2gltf.ir.graph import Layer
    >>> layers = tuple(Layer(id=i, op="x", kind="op") for i in ("a.conv", "a.pool", "b"))
    >>> [layer.id for layer in select_layers(Graph(name="n", layers=layers, edges=()), ["a.*", "!*pool"]).layers]
    ['a.conv']
    """
    for pattern in patterns:
        if not any(fnmatchcase(layer.id, pattern.removeprefix("!")) for layer in graph.layers):
            raise _no_match(graph, pattern)
    kept = {layer.id for layer in graph.layers if _chosen(layer.id, layer.kind == "input", patterns)}
    if not kept:
        raise UsageError("the patterns leave no layer", hint="Start with a pattern that includes some.")
    if len(kept) == len(graph.layers):
        return graph
    return replace(
        graph,
        layers=tuple(layer for layer in graph.layers if layer.id in kept),
        edges=tuple(_edges(graph, kept)),
        outputs=tuple(layer_id for layer_id in graph.outputs if layer_id in kept),
        repeats=keep_repeats(graph, kept),
        report=(*graph.report, f"{len(graph.layers) - len(kept)} layers were left out on request."),
    ).check()


def _chosen(layer_id: str, is_input: bool, patterns: Sequence[str]) -> bool:
    chosen = is_input or patterns[0].startswith("!")
    for pattern in patterns:
        if fnmatchcase(layer_id, pattern.removeprefix("!")):
            chosen = not pattern.startswith("!")
    return chosen


def _no_match(graph: Graph, pattern: str) -> UsageError:
    word = re.sub(r"[*?!\[\]]+", "", pattern)
    close = get_close_matches(word, [layer.id for layer in graph.layers], n=3, cutoff=0.3)
    hint = f"Layers are called {', '.join(safe(name, limit=80) for name in close or _first_ids(graph))} ..."
    return UsageError(f"no layer matches {safe(pattern)!r}", code="E_UNKNOWN_NAME", hint=hint)


def _first_ids(graph: Graph) -> list[str]:
    return [layer.id for layer in graph.layers[:3]]


def _edges(graph: Graph, kept: set[str]) -> Iterable[Edge]:
    """Edges between kept layers, direct ones and those through layers that were left out, each once."""
    through: dict[str, dict[tuple[str, int], Edge]] = {}
    seen: set[tuple[str, str, int]] = set()
    for layer in graph.layers:
        reads: dict[tuple[str, int], Edge] = {}
        for edge in graph.inputs_of[layer.id]:
            if edge.source in kept:
                reads.setdefault((edge.source, edge.source_output), edge)
            else:
                for key, before in through.get(edge.source, {}).items():
                    reads.setdefault(key, replace(before, target=layer.id, target_input=edge.target_input))
        if layer.id not in kept:
            through[layer.id] = reads
            continue
        for (source, output), edge in reads.items():
            if (source, layer.id, output) not in seen:
                seen.add((source, layer.id, output))
                yield replace(edge, target=layer.id)
