"""Repeat: a row of identical blocks in a graph, standing open or folded to one of its copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nn2gltf.ir.json import Json, JsonObject, without_empty


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """Sibling blocks of one scope that have the same structure.

    Attributes:
        scope: Path of the module that holds them.
        copies: Layer ids of each copy, in execution order; the same place in every copy is the same layer.
        chain: Each copy reads the one before; False for blocks side by side.
        folded: Only the first copy is left in the graph; the layers of the others are listed here alone.
        hidden_parameters: Trainable parameters of the copies that were folded away.
    """

    scope: str
    copies: tuple[tuple[str, ...], ...]
    chain: bool = True
    folded: bool = False
    hidden_parameters: int = 0

    @property
    def count(self) -> int:
        """Number of copies: the "x 12" of a badge."""
        return len(self.copies)

    def to_json(self) -> JsonObject:
        """JSON form, inverse of :meth:`from_json`."""
        fields = without_empty(
            {"hiddenParameters": self.hidden_parameters or None, "folded": self.folded or None}
        )
        copies: list[Json] = [list[Json](copy) for copy in self.copies]
        return {"scope": self.scope, "copies": copies, "chain": self.chain, **fields}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Repeat:
        """Rebuild from :meth:`to_json`'s form."""
        return cls(
            scope=data["scope"],
            copies=tuple(tuple(copy) for copy in data["copies"]),
            chain=data["chain"],
            folded=data.get("folded", False),
            hidden_parameters=data.get("hiddenParameters", 0),
        )
