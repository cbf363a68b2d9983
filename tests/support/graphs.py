"""Small graphs and recordings made by hand, for tests of layout and encoding."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nn2gltf.ir.graph import Edge, Folded, Graph, Layer, Parameter, Scope, TensorSpec
from nn2gltf.ir.recording import MemoryValues, Probe, Recording, Step

BATCH = 3


def spec(*shape: int) -> TensorSpec:
    """A float tensor with the test batch in front."""
    return TensorSpec(shape=(BATCH, *shape))


def chain(*shapes: tuple[int, ...], skips: tuple[tuple[int, int], ...] = (), name: str = "Net") -> Graph:
    """An input, then a layer a shape: a convolution for maps, a linear layer for vectors.

    Args:
        skips: (from, to) indices; layer ``to`` becomes an addition that also reads layer ``from``.
    """
    joined = {to for _, to in skips}
    layers = [Layer(id="input", op="input", kind="input", outputs=(spec(*shapes[0]),))]
    for index, shape in enumerate(shapes[1:], start=1):
        kind = "add" if index in joined else "conv" if len(shape) == 3 else "linear"
        layers.append(_layer(f"layer{index}", kind, shapes[index - 1], shape))
    edges = [Edge(source=a.id, target=b.id, spec=a.outputs[0]) for a, b in pairwise(layers)]
    edges += [
        Edge(source=layers[a].id, target=layers[b].id, target_input=1, spec=layers[a].outputs[0])
        for a, b in skips
    ]
    return Graph(
        name=name,
        layers=tuple(layers),
        edges=tuple(edges),
        scopes=(Scope(path="", type=name),),
        outputs=(layers[-1].id,),
    ).check()


def _layer(layer_id: str, kind: str, before: tuple[int, ...], shape: tuple[int, ...]) -> Layer:
    weight = {
        "conv": (shape[0], before[0], 3, 3) if len(before) == 3 else (shape[0], before[0]),
        "linear": (shape[0], int(np.prod(before))),
    }.get(kind)
    parameters = (Parameter(name=f"{layer_id}.weight", shape=weight),) if weight else ()
    op = {"conv": "Conv2d", "linear": "Linear", "add": "add"}[kind]
    return Layer(
        id=layer_id,
        op=op,
        kind=kind,
        inputs=(spec(*before),),
        outputs=(spec(*shape),),
        parameters=parameters,
        attributes={"kernel_size": [3, 3]} if kind == "conv" else {},
        folded=(Folded(id=f"{layer_id}.relu", op="ReLU"),) if kind == "conv" else (),
    )


def record(graph: Graph, *, steps: int = 4, seed: int = 0, signed: bool = False) -> Recording:
    """Random activations and weights for every layer; labels 0, 1, 2 for the three probes."""
    rng = np.random.default_rng(seed)
    activations, weights = [], []
    for step in range(steps):
        values = {}
        for layer in graph.layers:
            raw = rng.normal(size=layer.outputs[0].shape).astype(np.float32) * (1 + step)
            values[layer.id] = raw if signed or layer.id in graph.outputs else np.maximum(raw, 0)
        activations.append(values)
        weights.append(
            {
                p.name: rng.normal(size=p.shape).astype(np.float32)
                for layer in graph.layers
                for p in layer.parameters
            }
        )
    return Recording(
        graph=graph,
        steps=tuple(Step(epoch=k, step=10 * k, metrics={"test_accuracy": k / steps}) for k in range(steps)),
        probes=tuple(Probe(label=p, name=f"probe {p}") for p in range(BATCH)),
        values=MemoryValues(activations=tuple(activations), weights=tuple(weights)),
        classes=tuple(f"class {i}" for i in range(graph.layers[-1].outputs[0].shape[-1])),
        recorded=frozenset(layer.id for layer in graph.layers),
        meta={"dataset": "made up", "weights": "trained"},
    ).check()


LENET = ((1, 12, 12), (4, 12, 12), (8, 6, 6), (30,), (10,))
"""Shapes of a small classifier."""
