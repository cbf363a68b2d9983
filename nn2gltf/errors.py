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

A message says what is wrong and where; ``hint`` says what to type or change. Both name options as flags
(``--max-nodes``); ``str(error)`` has them as arguments of Python, :meth:`Nn2gltfError.line` as they are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import ClassVar

from nn2gltf.python_form import to_python

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

REMEDIES: dict[str, str] = {
    "E_USAGE": "See the arguments: nn2gltf COMMAND --help, or help(nn2gltf).",
    "E_UNKNOWN_NAME": "Choose one of the names that exist.",
    "E_INPUT_DATA": "Give a whole file of the right kind.",
    "E_INPUT_MISSING": "Check the path.",
    "E_IDX": "Download the data set again.",
    "E_DATA_MISSING": "Check the network, or put the files there yourself.",
    "E_MODEL_FILE": "Save or download the file again.",
    "E_MODEL_SPEC": "Name a class or a function without arguments that returns an nn.Module.",
    "E_SAMPLE": "Give a picture, a folder of pictures, a .npy file or the name of a data set.",
    "E_INPUT_UNKNOWN": "Give its shape, for example --input 1x3x224x224.",
    "E_TRACE": "Call the model on the same input by hand, to see where it fails.",
    "E_GRAPH": "Make it again with this version of nn2gltf.",
    "E_ONNX_EXPANSION": "Simplify the model, or export it again.",
    "E_RECORDING": "Record again; the steps before may still be exported with --steps.",
    "E_ENCODING": "Choose other values or options.",
    "E_STYLE": "Mend the style file, or choose one of: nn2gltf styles",
    "E_GLB": "Export or download the file again: it is cut, damaged or of another kind.",
    "E_VALIDATION": "Export it again with this version of nn2gltf.",
    "E_DEPENDENCY": "See what is missing: nn2gltf doctor",
    "E_INTERNAL": "This is a bug in nn2gltf: please report it with the output of the same line plus --debug.",
    "E_OUTPUT": "Choose a folder that exists and that you may write to.",
    "E_OUTPUT_EXISTS": "Choose another name.",
    "E_WRITE": "Free space, or choose another disk.",
    "E_LIMIT": "Give a smaller or simpler file.",
    "E_UNTRUSTED": "Give a file of weights alone.",
    "E_PATH": "Keep all files of one model or recording in its own folder.",
    "E_INTERRUPTED": "",
}
"""Code to what helps where the place of the error knows nothing better; an interrupt was wanted and needs no remedy."""


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


def listed(names: Sequence[str], *, most: int = 3, limit: int = 80, more: str = "more") -> str:
    """The first names, each made :func:`safe`, and how many there are besides.

    >>> listed(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    shown = ", ".join(safe(name, limit=limit) for name in names[:most])
    return f"{shown} and {len(names) - most} {more}" if len(names) > most else shown


_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Nn2gltfError(Exception):
    """Root of the tree.

    Args:
        message: What is wrong, with names already passed through :func:`safe`.
        code: A key of :data:`CODES`; the class's own by default.
        where: File, layer or option concerned, shown in parentheses.
        hint: What to type or change, a full sentence; the code's entry in :data:`REMEDIES` by default.
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
        self.hint = REMEDIES.get(self.code, "") if hint is None else hint

    def __str__(self) -> str:
        """One line as the API says it: message, place, remedy."""
        return self._line(to_python(self.message), to_python(self.hint))

    def line(self) -> str:
        """The same as the command line says it: options are flags."""
        return self._line(self.message, self.hint)

    def _line(self, message: str, hint: str) -> str:
        place = f" ({safe(self.where)})" if self.where else ""
        remedy = f" {hint}" if hint else ""
        return " ".join(f"{message.rstrip('.')}{place}.{remedy}".split())


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
