"""Verification: what checking a graph against its model gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nn2gltf.ir.json import JsonObject


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Two answers, each with ``result``: ``equal``, ``differs`` or ``not run``, and a ``reason`` for the last.

    Attributes:
        replay: The captured ops, run again: ``inputs`` (fresh or given), ``ops``, ``outputs``, and the largest
            ``difference`` as a share of the output's largest magnitude.
        export: The edges between layers with weights beside torch.export's: common ``pairs``, ``missing``, ``extra``.
    """

    replay: JsonObject = field(default_factory=dict)
    export: JsonObject = field(default_factory=dict)

    @property
    def passed(self) -> bool | None:
        """Nothing differs, and the replay on fresh inputs or torch.export agrees; None when neither could be asked."""
        results = {self.replay.get("result"), self.export.get("result")}
        fresh = self.replay.get("result") == "equal" and self.replay.get("inputs") == "fresh"
        agreed = fresh or self.export.get("result") == "equal"
        return False if "differs" in results else True if agreed else None

    def sentences(self) -> tuple[str, ...]:
        """For the graph's report."""
        return _replay_sentence(self.replay), _export_sentence(self.export)

    def to_json(self) -> JsonObject:
        """JSON form, inverse of :meth:`from_json`."""
        return {"passed": self.passed, "replay": dict(self.replay), "export": dict(self.export)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verification:
        """Rebuild from :meth:`to_json`'s form."""
        return cls(replay=dict(data.get("replay", {})), export=dict(data.get("export", {})))


def _replay_sentence(facts: JsonObject) -> str:
    reason = f" ({facts['reason']})" if facts.get("reason") else ""
    if facts.get("result") == "not run":
        return f"Not replayed: {facts['reason']}."
    where = f"{facts['ops']} operations replayed on {facts['inputs']} inputs"
    if facts["result"] == "equal":
        verified = "Verified" if facts["inputs"] == "fresh" else "Holds for this input alone"
        return f"{verified}: {where} give the model's own output{reason}."
    return f"Not faithful: {where} differ from the model's own output by {facts['difference']} of its size{reason}."


def _export_sentence(facts: JsonObject) -> str:
    if facts.get("result") == "not run":
        return f"Not compared: {facts['reason']}."
    if facts["result"] == "equal":
        noun = (
            "pair of layers with weights feeds"
            if facts["pairs"] == 1
            else "pairs of layers with weights feed"
        )
        return f"Verified: {facts['pairs']} {noun} each other as in torch.export."
    odd = [f"{name} {', '.join(map(str, facts[name]))}" for name in ("missing", "extra") if name in facts]  # type: ignore[arg-type]
    return f"Edges differ from torch.export's: {'; '.join(odd)}."
