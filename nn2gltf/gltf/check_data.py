"""Checks of buffers and accessors: every number that a viewer will read is there, finite and in range."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.gltf.read import GlbDocument
from nn2gltf.gltf.report import Findings

Array = npt.NDArray[Any]

_DTYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_FLOAT = 5126


def read_accessor(document: GlbDocument, index: int) -> Array:
    """(count, width) view of an accessor's data; the document must have passed :func:`check_accessors`."""
    data: Any = document.json
    accessor = data["accessors"][index]
    view = data["bufferViews"][accessor["bufferView"]]
    dtype, width = np.dtype(_DTYPES[accessor["componentType"]]), _WIDTHS[accessor["type"]]
    step = view.get("byteStride") or dtype.itemsize * width
    return np.ndarray(
        (accessor["count"], width),
        dtype,
        buffer=document.binary,
        offset=view.get("byteOffset", 0) + accessor.get("byteOffset", 0),
        strides=(step, dtype.itemsize),
    )


def check_accessors(document: GlbDocument, findings: Findings) -> bool:
    """Check buffer views and accessors; return whether all of them can be read."""
    data: Any = document.json
    before = len(findings.problems)
    views = data.get("bufferViews", [])
    for index, view in enumerate(views):
        if view.get("byteOffset", 0) + view["byteLength"] > len(document.binary):
            findings.error("BUFFER_VIEW_TOO_LONG", "it leaves the buffer", f"/bufferViews/{index}")
    for index, accessor in enumerate(data.get("accessors", [])):
        _check_bounds(accessor, views, findings, f"/accessors/{index}")
    if len(findings.problems) > before:
        return False
    for index, accessor in enumerate(data.get("accessors", [])):
        _check_values(accessor, read_accessor(document, index), findings, f"/accessors/{index}")
    return True


def _check_bounds(accessor: Any, views: Any, findings: Findings, where: str) -> None:
    if accessor["bufferView"] >= len(views):
        findings.error("BAD_REFERENCE", "its buffer view does not exist", where)
        return
    view = views[accessor["bufferView"]]
    size = np.dtype(_DTYPES[accessor["componentType"]]).itemsize
    element = size * _WIDTHS[accessor["type"]]
    offset = accessor.get("byteOffset", 0)
    step = view.get("byteStride") or element
    if (offset + view.get("byteOffset", 0)) % size or step % size:
        findings.error("ACCESSOR_UNALIGNED", f"it is not aligned to {size} bytes", where)
    if step < element or offset + step * (accessor["count"] - 1) + element > view["byteLength"]:
        findings.error("ACCESSOR_TOO_LONG", "it leaves its buffer view", where)


def _check_values(accessor: Any, values: Array, findings: Findings, where: str) -> None:
    if accessor["componentType"] == _FLOAT and not np.isfinite(values).all():
        findings.error("ACCESSOR_NOT_FINITE", "it holds NaN or infinity", where)
        return
    for name, reduce in (("min", np.min), ("max", np.max)):
        if name in accessor and accessor[name] != reduce(values, axis=0).tolist():
            findings.error("ACCESSOR_BOUNDS", f"its {name} is not that of its data", where)
