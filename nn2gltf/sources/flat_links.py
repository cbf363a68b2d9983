"""Who feeds whom in a flat model: live values, weights behind preparations, plumbing folded away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nn2gltf.sources.flat_model import FlatModel, FlatNode
from nn2gltf.sources.flat_ops import ASKING, MAKING, OWN_DOMAINS, PLUMBING

MOST_VIA = 32
MOST_ENDS = 512
MOST_WEIGHTS = 64
INPUT = -1
"""Stands for the node of a graph input; inputs count -1, -2, ..."""


@dataclass(frozen=True)
class End:
    """Where a value really comes from.

    Attributes:
        node: Index of the working node, or a negative one for an input.
        output: Which of its outputs.
        value: Name of the value there.
        via: Plumbing on the way, in order.
    """

    node: int
    output: int
    value: str
    via: tuple[str, ...] = ()


@dataclass
class Links:
    """What :func:`link_nodes` finds.

    Attributes:
        working: Indices of nodes that are layers or parts of one, in order.
        ends: Value to where it comes from; values that depend on no input are not in it unless drawn.
        weights: Value to the tensors of the file behind it and whether an odd number of transposes is between.
        hidden: Nodes that compute shapes and constants, not drawn.
    """

    working: list[int] = field(default_factory=list)
    ends: dict[str, tuple[End, ...]] = field(default_factory=dict)
    weights: dict[str, tuple[tuple[str, bool], ...]] = field(default_factory=dict)
    hidden: int = 0


def link_nodes(
    flat: FlatModel, inputs: Iterable[str], outputs: Iterable[str], weights: Iterable[str]
) -> Links:
    """Walk a flat model once, in order.

    Args:
        inputs: Graph inputs; they become the negative nodes -1, -2, ...
        outputs: Graph outputs: what they need is drawn even when it depends on no input.
        weights: Names of initialisers.
    """
    links = Links()
    for index, name in enumerate(inputs):
        links.ends[name] = (End(-1 - index, 0, name),)
    for name in {*weights, *flat.tensors}:
        links.weights[name] = ((name, False),)
    wanted = _wanted(flat, set(links.ends), list(outputs))
    for index, node in enumerate(flat.nodes):
        _link(index, node, links, wanted)
    return links


def _link(index: int, node: FlatNode, links: Links, wanted: set[int]) -> None:
    reads = [name for name in node.inputs if name]
    live = node.op not in ASKING and any(name in links.ends for name in reads)
    if not live and index not in wanted:
        links.hidden += node.op not in ("Constant", "Identity")
        _prepare(node, links)
        return
    if live and is_plumbing(node, links.ends):
        through = _through(node, links.ends)
        for output in filter(None, node.outputs):
            links.ends[output] = through
        return
    links.working.append(index)
    for number, output in enumerate(node.outputs):
        if output:
            links.ends[output] = (End(index, number, output),)


def is_plumbing(node: FlatNode, live: Mapping[str, object]) -> bool:
    """Whether a node only passes on what one of its inputs holds."""
    if node.domain not in OWN_DOMAINS or node.block:
        return False
    if node.op == "Gather":  # picking by fixed indices; picking from a table is an embedding
        return node.inputs[0] in live and not (len(node.inputs) > 1 and node.inputs[1] in live)
    return node.op in PLUMBING and bool(node.inputs) and node.inputs[0] in live


def _through(node: FlatNode, ends: Mapping[str, tuple[End, ...]]) -> tuple[End, ...]:
    name = node.op.lower()
    found = dict.fromkeys(end for value in node.inputs for end in ends.get(value, ()))
    kept = list(found)[:MOST_ENDS]
    if node.op == "Identity":
        return tuple(kept)
    return tuple(
        End(e.node, e.output, e.value, (*e.via, name) if len(e.via) < MOST_VIA else e.via) for e in kept
    )


def _prepare(node: FlatNode, links: Links) -> None:
    """A node over weights alone passes on which they are."""
    if node.op in ASKING or node.op in MAKING:
        return
    turned = node.op == "Transpose"
    behind = dict.fromkeys(
        (name, flipped != turned) for value in node.inputs for name, flipped in links.weights.get(value, ())
    )
    if behind:
        for output in filter(None, node.outputs):
            links.weights[output] = tuple(behind)[:MOST_WEIGHTS]


def _wanted(flat: FlatModel, live: set[str], outputs: list[str]) -> set[int]:
    """Nodes that an output needs though they depend on no input: a shape, a range, random numbers."""
    maker: dict[str, int] = {}
    alive = set(live)
    for index, node in enumerate(flat.nodes):
        if node.op not in ASKING and any(name in alive for name in node.inputs):
            alive.update(filter(None, node.outputs))
        for output in filter(None, node.outputs):
            maker[output] = index
    wanted: set[int] = set()
    waiting = [name for name in outputs if name not in alive]
    while waiting:
        index = maker.get(waiting.pop(), INPUT)
        if index != INPUT and index not in wanted:
            wanted.add(index)
            waiting += [name for name in flat.nodes[index].inputs if name and name not in alive]
    return wanted
