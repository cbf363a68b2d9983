"""Numbers of ONNX initialisers, read only when they are to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from nn2gltf.ir.graph import Graph
from nn2gltf.sources.onnx_text import text

FloatArray = npt.NDArray[np.floating[Any]]

MAX_WEIGHTS = 2_000_000
"""Models with more numbers are drawn without individual connections."""

MAX_EXTERNAL = 64 * 2**20
"""Bytes of external data read for weights."""


def read_weights(
    model: onnx.ModelProto,
    graph: Graph,
    sources: Mapping[str, tuple[str, bool]],
    *,
    folder: Path,
    external: Mapping[str, int],
) -> tuple[dict[str, FloatArray], str]:
    """Parameters as float32 arrays in the shape that the graph states.

    Args:
        sources: Parameter name to the tensor's name in the file and whether it must be transposed.

    Returns:
        Arrays by parameter name, and a sentence on what was left out, or "".
    """
    described = {p.name: p for layer in graph.layers for p in layer.parameters}
    total = sum(p.count for p in described.values())
    if total > MAX_WEIGHTS:
        return {}, f"weights are not recorded: {total:,} numbers, more than {MAX_WEIGHTS:,}"
    if sum(external.values()) > MAX_EXTERNAL:
        return {}, "weights are not recorded: they are large external data"
    tensors = {text(t.name): t for t in model.graph.initializer}
    tensors |= {text(n.output[0]): a.t for n in model.graph.node for a in n.attribute if _is_constant(n, a)}
    found: dict[str, FloatArray] = {}
    lost = 0
    for name, parameter in described.items():
        stored, turned = sources[name]
        array = _array(tensors[stored], folder) if stored in tensors else None
        if array is None or array.shape != (parameter.shape[::-1] if turned else parameter.shape):
            lost += 1
        else:
            found[name] = np.ascontiguousarray(array.T if turned else array)
    return found, f"{lost} weights could not be read" if lost else ""


def _is_constant(node: onnx.NodeProto, attribute: onnx.AttributeProto) -> bool:
    return node.op_type == "Constant" and len(node.output) > 0 and attribute.HasField("t")


def _array(tensor: onnx.TensorProto, folder: Path) -> FloatArray | None:
    """A tensor as floats, None when its data is missing, damaged or no plain numbers."""
    try:
        array = numpy_helper.to_array(tensor, base_dir=str(folder))
    except Exception:  # damaged data raises of every kind; the caller counts what is lost
        return None
    if array.dtype == np.float64:
        return array
    return array.astype(np.float32) if array.dtype.kind not in "cOUSb" else None
