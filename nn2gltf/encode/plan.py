"""What will be drawn: which steps and probes, within the budgets, and what was left out."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from nn2gltf.encode.options import EncodeOptions
from nn2gltf.errors import UsageError
from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.recording import Recording
from nn2gltf.ir.tensor_picture import are_weights, picture_of

EXACT_WEIGHTS = 4
"""Weights alone keep their low byte in scenes so many times larger: they are the only numbers of such a scene."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Steps and probes that are drawn.

    Attributes:
        steps: Recorded step indices.
        probes: Probe indices, the main one first.
        main: The probe of the main clip.
        exact: Whether pages get their low byte.
        reductions: Sentences on what was left out.
    """

    steps: tuple[int, ...]
    probes: tuple[int, ...]
    main: int
    exact: bool
    reductions: tuple[str, ...]


def plan_scene(
    recording: Recording, graph: Graph, options: EncodeOptions, drawn: Collection[str] | None = None
) -> Plan:
    """Choose steps and probes so that Blender's import stays quick; thin probes first, then steps.

    Args:
        drawn: Ids of the layers that are drawn; all when omitted.

    Raises:
        UsageError: The main probe does not exist.
    """
    shown = [layer for layer in graph.layers if drawn is None or layer.id in drawn]
    main = _main_probe(recording, graph, options)
    probes = (main, *(p for p in range(len(recording.probes)) if p != main)) if recording.probes else (0,)
    notes: list[str] = []
    if not options.all_probes and len(probes) > 1:
        notes.append(f"Clips of {len(probes) - 1} further probes were left out on request.")
        probes = probes[:1]
    steps = tuple(range(len(recording.steps)))
    animated = [layer for layer in shown if layer.value_id in recording.recorded and layer.kind != "input"]
    per_step, fixed = len(animated) + 1, 60 + 4 * len(animated)
    steps = _thin_steps(steps, (options.max_animated_nodes - fixed) // max(1, per_step), notes)
    room = options.max_animated_nodes - fixed - per_step * len(steps)
    fitting = 1 + max(0, room // (len(steps) + 2))
    if len(steps) > 1 and fitting < len(probes):
        notes.append(
            f"Clips of {len(probes) - fitting} of {len(probes)} probes were left out to stay quick in Blender."
        )
        probes = probes[:fitting]
    most = options.max_exact_values * (EXACT_WEIGHTS if are_weights(shown) else 1)
    exact = _count_values(shown, recording, steps, probes) <= most
    if not exact:
        notes.append("Values are stored with 8 bits: 0.4 % of each layer's range.")
    return Plan(steps=steps, probes=probes, main=main, exact=exact, reductions=tuple(notes))


def _thin_steps(steps: tuple[int, ...], most: int, notes: list[str]) -> tuple[int, ...]:
    most = max(2, most)
    if len(steps) <= most:
        return steps
    kept = tuple(sorted({round(float(i)) for i in np.linspace(0, len(steps) - 1, most)}))
    notes.append(
        f"{len(kept)} of {len(steps)} steps are drawn to stay quick in Blender; the last one is kept."
    )
    return kept


def _count_values(
    layers: list[Layer], recording: Recording, steps: tuple[int, ...], probes: tuple[int, ...]
) -> int:
    per_probe = sum(
        _count_drawn(layer) for layer in layers if layer.value_id in recording.recorded and layer.outputs
    )
    return per_probe * len(steps) * len(probes)


def _count_drawn(layer: Layer) -> int:
    shape = layer.outputs[0].shape[1:]
    if layer.kind != "weight":
        return math.prod(shape)
    return picture_of(shape).texels


def _main_probe(recording: Recording, graph: Graph, options: EncodeOptions) -> int:
    """The asked one, else the first classified correctly at the last step, else the first."""
    if options.probe is not None:
        if not 0 <= options.probe < max(1, len(recording.probes)):
            raise UsageError(
                f"there is no probe {options.probe}", hint=f"Probes are 0 to {len(recording.probes) - 1}."
            )
        return options.probe
    output = class_output(recording, graph)
    if output is not None:
        guesses = recording.activation(output, -1).argmax(axis=1)
        for index, probe in enumerate(recording.probes):
            if probe.label is not None and guesses[index] == probe.label:
                return index
    return 0


def class_output(recording: Recording, graph: Graph) -> str | None:
    """Value id of the layer that gives class scores, one vector a probe, or None."""
    for layer_id in graph.outputs:
        layer = graph.layer_by_id.get(layer_id)
        if (
            layer
            and layer.value_id in recording.recorded
            and layer.outputs
            and len(layer.outputs[0].shape) == 2
        ):
            return layer.value_id
    return None
