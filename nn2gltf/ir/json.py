"""JSON values and small conversions that the nouns share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"


def without_empty(fields: Mapping[str, Json]) -> JsonObject:
    """Drop keys whose value is None or an empty list, object or string, to keep files small."""
    return {key: value for key, value in fields.items() if value not in (None, [], {}, "")}
