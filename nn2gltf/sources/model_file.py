"""Source: what a user names as MODEL, told by its form and its content, never by loading it first."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from nn2gltf.errors import InputDataError, InputMissingError, RefusedError, UsageError, safe
from nn2gltf.sources import CODE_SOURCE, FILE_SOURCES, PROGRAM_SOURCES, SOURCES
from nn2gltf.sources.content import KINDS, detect_kind
from nn2gltf.sources.loaded import LoadedModel, ReadOptions

Reader = Callable[[str, ReadOptions], LoadedModel]

FILE_SUFFIXES = frozenset(
    (".pt", ".pth", ".ckpt", ".pt2", ".safetensors", ".onnx", ".bin", ".pkl", ".h5", ".keras")
)
RUNS_CODE = frozenset({"torchscript", "pt2", "pickle", "torch-tar"})
"""Kinds of file that are programs."""

FIXES: dict[str, str] = {
    "page": "Download the file again.",
    "lfs": "Fetch the file itself with: git lfs pull.",
    "scene": "Use nn2gltf inspect, view or html for scenes.",
}
"""What to do about kinds that are no models."""

FORMS = "Name a file, torchvision:resnet18, timm:NAME, hf:FOLDER, pkg.mod:factory or net.py:Net."
SAVE_HINT = "Save the module with torch.save(model, 'model.pt'), or name its code: net.py:Net."


def read_model(spec: str, *, model: str | None = None, trust: bool = False, seed: int = 0) -> LoadedModel:
    """Read MODEL: a file, ``torchvision:resnet18``, ``pkg.mod:factory`` or ``net.py:Net``.

    Args:
        spec: What the user typed.
        model: For a file that holds weights only: who builds the module.
        trust: Allow code from the file to run.
        seed: For the initial weights of a model that is built.

    Raises:
        InputMissingError: There is no such file.
        InputDataError: The file is damaged or of a kind that cannot be read.
        LimitError: The file's parts are larger than any model's.
        RefusedError: Loading would run code from the file.
        UsageError: The specification is not of a known form.
    """
    options = ReadOptions(model=model, trust=trust, seed=seed)
    path = Path(spec)
    if path.is_dir():
        hint = f"Write hf:{safe(spec)}." if (path / "config.json").is_file() else FORMS
        raise InputMissingError("a folder is neither a model nor a recording", where=spec, hint=hint)
    if path.exists() or path.suffix.lower() in FILE_SUFFIXES:
        return _read_file(spec, options)
    return read_spec(spec, options)


def read_spec(spec: str, options: ReadOptions) -> LoadedModel:
    """Build what a specification names: ``torchvision:resnet18``, ``pkg.mod:factory`` or ``net.py:Net``.

    Raises:
        UsageError: It is of none of these forms, or names nothing that exists.
        InputDataError: The code it names raised.
    """
    prefix, colon, rest = spec.partition(":")
    if not colon or not rest:
        raise UsageError(f"{safe(spec)!r} is neither a file nor a model", code="E_MODEL_SPEC", hint=FORMS)
    source = _find_source(prefix)
    return source(rest, options) if source else _load(CODE_SOURCE)(spec, options)


def _read_file(path: str, options: ReadOptions) -> LoadedModel:
    kind = detect_kind(path)
    source = _load(FILE_SOURCES[kind]) if kind in FILE_SOURCES else _find_source(kind)
    if source is not None:
        return source(path, options)
    if options.model is not None and not options.trust and kind in PROGRAM_SOURCES:
        return _load(PROGRAM_SOURCES[kind])(path, options)
    if kind in RUNS_CODE:
        what = f"the file is {KINDS[kind]}, which cannot be loaded without running code from it"
        raise RefusedError(what, where=path, hint=SAVE_HINT)
    raise InputDataError(
        f"the file is {KINDS[kind]}", code="E_MODEL_FILE", where=path, hint=FIXES.get(kind, SAVE_HINT)
    )


def _find_source(prefix: str) -> Reader | None:
    """The reader of a prefix or a kind of file, built in or installed."""
    if prefix in SOURCES:
        return _load(SOURCES[prefix])
    for point in entry_points(group="nn2gltf.sources"):
        if point.name == prefix:
            loaded: Reader = point.load()
            return loaded
    return None


def _load(place: str) -> Reader:
    module, _, function = place.partition(":")
    reader: Reader = getattr(import_module(module), function)
    return reader
