"""The manifest of a recording's folder: the one file that says what counts (docs/recording-format.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nn2gltf.errors import LimitError, RecordingError, RefusedError, UsageError, safe
from nn2gltf.ir.json import Json, JsonObject
from nn2gltf.ir.recording import Step
from nn2gltf.ir.reduced import Reduced
from nn2gltf.version import GENERATOR

FORMAT = "nn2gltf recording"
SCHEMA = 1
"""Newest schema that is read. It rises only when a reader of the one before would misread a recording: new keys and
new arrays do not count, since readers pass over what they do not know."""

MANIFEST_NAME = "manifest.json"
GRAPH_NAME = "graph.json"
PROBES_NAME = "probes.safetensors"
CHECKPOINT_NAME = "checkpoint.pt"
"""Beside the graph: state of a training that can go on; no part of the recording."""
STEPS_NAME = "steps"

MAX_JSON_BYTES = 256 << 20
"""Largest JSON file that is read."""

_RUN = r"(?:run-[1-9][0-9]{0,8}/)?"
_FILE = re.compile(rf"{_RUN}(?:graph\.json|probes\.safetensors|steps/[0-9]{{4,9}}\.safetensors)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class StepEntry:
    """A finished step and the file of its arrays, relative to the folder."""

    step: Step
    file: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a folder holds.

    Attributes:
        graph, probes: Files of the graph and of the probes' arrays, relative to the folder.
        labels, names: Of the probes.
        thumbnails: Which probes have one.
        reduced: Layers whose stored activations are smaller than the output.
        numbers: Quantity to the layers or parameters that have it.
    """

    graph: str
    probes: str
    labels: tuple[int | None, ...]
    names: tuple[str, ...]
    thumbnails: tuple[bool, ...]
    steps: tuple[StepEntry, ...] = ()
    classes: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    reductions: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Json] = field(default_factory=dict)
    reduced: Mapping[str, Reduced] = field(default_factory=dict)
    numbers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        """JSON form, inverse of :meth:`from_json`."""
        probes: list[Json] = [
            {"label": label, "name": name, "thumbnail": thumbnail}
            for label, name, thumbnail in zip(self.labels, self.names, self.thumbnails, strict=True)
        ]
        return {
            "format": FORMAT,
            "schema": SCHEMA,
            "generator": GENERATOR,
            "graph": self.graph,
            "probeArrays": self.probes,
            "probes": probes,
            "classes": list(self.classes),
            "steps": [{**entry.step.to_json(), "file": entry.file} for entry in self.steps],
            "recorded": list(self.recorded),
            "reductions": dict(self.reductions),
            "reduced": {key: item.to_json() for key, item in sorted(self.reduced.items())},
            "numbers": {key: list(names) for key, names in sorted(self.numbers.items())},
            "meta": dict(self.meta),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Manifest:
        """Rebuild from :meth:`to_json`'s form.

        Raises:
            KeyError, TypeError, ValueError: It has another form.
            RefusedError: A file name leads out of the folder.
        """
        probes = data["probes"]
        return cls(
            graph=_inside(data["graph"]),
            probes=_inside(data["probeArrays"]),
            labels=tuple(None if probe["label"] is None else int(probe["label"]) for probe in probes),
            names=tuple(str(probe["name"]) for probe in probes),
            thumbnails=tuple(bool(probe["thumbnail"]) for probe in probes),
            steps=tuple(
                StepEntry(step=Step.from_json(entry), file=_inside(entry["file"])) for entry in data["steps"]
            ),
            classes=tuple(map(str, data["classes"])),
            recorded=tuple(map(str, data["recorded"])),
            reductions={str(key): str(text) for key, text in data["reductions"].items()},
            meta=dict(data["meta"]),
            reduced={str(key): Reduced.from_json(item) for key, item in data.get("reduced", {}).items()},
            numbers={str(key): tuple(map(str, names)) for key, names in data.get("numbers", {}).items()},
        )


def encode_json(data: Mapping[str, Any], *, what: str) -> bytes:
    """Strict JSON, one line per top-level entry's level of two, in UTF-8.

    Raises:
        UsageError: A value has no JSON form, such as NaN or an array.
    """
    try:
        return (json.dumps(data, indent=1, allow_nan=False) + "\n").encode("ascii")
    except (TypeError, ValueError) as error:
        hint = "Use text, finite numbers, lists and dictionaries."
        raise UsageError(f"{what} cannot be written as JSON: {safe(error)}", hint=hint) from error


def read_json(path: Path) -> Any:
    """Parse a JSON file of the folder.

    Raises:
        RecordingError: It is missing or no JSON.
        LimitError: It is larger than :data:`MAX_JSON_BYTES`.
    """
    try:
        size = path.stat().st_size
        if size > MAX_JSON_BYTES:
            raise LimitError(f"the file has {size} bytes, limit {MAX_JSON_BYTES}", where=str(path))
        return json.loads(path.read_bytes(), parse_constant=_refuse_constant)
    except OSError as error:
        raise RecordingError(f"a file cannot be read: {safe(error.strerror)}", where=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise RecordingError("the file is not JSON", where=str(path)) from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def step_file(prefix: str, index: int) -> str:
    """Name of a step's file.

    >>> step_file("", 3)
    'steps/0003.safetensors'
    """
    return f"{prefix}{STEPS_NAME}/{index:04d}.safetensors"


def files_of(manifest: Manifest) -> Sequence[str]:
    """All files that a manifest refers to."""
    return [manifest.graph, manifest.probes, *(entry.file for entry in manifest.steps)]


def _inside(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError("a file name is not text")
    if not _FILE.fullmatch(name):
        hint = "The manifest was not written by nn2gltf."
        raise RefusedError(
            "a file name of the manifest is not one of ours", code="E_PATH", where=name, hint=hint
        )
    return name
