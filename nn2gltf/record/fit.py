"""Whether labels and class names fit what the model gives; asked once, at step 0, before any training."""

from __future__ import annotations

from collections.abc import Sequence

from nn2gltf.errors import UsageError
from nn2gltf.ir.graph import Graph


def check_classes(graph: Graph, *, probes: int, labels: Sequence[int | None], classes: Sequence[str]) -> str:
    """Compare labels and class names with the scores that the model gives each probe.

    Only a model with one output of (probes, at least 2) numbers has such scores: a single number may stand for two
    classes, and pictures or sequences are scored place by place.

    Returns:
        A sentence when some outputs have no name, else "".

    Raises:
        UsageError: More names than outputs, or a label that no output stands for.
    """
    width = _score_count(graph, probes)
    if width is None:
        return ""
    if len(classes) > width:
        hint = f"Give {width} names, in the order of the outputs."
        raise UsageError(f"{len(classes)} class names for {width} outputs", hint=hint)
    outside = next((label for label in labels if label is not None and not 0 <= label < width), None)
    if outside is not None:
        hint = f"Labels are indices of outputs, 0 to {width - 1}; give None where the class is unknown."
        raise UsageError(f"label {outside} for a model with {width} outputs", hint=hint)
    return f"{width - len(classes)} of {width} outputs have no class name" if 0 < len(classes) < width else ""


def _score_count(graph: Graph, probes: int) -> int | None:
    if len(graph.outputs) != 1:
        return None
    layer = graph.layer_by_id.get(graph.outputs[0])
    if layer is None or len(layer.outputs) != 1:
        return None
    shape = layer.outputs[0].shape
    scores = len(shape) == 2 and shape[0] == probes and shape[1] > 1
    return shape[1] if scores and layer.outputs[0].dtype.startswith(("float", "bfloat")) else None
