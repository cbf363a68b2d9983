"""Names and numbers of an ONNX file as Python values: its text may be bytes that are not UTF-8."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import onnx

from nn2gltf.ir.json import Json

MAX_NAME_BYTES = 1024
"""Longest name that is kept (RELIABILITY: limits)."""

_DTYPES: dict[int, str] = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string",
    9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128",
    16: "bfloat16", 17: "float8_e4m3fn", 18: "float8_e4m3fnuz", 19: "float8_e5m2", 20: "float8_e5m2fnuz",
    21: "uint4", 22: "int4", 23: "float4_e2m1fn", 24: "float8_e8m0fnu", 25: "uint2", 26: "int2",
}  # fmt: skip


def text(raw: Any) -> str:
    r"""A string field; bytes that are not UTF-8 are written as escapes, so that different names stay different.

    >>> text(b"conv\xff")
    'conv\\xff'
    """
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "backslashreplace")
    plain = str(raw).encode("utf-8", "backslashreplace")
    if len(plain) <= MAX_NAME_BYTES:
        return plain.decode("utf-8")
    return f"{plain[: MAX_NAME_BYTES - 24].decode('utf-8', 'ignore')}…{hash_text(plain)}"


def hash_text(plain: bytes) -> str:
    """Sixteen hexadecimal digits that tell cut names apart."""
    import hashlib

    return hashlib.sha256(plain).hexdigest()[:16]


def dtype_name(number: int) -> str:
    """Element type as numpy and torch call it, ``unknown`` for one this version does not know."""
    return _DTYPES.get(number, "unknown")


def properties(entries: Iterable[Any]) -> dict[str, str]:
    """``metadata_props`` as a dictionary; long values stay whole, they are only searched."""
    found: dict[str, str] = {}
    for entry in entries:
        value = entry.value
        found[text(entry.key)] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return found


def attribute_value(attribute: onnx.AttributeProto) -> Json:
    """A setting that JSON can hold and a person can read, None for tensors, graphs and long lists."""
    kind = attribute.type
    if kind == onnx.AttributeProto.INT:
        return int(attribute.i)
    if kind == onnx.AttributeProto.FLOAT:
        return float(attribute.f) if abs(attribute.f) < float("inf") else None
    if kind == onnx.AttributeProto.STRING:
        return text(attribute.s)
    if kind == onnx.AttributeProto.INTS and len(attribute.ints) < 9:
        return [int(n) for n in attribute.ints]
    if kind == onnx.AttributeProto.FLOATS and len(attribute.floats) < 9:
        return [float(n) for n in attribute.floats if abs(n) < float("inf")]
    return None


def settings(node: onnx.NodeProto) -> dict[str, Json]:
    """Attributes of a node as JSON, by name."""
    values = ((text(a.name), attribute_value(a)) for a in node.attribute)
    return {name: value for name, value in values if value is not None}


def subgraphs(node: onnx.NodeProto) -> list[tuple[str, onnx.GraphProto]]:
    """Graphs that a node holds: branches and bodies, by attribute."""
    found: list[tuple[str, onnx.GraphProto]] = []
    for attribute in node.attribute:
        name = text(attribute.name)
        if attribute.HasField("g"):
            found.append((name, attribute.g))
        found += [(f"{name}{index}", graph) for index, graph in enumerate(attribute.graphs)]
    return found
