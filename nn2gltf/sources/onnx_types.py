"""What is known of an ONNX value: element type and shape, or that it is no tensor."""

from __future__ import annotations

import onnx

from nn2gltf.sources.flat_model import ValueType
from nn2gltf.sources.onnx_text import dtype_name, text

LARGEST_DIM = 2**31 - 1
"""A longer axis is no shape of a real tensor; it is treated as unknown."""


_KINDS = {
    "sequence_type": "sequence",
    "optional_type": "optional",
    "map_type": "map",
    "sparse_tensor_type": "sparse",
}


def read_type(proto: onnx.TypeProto) -> ValueType:
    """The type that a model states."""
    which = proto.WhichOneof("value")
    if which != "tensor_type":
        return ValueType(kind=_KINDS.get(which or "", "unknown"))
    tensor = proto.tensor_type
    dims: tuple[int | None, ...] | None = None
    if tensor.HasField("shape"):
        dims = tuple(_extent(dim) for dim in tensor.shape.dim)
    return ValueType(kind="tensor", dtype=dtype_name(tensor.elem_type), dims=dims)


def tensor_type(tensor: onnx.TensorProto) -> ValueType:
    """The type of a tensor that stands in the file."""
    dims = tuple(int(n) if 0 <= n <= LARGEST_DIM else None for n in tensor.dims)
    return ValueType(kind="tensor", dtype=dtype_name(tensor.data_type), dims=dims)


def _extent(dim: onnx.TensorShapeProto.Dimension) -> int | None:
    return int(dim.dim_value) if dim.HasField("dim_value") and 0 <= dim.dim_value <= LARGEST_DIM else None


def better(one: ValueType, two: ValueType) -> ValueType:
    """The one of two that says more."""
    return two if _knowledge(two) > _knowledge(one) else one


def _knowledge(found: ValueType) -> tuple[int, int, int]:
    known = sum(n is not None for n in found.dims) if found.dims is not None else -1
    return int(found.kind != "unknown"), int(found.spec is not None), known


def symbol(dim: onnx.TensorShapeProto.Dimension) -> str:
    """Name of an axis whose length the model leaves open."""
    return text(dim.dim_param) if dim.HasField("dim_param") else ""
