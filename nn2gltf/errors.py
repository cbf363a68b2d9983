"""Every error nn2gltf raises on purpose, as one tree and one catalogue of codes.

::

    Nn2gltfError
    ├── UsageError            exit 2    an option or argument makes no sense
    ├── InputDataError        exit 65   the input was read and is not what it should be
    │   ├── TraceError                  a model could not be run or captured
    │   ├── EncodingError               values or options cannot be drawn
    │   └── RecordingError              a recording is damaged or does not fit
    ├── InputMissingError     exit 66   the input does not exist or is not a regular file
    ├── DependencyError       exit 69   an optional package or program is not installed
    ├── InternalError         exit 70   a bug in nn2gltf, or a worker process died
    ├── OutputError           exit 73   the output cannot be created; found before any work
    ├── WriteError            exit 74   writing failed part-way; the old file is intact
    ├── LimitError            exit 75   a limit on time, memory, nodes or bytes was reached
    ├── RefusedError          exit 77   it would run code from a file, or leave a folder
    └── InterruptedRunError   exit 130  stopped by a signal; what was recorded is saved

A message says what is wrong and where; ``hint`` says what to type or change.
"""

from __future__ import annotations

import unicodedata
from typing import ClassVar

SHOWN_NAME_LENGTH = 256
"""Longest name shown to a person, in characters (RELIABILITY: limits)."""

CODES: dict[str, str] = {
    "E_USAGE": "an option or argument makes no sense",
    "E_UNKNOWN_NAME": "a name is not in the list of known ones",
    "E_INPUT_DATA": "the input is not what it should be",
    "E_INPUT_MISSING": "the input does not exist or is not a regular file",
    "E_IDX": "an IDX data file is damaged",
    "E_DATA_MISSING": "a data set is not on disk and cannot be downloaded",
    "E_MODEL_FILE": "a model file is damaged or of an unknown kind",
    "E_MODEL_SPEC": "a model name or factory cannot be resolved",
    "E_SAMPLE": "a sample does not fit the model's input",
    "E_INPUT_UNKNOWN": "the shape of the model's input cannot be inferred",
    "E_TRACE": "the model could not be traced",
    "E_GRAPH": "a graph breaks its own rules",
    "E_ONNX_EXPANSION": "an ONNX model expands to too many nodes",
    "E_RECORDING": "a recording is damaged or does not fit the model",
    "E_ENCODING": "values or options cannot be drawn",
    "E_STYLE": "a style file is damaged",
    "E_GLB": "a .glb file is damaged or not one of ours",
    "E_VALIDATION": "a scene breaks the glTF rules",
    "E_DEPENDENCY": "an optional package or program is not installed",
    "E_INTERNAL": "a bug in nn2gltf",
    "E_OUTPUT": "the output cannot be created",
    "E_OUTPUT_EXISTS": "the output exists and nn2gltf did not write it",
    "E_WRITE": "writing failed part-way",
    "E_LIMIT": "a limit was reached",
    "E_UNTRUSTED": "it would run code from the file",
    "E_PATH": "a path leads out of its folder",
    "E_INTERRUPTED": "stopped by a signal",
}
"""Code to one-line meaning. Codes are stable: scripts may match on them."""


def safe(text: object, *, limit: int = SHOWN_NAME_LENGTH) -> str:
    r"""Make a name from a file harmless to show in a terminal, a log, HTML or JSON.

    Control, bidirectional and unassigned characters and lone surrogates become U+FFFD, and anything
    longer than ``limit`` characters is cut with an ellipsis.

    >>> safe("conv1\x1b[31m")
    'conv1�[31m'
    """
    raw = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    cut = raw if len(raw) <= limit else raw[: limit - 1] + "…"
    return "".join("\ufffd" if unicodedata.category(c) in _UNSAFE else c for c in cut)


_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Nn2gltfError(Exception):
    """Root of the tree.

    Args:
        message: What is wrong, with names already passed through :func:`safe`.
        code: A key of :data:`CODES`; the class's own by default.
        where: File, layer or option concerned, shown in parentheses.
        hint: What to type or change, a full sentence.
    """

    exit_code: ClassVar[int] = 70
    default_code: ClassVar[str] = "E_INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        where: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """One line: message, place, remedy."""
        place = f" ({safe(self.where)})" if self.where else ""
        remedy = f" {self.hint}" if self.hint else ""
        return " ".join(f"{self.message.rstrip('.')}{place}.{remedy}".split())


class UsageError(Nn2gltfError):
    """An option or argument makes no sense."""

    exit_code = 2
    default_code = "E_USAGE"


class InputDataError(Nn2gltfError):
    """The input was read and is not what it should be."""

    exit_code = 65
    default_code = "E_INPUT_DATA"


class TraceError(InputDataError):
    """A model could not be run or captured."""

    default_code = "E_TRACE"


class EncodingError(InputDataError):
    """Values or options cannot be drawn."""

    default_code = "E_ENCODING"


class RecordingError(InputDataError):
    """A recording is damaged or does not fit."""

    default_code = "E_RECORDING"


class InputMissingError(Nn2gltfError):
    """The input does not exist or is not a regular file."""

    exit_code = 66
    default_code = "E_INPUT_MISSING"


class DependencyError(Nn2gltfError):
    """An optional package or program is not installed."""

    exit_code = 69
    default_code = "E_DEPENDENCY"


class InternalError(Nn2gltfError):
    """A bug in nn2gltf, or a worker process died."""


class OutputError(Nn2gltfError):
    """The output cannot be created; found before any work."""

    exit_code = 73
    default_code = "E_OUTPUT"


class WriteError(Nn2gltfError):
    """Writing failed part-way; the old file is intact."""

    exit_code = 74
    default_code = "E_WRITE"


class LimitError(Nn2gltfError):
    """A limit on time, memory, nodes or bytes was reached."""

    exit_code = 75
    default_code = "E_LIMIT"


class RefusedError(Nn2gltfError):
    """It would run code from a file, or leave a folder."""

    exit_code = 77
    default_code = "E_UNTRUSTED"


class InterruptedRunError(Nn2gltfError):
    """Stopped by a signal; what was recorded is saved."""

    exit_code = 130
    default_code = "E_INTERRUPTED"
