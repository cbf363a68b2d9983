"""Pass: activations and norms fold into the layer that feeds them alone.

``Conv2d``, ``BatchNorm2d``, ``ReLU`` become one layer that shows the value after the last of them; what was folded is
listed in :attr:`Layer.folded`, so that the viewer can tell.
"""

from __future__ import annotations

from dataclasses import replace

from nn2gltf.ir.graph import Edge, Folded, Graph, Layer
from nn2gltf.passes.merge import merge_layers

FOLDING = frozenset({"activation", "norm", "softmax"})
MERGES = frozenset({"add", "mul", "concat"})
PRODUCERS = frozenset(
    {"conv", "linear", "add", "mul", "concat", "norm", "pool", "upsample", "embedding", "op"}
)


def fold_activations(graph: Graph) -> Graph:
    """Fold every activation, norm and final softmax that is its producer's only reader."""
    keeper: dict[str, str] = {}
    layers: dict[str, Layer] = {layer.id: layer for layer in graph.layers}
    for layer in graph.layers:
        producer = _producer(graph, layer)
        if producer is None:
            continue
        home = keeper.get(producer, producer)
        if layers[home].kind in PRODUCERS and not _ends_another_block(layers[home], layer):
            layers[home] = _folded(layers[home], layer)
            keeper[layer.id] = home
    return merge_layers(graph, layers, keeper)


def _producer(graph: Graph, layer: Layer) -> str | None:
    """The one layer that a foldable layer reads, if nobody else reads it."""
    if layer.kind not in FOLDING or (layer.kind == "softmax" and layer.id not in graph.outputs):
        return None
    edges: tuple[Edge, ...] = graph.inputs_of[layer.id]
    if len(edges) != 1 or edges[0].via or edges[0].source in graph.outputs:
        return None
    if len(graph.layer_by_id[edges[0].source].outputs) > 1:
        return None  # the layer would show one of its outputs as if it were all
    return edges[0].source if len(graph.outputs_of[edges[0].source]) == 1 else None


def _ends_another_block(home: Layer, layer: Layer) -> bool:
    """Whether a layer follows the sum at the end of a block without belonging to it.

    The norm after the last of twelve equal blocks must not make that one unlike the others.
    """
    return home.kind in MERGES and home.scope != layer.scope and layer.kind != "softmax"


def _folded(home: Layer, layer: Layer) -> Layer:
    flops = [f for f in (home.flops, layer.flops) if f]
    return replace(
        home,
        folded=(*home.folded, Folded(id=layer.id, op=layer.op), *layer.folded),
        value_id=layer.value_id,
        outputs=layer.outputs,
        parameters=tuple(dict.fromkeys((*home.parameters, *layer.parameters))),
        flops=sum(flops) or None,
    )
