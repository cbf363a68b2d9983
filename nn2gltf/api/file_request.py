"""What is asked of the process that reads model files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from nn2gltf.record.wire import unpack_array


@dataclass(frozen=True, kw_only=True)
class FileRequest:
    """One or several files and what to do with them.

    Attributes:
        paths: Several are checkpoints of one run, in order.
        model: Who builds the module of a file of weights.
        sample: Text, or arrays by name (positions as ``0``, ``1`` ...).
        values: Record values; else the structure alone is wanted.
        verify: Check the graph against the model, where there is one that can run.
        epochs: Where the epochs of several checkpoints come from: ``auto``, ``file``, ``name`` or ``count``.
    """

    paths: tuple[str, ...]
    model: str | None = None
    trust: bool = False
    sample: Any = None
    labels: tuple[int | None, ...] | None = None
    classes: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    data_dir: str | None = None
    max_nodes: int | None = None
    values: bool = True
    epochs: str = "auto"
    verify: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any], blocks: Sequence[memoryview]) -> FileRequest:
        """Rebuild from what :func:`nn2gltf.api.files.record_files` sends."""
        known = {item.name for item in fields(cls)}
        plain: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
        }
        if isinstance(data.get("arrays"), Mapping):
            arrays = {str(name): unpack_array(place, blocks) for name, place in data["arrays"].items()}
            numbered = all(name.isdecimal() for name in arrays)
            plain["sample"] = tuple(arrays.values()) if numbered else arrays
        return cls(**{key: value for key, value in plain.items() if key in known})
