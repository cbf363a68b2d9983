"""A recording as JSON and raw arrays, to pass from one process to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import RecordingError
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.json import Json, JsonObject
from nn2gltf.ir.recording import MemoryValues, Probe, Recording, Step

Array = npt.NDArray[Any]
PLAIN = frozenset({"float16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool"})


class ArrayPacker:
    """Collects arrays as blocks of bytes; each is named by its place, type and shape."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []

    def add(self, array: Array) -> Json:
        """Keep an array and give what finds it again."""
        plain = np.ascontiguousarray(array)
        if str(plain.dtype) not in PLAIN:
            plain = plain.astype(np.float32)
        self.blocks.append(plain.tobytes())
        return [len(self.blocks) - 1, str(plain.dtype), list(array.shape)]


def unpack_array(place: Any, blocks: Sequence[memoryview]) -> Array:
    """The array that :meth:`ArrayPacker.add` named.

    Raises:
        RecordingError: Its bytes do not fit its shape.
    """
    index, dtype, shape = place
    if dtype not in PLAIN or not 0 <= index < len(blocks) or any(n < 0 for n in shape):
        raise RecordingError("an array is not where the answer says")
    flat = np.frombuffer(blocks[index], dtype=dtype)
    if flat.size != int(np.prod(shape, dtype=object)):
        raise RecordingError("an array has another size than the answer says")
    return flat.reshape(shape)


def pack_recording(recording: Recording) -> tuple[JsonObject, list[bytes]]:
    """A recording as JSON and blocks, inverse of :func:`unpack_recording`."""
    packer = ArrayPacker()
    steps = range(len(recording.steps))
    names = [p.name for layer in recording.graph.layers for p in layer.parameters if not p.shared_with]
    weights: list[Json] = []
    activations: list[Json] = []
    for step in steps:
        found = {name: recording.weight(name, step) for name in dict.fromkeys(names)}
        weights.append({name: packer.add(array) for name, array in found.items() if array is not None})
        activations.append(
            {name: packer.add(recording.activation(name, step)) for name in sorted(recording.recorded)}
        )
    probes: list[Json] = [
        {
            "label": probe.label,
            "name": probe.name,
            "thumbnail": None if probe.thumbnail is None else packer.add(probe.thumbnail),
        }
        for probe in recording.probes
    ]
    head: JsonObject = {
        "graph": recording.graph.to_json(),
        "steps": [step.to_json() for step in recording.steps],
        "probes": probes,
        "classes": list(recording.classes),
        "reductions": dict(recording.reductions),
        "meta": dict(recording.meta),
        "weights": weights,
        "activations": activations,
    }
    return head, packer.blocks


def unpack_recording(head: Mapping[str, Any], blocks: Sequence[memoryview]) -> Recording:
    """Rebuild a recording and check it; the other process may have been taken over by a file.

    Raises:
        RecordingError, InputDataError: It breaks the rules of graphs and recordings.
    """

    def arrays(group: Mapping[str, Any]) -> dict[str, Array]:
        return {str(name): unpack_array(place, blocks) for name, place in group.items()}

    activations = tuple(arrays(group) for group in head["activations"])
    probes = tuple(
        Probe(
            label=None if probe["label"] is None else int(probe["label"]),
            name=str(probe["name"]),
            thumbnail=None if probe["thumbnail"] is None else unpack_array(probe["thumbnail"], blocks),
        )
        for probe in head["probes"]
    )
    return Recording(
        graph=Graph.from_json(head["graph"]),
        steps=tuple(Step.from_json(step) for step in head["steps"]),
        probes=probes,
        values=MemoryValues(
            activations=activations, weights=tuple(arrays(group) for group in head["weights"])
        ),
        classes=tuple(map(str, head["classes"])),
        recorded=frozenset(activations[0]) if activations else frozenset(),
        reductions={str(key): str(line) for key, line in head["reductions"].items()},
        meta=dict(head["meta"]),
    ).check()
