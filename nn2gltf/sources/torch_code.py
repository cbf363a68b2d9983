"""Source: code of the user's own choosing, ``pkg.mod:factory`` or ``net.py:Net``."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from nn2gltf.errors import InputDataError, InputMissingError, UsageError, safe
from nn2gltf.sources import source_names
from nn2gltf.sources.loaded import LoadedModel, ReadOptions, Weights


def read_code(spec: str, options: ReadOptions) -> LoadedModel:
    """Build the module that a factory, a class or a variable in Python code gives.

    Args:
        spec: ``pkg.mod:factory`` or ``net.py:Net``; the folder the command runs in is searched first.

    Raises:
        UsageError: The module or the name in it does not exist, or needs arguments.
        InputDataError: The code raised, or gave no ``nn.Module``.
        InputMissingError: The file does not exist.

    A function's weights count as given when another seed gives the same ones; a class's are random.
    """
    place, _, attribute = spec.rpartition(":")
    if not place or not attribute:
        raise UsageError(
            f"{safe(spec)!r} names no code",
            code="E_MODEL_SPEC",
            hint="Write --model pkg.mod:factory or --model net.py:Net.",
        )
    with _seeded(options.seed):
        code = _import_file(Path(place)) if place.endswith(".py") else _import_module(place)
    found = _attribute(code, attribute, place)
    if isinstance(found, nn.Module):
        return LoadedModel(module=found, name=attribute, weights="given", kind="code")
    module = _call(found, spec, options.seed)
    weights: Weights = "random" if isinstance(found, type) else _origin(found, module, spec, options.seed)
    return LoadedModel(module=module, name=attribute, weights=weights, kind="code")


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise InputMissingError("the file does not exist", code="E_INPUT_MISSING", where=str(path))
    # One name a file, so that net.py of two folders stay two modules.
    name = f"{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    description = importlib.util.spec_from_file_location(name, path)
    assert description is not None
    assert description.loader is not None
    module = importlib.util.module_from_spec(description)
    sys.modules[name] = module
    try:
        with _searching(path.resolve().parent), _running(str(path)):
            description.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _import_module(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(
            f"{safe(name)!r} is no name of a module", code="E_MODEL_SPEC", hint="Write pkg.mod:factory."
        )
    try:
        with _searching(Path.cwd()), _running(name, letting=(ModuleNotFoundError,)):
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise _code_raised(error, name) from error
        sources = ", ".join(source for source in source_names() if source not in ("code", "torch"))
        raise UsageError(
            f"there is no module {safe(error.name)!r}",
            code="E_MODEL_SPEC",
            where=name,
            hint=f"Run the command where it can be imported, or use a known source: {sources}.",
        ) from error


def _attribute(module: ModuleType, path: str, place: str) -> Any:
    found: Any = module
    for part in path.split("."):
        if not hasattr(found, part):
            here = [name for name, item in vars(found).items() if callable(item) and name[0] != "_"]
            close = get_close_matches(part, here, n=1)
            own = [name for name in here if getattr(vars(found)[name], "__module__", "") == module.__name__]
            hint = f"Did you mean {close[0]}?" if close else f"It has: {', '.join(own[:10]) or 'none'}."
            raise UsageError(
                f"{safe(place)} has no {safe(part)!r}", code="E_MODEL_SPEC", where=path, hint=hint
            )
        found = getattr(found, part)
    return found


def _call(factory: Any, spec: str, seed: int) -> nn.Module:
    if not callable(factory):
        raise InputDataError(
            f"it is a {type(factory).__name__}, no factory of a model", code="E_MODEL_SPEC", where=spec
        )
    needed = _needed_arguments(factory)
    if needed:
        raise UsageError(
            f"it needs the arguments {', '.join(needed)}",
            code="E_MODEL_SPEC",
            where=spec,
            hint="Write a function without arguments that returns the model, and name that.",
        )
    with _seeded(seed), _running(spec):
        module = factory()
    if not isinstance(module, nn.Module):
        raise InputDataError(
            f"it returned a {type(module).__name__}, no nn.Module", code="E_MODEL_SPEC", where=spec
        )
    return module


def _needed_arguments(factory: Any) -> list[str]:
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):
        return []
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in optional]


def _origin(factory: Any, module: nn.Module, spec: str, seed: int) -> Weights:
    """Random when another seed gives other weights."""
    again = _call(factory, spec, seed + 1)
    if again is module:
        return "given"
    pairs = zip(module.parameters(), again.parameters(), strict=False)
    same = all(a.shape == b.shape and torch.equal(a, b) for a, b in pairs)
    return "given" if same and next(module.parameters(), None) is not None else "random"


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """The same random numbers every time, and the caller's own afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


@contextlib.contextmanager
def _searching(folder: Path) -> Iterator[None]:
    """Modules beside the code are found, for the time of the import."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


@contextlib.contextmanager
def _running(what: str, *, letting: tuple[type[BaseException], ...] = ()) -> Iterator[None]:
    """Exceptions of the user's code become one line with its file and line number."""
    try:
        yield
    except letting:
        raise
    except (Exception, SystemExit) as error:
        raise _code_raised(error, what) from error


def _code_raised(error: BaseException, what: str) -> InputDataError:
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    line = f"{Path(last.filename).name}:{last.lineno}" if last is not None else what
    if isinstance(error, SyntaxError) and error.filename:
        line = f"{Path(error.filename).name}:{error.lineno}"
    reason = safe(" ".join(f"{type(error).__name__}: {error}".split()), limit=200)
    return InputDataError(f"the code raised {reason}", code="E_MODEL_SPEC", where=f"{what}, {line}")
