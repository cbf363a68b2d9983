"""The typed document as compact JSON: whatever equals the default of the specification is left out."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import pygltflib

from nn2gltf.ir.json import Json


def serialize_document(document: pygltflib.GLTF2) -> bytes:
    """UTF-8 JSON without white space, the same bytes for the same document.

    pygltflib's own serialiser drops empty strings and nulls inside extras, where they mean something.
    """
    fields = _plain(document)
    fields["asset"] = {"version": document.asset.version, **fields["asset"]}
    text = json.dumps(fields, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate (a name that was not text) has no UTF-8 form.
    return text.encode("utf-8", "replace")


def replace_not_finite(value: Any) -> tuple[Json, int]:
    """Copy a JSON value with NaN and infinities as null; also return how many there were.

    >>> replace_not_finite({"loss": float("nan"), "epoch": 1})
    ({'loss': None, 'epoch': 1}, 1)
    """
    if isinstance(value, float):
        return (value, 0) if math.isfinite(value) else (None, 1)
    if isinstance(value, Mapping):
        pairs = {str(key): replace_not_finite(item) for key, item in value.items()}
        return {key: item for key, (item, _) in pairs.items()}, sum(count for _, count in pairs.values())
    if isinstance(value, (list, tuple)):
        items = [replace_not_finite(item) for item in value]
        return [item for item, _ in items], sum(count for _, count in items)
    return value, 0


def _plain(item: Any) -> Any:
    if isinstance(item, pygltflib.Attributes):
        return {name: index for name, index in vars(item).items() if index is not None}
    if dataclasses.is_dataclass(item):
        return {
            field.name: _plain(getattr(item, field.name))
            for field in dataclasses.fields(item)
            if not _is_default(field, getattr(item, field.name))
        }
    if isinstance(item, list):
        return [_plain(entry) for entry in item]
    return item


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    if value is None:
        return True
    if field.default_factory is not dataclasses.MISSING:
        return bool(value == field.default_factory())
    return bool(value == field.default)
