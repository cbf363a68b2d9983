"""Recordings made by hand and by chance, and what makes two of them equal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from graphs import chain
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nn2gltf.ir.recording import MemoryValues, Probe, Recording, Step

NAMES = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)
"""Any text a person may use as a name."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def assert_same(a: Recording, b: Recording) -> None:
    """Everything equal, arrays bit for bit."""
    assert a.graph.to_json() == b.graph.to_json()
    assert [repr(step.to_json()) for step in a.steps] == [repr(step.to_json()) for step in b.steps]
    assert [(p.label, p.name) for p in a.probes] == [(p.label, p.name) for p in b.probes]
    for one, other in zip(a.probes, b.probes, strict=True):
        assert (one.thumbnail is None) == (other.thumbnail is None)
        np.testing.assert_array_equal(one.thumbnail, other.thumbnail)
    assert (a.classes, dict(a.reductions), dict(a.meta)) == (b.classes, dict(b.reductions), dict(b.meta))
    assert a.recorded == b.recorded
    for step in range(len(a.steps)):
        for layer_id in a.recorded:
            assert_bits(a.activation(layer_id, step), b.activation(layer_id, step))
        for parameter in (p for layer in a.graph.layers for p in layer.parameters):
            one, other = a.weight(parameter.name, step), b.weight(parameter.name, step)
            assert (one is None) == (other is None)
            if one is not None and other is not None:
                assert_bits(one, other)


def assert_bits(a: np.ndarray, b: np.ndarray) -> None:
    """Same type, shape and bits: NaN and the sign of zero count."""
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    assert a.tobytes() == b.tobytes()


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    """A recording of a small chain with any names, values and gaps."""
    graph = chain((1, 2, 3), (2, 2, 2), (4,))
    probes = draw(st.integers(1, 3))
    shapes = {layer.id: (probes, *layer.outputs[0].shape[1:]) for layer in graph.layers}
    recorded = draw(st.sets(st.sampled_from(sorted(shapes)), min_size=0))
    epochs = draw(st.lists(st.floats(0, 1e6), min_size=1, max_size=3, unique=True).map(sorted))
    values = st.floats(width=32)
    metrics = st.dictionaries(NAMES, st.floats(), max_size=3)
    weighed = draw(st.booleans())
    parameters = [p for layer in graph.layers for p in layer.parameters]
    kinds = st.sampled_from([np.float32, np.float64])
    pictures = st.none() | arrays.arrays(np.uint8, st.sampled_from([(2, 3), (4, 2, 3)]))
    return Recording(
        graph=graph,
        steps=tuple(
            Step(epoch=epoch, step=draw(st.none() | st.integers(0, 2**40)), metrics=draw(metrics))
            for epoch in epochs
        ),
        probes=tuple(
            Probe(label=draw(st.none() | st.integers(0, 9)), name=draw(NAMES), thumbnail=draw(pictures))
            for _ in range(probes)
        ),
        values=MemoryValues(
            activations=tuple(
                {name: draw(arrays.arrays(np.float32, shapes[name], elements=values)) for name in recorded}
                for _ in epochs
            ),
            weights=tuple(
                {p.name: draw(arrays.arrays(draw(kinds), p.shape)) for p in parameters if weighed}
                for _ in epochs
            ),
        ),
        classes=tuple(draw(st.lists(NAMES, max_size=4))),
        recorded=frozenset(recorded),
        reductions=draw(st.dictionaries(NAMES, NAMES, max_size=2)),
        meta=draw(st.dictionaries(NAMES, JSON, max_size=3)),
    )


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
