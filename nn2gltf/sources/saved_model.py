"""Source: files with weights or modules, read without torch and without running anything from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import InputDataError, RefusedError, listed, safe
from nn2gltf.ir.graph import Graph, TensorSpec
from nn2gltf.ir.json import Json
from nn2gltf.sources.module_tree import (
    is_module,
    modules_of_names,
    modules_of_stub,
    natural_parts,
    sorted_by_name,
    stub_tensors,
)
from nn2gltf.sources.pickle_stubs import Stub, StubTensor, walk_tensors
from nn2gltf.sources.safetensors_header import read_safetensors
from nn2gltf.sources.saved_archive import SavedArchive, read_saved
from nn2gltf.sources.tree_graph import graph_of_modules

FloatArray = npt.NDArray[np.floating[Any]]
MODEL_HINT = "For the whole graph add --model pkg.mod:factory."
STATE_KEYS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "ema")
"""Where training scripts keep weights in a checkpoint."""
KNOWN_HOMES = (
    "torch.",
    "torchvision.",
    "nn2gltf.train.models.",
    "__torch__.",
    "collections.OrderedDict",
    "builtins.set",
    "functools.partial",
)
"""What the names in a module of known classes begin with."""
DATA_NAMES = re.compile(
    r"torch\.(\w+Storage|storage\.\w+|_utils\._rebuild_\w+|Size|device|float\d+|bfloat16|u?int\d+|bool)"
    r"|collections\.OrderedDict|builtins\.set"
)
"""Names that tensors and dictionaries are made of."""


@dataclass(frozen=True, kw_only=True)
class SavedModel:
    """A model without its code.

    Attributes:
        read: Numbers of a parameter by name, None where they cannot be had.
        facts: Plain values beside the weights: epoch, accuracy.
    """

    graph: Graph
    read: Callable[[str], FloatArray | None]
    kind: str
    facts: Mapping[str, Json] = field(default_factory=dict)


def read_safetensors_model(path: Path) -> SavedModel:
    """Weights of a safetensors file as a scene by name hierarchy.

    Raises:
        InputDataError, LimitError: As :func:`nn2gltf.sources.safetensors_header.read_safetensors`.
    """
    file = read_safetensors(path)
    if not file.tensors:
        raise InputDataError("the file holds no tensors", code="E_MODEL_FILE", where=str(path))
    report = [f"Weights alone, from safetensors. {MODEL_HINT}"]
    tensors, ordered = file.tensors, not sorted_by_name(file.tensors)
    if not ordered:
        tensors = dict(sorted(tensors.items(), key=lambda item: natural_parts(item[0])))
        report.append("The file keeps its tensors by name: only numbers in names say an order.")
    graph = graph_of_modules(modules_of_names(tensors), name=path.stem, report=report, ordered=ordered)
    return SavedModel(graph=graph, read=file.read, kind="safetensors", facts=dict(file.metadata))


def read_saved_model(path: Path, *, script: bool = False) -> SavedModel:
    """A pickled module's layer tree, or the weights of a state dict or checkpoint by name hierarchy.

    Args:
        script: It is a TorchScript archive.

    Raises:
        InputDataError: Damaged, or neither a module nor weights.
        RefusedError: It is made of code alone.
        LimitError: It is too large, or claims more than it holds.
    """
    archive = read_saved(path)
    content = archive.tree.content
    module = module_in(content)
    if module is not None:
        return _module_model(archive, module, script=script)
    state = find_tensors(content)
    if not state:
        raise _nothing(archive, path)
    specs = {name: TensorSpec(shape=t.shape, dtype=t.dtype) for name, t in state.items()}
    report = [f"Weights alone, without their module. {MODEL_HINT}"]
    strange = missing_names(archive)
    if strange:
        report.append(f"Left out, and not run: {listed(strange)}.")
    graph = graph_of_modules(modules_of_names(specs), name=path.stem, report=report)
    return SavedModel(
        graph=graph, read=lambda name: _read(archive, state, name), kind="weights", facts=plain_facts(content)
    )


def module_in(content: Any) -> Stub | None:
    """The module itself, or the one in a checkpoint such as ``{"model": module, "epoch": 3}``."""
    if is_module(content):
        found: Stub = content
        return found
    values = content.values() if isinstance(content, dict) else ()
    return next((value for value in values if is_module(value)), None)


def _module_model(archive: SavedArchive, module: Stub, *, script: bool) -> SavedModel:
    tensors = stub_tensors(module)
    missing = [] if script else missing_names(archive)
    report = [
        "Layer tree of a TorchScript archive, read without running its code."
        if script
        else "Layer tree of a pickled module, read without running its code."
    ]
    if missing:
        report.append(f"Its code is not here: {listed(missing)}.")
    report.append(MODEL_HINT)
    name = module.kind.rpartition(".")[2]
    graph = graph_of_modules(modules_of_stub(module), name=name, report=report)
    return SavedModel(
        graph=graph,
        read=lambda name: _read(archive, tensors, name),
        kind="torchscript" if script else "module",
    )


def holds_module(archive: SavedArchive) -> bool:
    """Whether a module is in it, by itself or in a checkpoint."""
    return module_in(archive.tree.content) is not None


def missing_names(archive: SavedArchive) -> list[str]:
    """Classes and functions of a pickle that no known package has."""
    return sorted(name for name in archive.tree.names if not name.startswith(KNOWN_HOMES))


def _read(archive: SavedArchive, tensors: Mapping[str, StubTensor], name: str) -> FloatArray | None:
    return archive.read(tensors[name]) if name in tensors else None


def find_tensors(content: Any) -> dict[str, StubTensor]:
    """Weights by name: a state dict itself, the one under a usual key, else every tensor in the file."""
    if not isinstance(content, dict):
        return {}
    inside = [content.get(key) for key in STATE_KEYS]
    for group in (content, *inside):
        if isinstance(group, dict):
            direct = {str(k): v for k, v in group.items() if isinstance(v, StubTensor)}
            if direct and len(direct) * 2 >= len(group):
                return direct
    return dict(walk_tensors(content))


def plain_facts(content: Any) -> dict[str, Json]:
    """Plain values in a checkpoint: epoch, accuracy, class names."""
    if not isinstance(content, dict):
        return {}
    found: dict[str, Json] = {}
    for key, value in content.items():
        number = isinstance(value, bool | int) or (isinstance(value, float) and abs(value) < float("inf"))
        if number or isinstance(value, str):
            found[str(key)] = value
        elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            found[str(key)] = list(value)
    return found


def _nothing(archive: SavedArchive, path: Path) -> InputDataError | RefusedError:
    """Code without a module is refused; anything else is no model."""
    strange = sorted(name for name in archive.tree.names if not DATA_NAMES.fullmatch(name))
    if strange:
        return RefusedError(
            f"the file is made of {safe(strange[0])}, whose code it would run",
            where=str(path),
            hint="Save the model's state_dict() instead.",
        )
    content = archive.tree.content
    what = f"a dictionary of {_keys(content)}" if isinstance(content, dict) else f"a {_kind(content)}"
    return InputDataError(
        f"the file holds {what}, no model and no weights",
        code="E_MODEL_FILE",
        where=str(path),
        hint="Save the module, or its state_dict(), with torch.save.",
    )


def _keys(content: Mapping[Any, Any]) -> str:
    return ", ".join(safe(key, limit=40) for key in list(content)[:6]) or "nothing"


def _kind(content: Any) -> str:
    return safe(content.kind if isinstance(content, Stub) else type(content).__name__, limit=80)


def collect_numbers(model: SavedModel, limit: int) -> tuple[dict[str, FloatArray], str]:
    """Parameters as arrays, and a sentence on what was left out, or ""."""
    wanted = {p.name: p for layer in model.graph.layers for p in layer.parameters if p.trainable}
    total = sum(parameter.count for parameter in wanted.values())
    if total > limit:
        return {}, f"weights are not recorded: {total:,} trainable numbers, more than {limit:,}"
    found = {name: model.read(name) for name in wanted}
    kept = {name: array for name, array in found.items() if array is not None}
    lost = len(found) - len(kept)
    return kept, f"{lost} weights could not be read as plain numbers" if lost else ""
