"""A graph from modules alone, with only such edges as are proved.

Nobody ran the model, so there are no shapes between layers. An edge is drawn where a container says so (the modules of
a ``Sequential`` follow each other) or where names and shapes agree: ``fc1`` gives 84 numbers and ``fc2`` takes 84.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isqrt

from nn2gltf.ir.graph import ORDER_INFERRED, Edge, Graph, Layer, Parameter, Scope, TensorSpec
from nn2gltf.sources.module_guess import Guess, guess_module
from nn2gltf.sources.module_tree import STATISTICS, ModuleEntry, parents

SEQUENTIAL = frozenset({"Sequential"})
_NUMBERED = re.compile(r"^(.*?)(\d+)$")


def graph_of_modules(
    entries: Sequence[ModuleEntry], *, name: str, report: Sequence[str], ordered: bool = True
) -> Graph:
    """Layers of modules without modules inside, and of others' own tensors, in the file's order.

    Args:
        report: Sentences to begin with: where they come from.
        ordered: The file's order is that of the model; else only numbers in names say that layers follow each other.
    """
    classes = {entry.path: entry.type for entry in entries}
    shown = [entry for entry in entries if entry.tensors or (entry.type and not entry.holds)]
    attention = {entry.path for entry in shown if "in_proj_weight" in entry.tensors}
    shown = [
        entry for entry in shown if entry.path.rpartition(".")[0] not in attention or entry.path in attention
    ]
    owned = {entry.path: entry for entry in entries if entry.path.rpartition(".")[0] in attention}
    guesses = [guess_module(entry) for entry in shown]
    layers = [
        _layer(entry, guess, owned, lonely=len(shown) == 1)
        for entry, guess in zip(shown, guesses, strict=True)
    ]
    edges = _chain(shown, guesses, layers, classes, ordered=ordered)
    layers = _with_widths(layers, guesses, edges)
    joined = {end for edge in edges for end in (edge.source, edge.target)}
    note = _order_note(len(edges), sum(layer.id not in joined for layer in layers))
    last = [layer.id for layer in layers[-1:] if layer.id in joined]
    return Graph(
        name=name,
        layers=tuple(layers),
        edges=tuple(edges),
        scopes=_scopes(name, layers, classes),
        outputs=tuple(last),
        report=(*report, note),
    ).check()


def _order_note(edges: int, apart: int) -> str:
    """``1 edge; 2 layers stand alone``."""
    told = f"{ORDER_INFERRED} from names and shapes: {edges} {'edge' if edges == 1 else 'edges'}"
    if apart:
        told += f"; {apart} layer stands alone" if apart == 1 else f"; {apart} layers stand alone"
    return f"{told}."


def _layer(entry: ModuleEntry, guess: Guess, owned: Mapping[str, ModuleEntry], *, lonely: bool) -> Layer:
    scope = entry.path.rpartition(".")[0]
    layer_id = entry.path or (guess.op.lower() if lonely else "own parameters")
    if entry.holds and guess.op != "MultiheadAttention":
        scope, layer_id = entry.path, f"{entry.path}/parameters" if entry.path else "own parameters"
        guess = Guess(op="parameters", kind="op")
    parts = [entry]
    if guess.op == "MultiheadAttention":
        parts += [other for path, other in owned.items() if path.rpartition(".")[0] == entry.path]
    parameters = [
        Parameter(
            name=f"{part.path}.{name}" if part.path else name,
            shape=spec.shape,
            dtype=spec.dtype,
            trainable=name not in part.buffers and name not in STATISTICS,
        )
        for part in parts
        for name, spec in part.tensors.items()
    ]
    settings = {name: value for name, value in (guess.settings or {}).items() if value is not None}
    return Layer(
        id=layer_id,
        op=guess.op,
        kind=guess.kind,
        scope=scope,
        parameters=tuple(parameters),
        attributes={**settings, "unknown_shapes": ["?"]},
    )


def _chain(
    entries: Sequence[ModuleEntry],
    guesses: Sequence[Guess],
    layers: Sequence[Layer],
    classes: Mapping[str, str],
    *,
    ordered: bool,
) -> list[Edge]:
    """Edges between layers that stand one after the other, where they are proved."""
    edges: list[Edge] = []
    before: int | None = None
    for after in range(len(layers)):
        via = _proof(entries, guesses, after - 1, after, classes, ordered=ordered) if after else None
        start: int | None = after - 1
        if via is None and before is not None and before != start:
            start, via = before, _proof(entries, guesses, before, after, classes, ordered=ordered)
        if via is not None and start is not None:
            edges.append(Edge(source=layers[start].id, target=layers[after].id, via=via))
        if entries[after].tensors:
            before = after
    return edges


def _proof(
    entries: Sequence[ModuleEntry],
    guesses: Sequence[Guess],
    before: int,
    after: int,
    classes: Mapping[str, str],
    *,
    ordered: bool,
) -> tuple[str, ...] | None:
    """What is between two layers when the second follows the first, None when that is not proved."""
    one, two = guesses[before], guesses[after]
    home = entries[before].path.rpartition(".")[0]
    siblings = home == entries[after].path.rpartition(".")[0]
    if not siblings or entries[before].holds or entries[after].holds:
        return None
    if after == before + 1 and classes.get(home) in SEQUENTIAL:
        return ()
    if not entries[before].tensors or not entries[after].tensors:
        return None
    if one.kind == two.kind == "norm":
        return None  # ln1 and ln2 of a block: something is normalised between them
    via = _fits(one, two)
    alike = (one.takes, one.gives, one.kind) == (two.takes, two.gives, two.kind)
    return (
        None if (alike or not ordered) and not _numbered(entries[before].path, entries[after].path) else via
    )


def _fits(one: Guess, two: Guess) -> tuple[str, ...] | None:
    """The widths agree, or a square map of each channel is flattened between them."""
    if one.gives is None or two.takes is None:
        return None
    if one.gives == two.takes:
        return ()
    if one.gives and two.kind == "linear" and one.kind in ("conv", "norm"):
        side, rest = divmod(two.takes, one.gives)
        if not rest and isqrt(side) ** 2 == side:
            return ("flatten",)
    return None


def _numbered(before: str, after: str) -> bool:
    """``fc1`` and ``fc2``, or ``0`` and ``2``: names that say an order; ``query`` and ``key`` do not."""
    first, second = _NUMBERED.match(before), _NUMBERED.match(after)
    return bool(first and second and first[1] == second[1] and int(first[2]) < int(second[2]))


def _with_widths(layers: Sequence[Layer], guesses: Sequence[Guess], edges: Sequence[Edge]) -> list[Layer]:
    """Linear layers whose chain is proved give vectors of known length; nothing else is known of any output."""
    joined = {end for edge in edges for end in (edge.source, edge.target)}
    wide: list[Layer] = []
    for layer, guess in zip(layers, guesses, strict=True):
        if layer.id in joined and layer.kind == "linear" and guess.gives:
            settings = {key: value for key, value in layer.attributes.items() if key != "unknown_shapes"}
            spec = TensorSpec(shape=(1, guess.gives))
            wide.append(replace(layer, outputs=(spec,), attributes=settings))
        else:
            wide.append(layer)
    return wide


def _scopes(name: str, layers: Sequence[Layer], classes: Mapping[str, str]) -> tuple[Scope, ...]:
    scopes = {"": Scope(path="", type=classes.get("") or name)}
    for layer in layers:
        for path in [*parents(layer.scope), layer.scope] if layer.scope else []:
            scopes.setdefault(
                path, Scope(path=path, type=classes.get(path, ""), parent=path.rpartition(".")[0])
            )
    return tuple(scopes.values())
