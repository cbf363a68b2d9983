"""Modules and their tensors as a file tells them, without code: from a pickled module, TorchScript, or names alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nn2gltf.ir.graph import TensorSpec
from nn2gltf.ir.json import Json
from nn2gltf.sources.pickle_stubs import Stub, StubTensor

MAX_MODULES = 1_000_000
MAX_DEPTH = 64


@dataclass(frozen=True, kw_only=True)
class ModuleEntry:
    """One module.

    Attributes:
        path: ``layer1.0.conv1``, empty for the model.
        type: Its class, empty when only names are known.
        tensors: Own parameters and buffers by name, in order.
        buffers: Those of ``tensors`` that are not trained.
        settings: Plain attributes: ``kernel_size``, ``in_features``.
        holds: It has modules inside.
    """

    path: str
    type: str = ""
    tensors: Mapping[str, TensorSpec] = field(default_factory=dict)
    buffers: frozenset[str] = frozenset()
    settings: Mapping[str, Json] = field(default_factory=dict)
    holds: bool = False


def modules_of_names(tensors: Mapping[str, TensorSpec]) -> list[ModuleEntry]:
    """Modules that the names of a state dict imply, in the file's order."""
    groups: dict[str, dict[str, TensorSpec]] = {}
    for name, spec in tensors.items():
        path, _, own = name.rpartition(".")
        groups.setdefault(path, {})[own] = spec
    inner = {parent for path in groups for parent in parents(path)}
    return [
        ModuleEntry(path=path, tensors=own, buffers=frozenset(own) & STATISTICS, holds=path in inner)
        for path, own in groups.items()
    ]


LONGEST_NUMBER = 9
"""Digits of a number in a name; longer ones count nothing."""


def natural_parts(name: str) -> list[tuple[bool, int, str]]:
    """Key that sorts the layers of a list as people count.

    >>> sorted(["h.10.w", "h.9.w"], key=natural_parts)
    ['h.9.w', 'h.10.w']
    """
    parts = [(part.isdecimal() and len(part) <= LONGEST_NUMBER, part) for part in name.split(".")]
    return [(number, int(part) if number else 0, part) for number, part in parts]


def sorted_by_name(tensors: Mapping[str, TensorSpec]) -> bool:
    """Whether several tensors lie in the order of their names, type by type: then it is not that of the model."""
    by_type: dict[str, list[str]] = {}
    for name, spec in tensors.items():
        by_type.setdefault(spec.dtype, []).append(name)
    return len(tensors) > 1 and all(names == sorted(names) for names in by_type.values())


STATISTICS = frozenset({"running_mean", "running_var", "num_batches_tracked"})


def parents(path: str) -> list[str]:
    """Paths around a path, outermost first, without the model's own.

    >>> parents("layer1.0.conv1")
    ['layer1', 'layer1.0']
    """
    parts = path.split(".")[:MAX_DEPTH]
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


def is_module(item: Any) -> bool:
    """Whether a stub is a pickled ``nn.Module`` or a TorchScript object."""
    if not isinstance(item, Stub):
        return False
    return isinstance(item.state.get("_modules"), dict) or item.kind.startswith("__torch__.")


def modules_of_stub(root: Stub) -> list[ModuleEntry]:
    """Modules of a pickled module or of a TorchScript object, depth first, in the order in which they were made."""
    found: list[ModuleEntry] = []
    waiting: list[tuple[str, Stub, int]] = [("", root, 0)]
    open_paths: set[int] = set()
    while waiting and len(found) < MAX_MODULES:
        path, stub, depth = waiting.pop()
        tensors, buffers, children, settings = _parts(stub)
        holds = bool(children) and depth < MAX_DEPTH and id(stub) not in open_paths
        kind = stub.kind.rpartition(".")[2]
        found.append(
            ModuleEntry(
                path=path,
                type=kind,
                tensors={name: TensorSpec(shape=t.shape, dtype=t.dtype) for name, t in tensors.items()},
                buffers=frozenset(buffers),
                settings=settings,
                holds=holds,
            )
        )
        if holds:
            open_paths.add(id(stub))
            inner = [
                (f"{path}.{name}" if path else name, child, depth + 1) for name, child in children.items()
            ]
            waiting += reversed(inner)
    return found


def stub_tensors(root: Stub) -> dict[str, StubTensor]:
    """Every parameter and buffer of a module stub by its qualified name."""
    found: dict[str, StubTensor] = {}
    waiting: list[tuple[str, Stub]] = [("", root)]
    seen: set[int] = set()
    while waiting:
        path, stub = waiting.pop()
        if id(stub) in seen:
            continue
        seen.add(id(stub))
        tensors, _, children, _ = _parts(stub)
        found |= {f"{path}.{name}" if path else name: tensor for name, tensor in tensors.items()}
        waiting += [(f"{path}.{name}" if path else name, child) for name, child in children.items()]
    return found


def _parts(
    stub: Stub,
) -> tuple[dict[str, StubTensor], set[str], dict[str, Stub], dict[str, Json]]:
    """Tensors, which of them are buffers, modules inside, and settings of one module."""
    state = stub.state
    if isinstance(state.get("_modules"), dict):
        buffers = _named(state.get("_buffers"), StubTensor)
        tensors = _named(state.get("_parameters"), StubTensor) | buffers
        children = {
            name: child for name, child in _named(state["_modules"], Stub).items() if is_module(child)
        }
        return tensors, set(buffers), children, _plain(state)
    tensors = _named(state, StubTensor)
    children = {name: child for name, child in _named(state, Stub).items() if is_module(child)}
    own = set(tensors)
    return tensors, {name for name in own if name in STATISTICS}, children, _plain(state)


def _named(group: Any, kind: type) -> dict[str, Any]:
    if not isinstance(group, dict):
        return {}
    return {str(name): item for name, item in group.items() if isinstance(item, kind)}


SETTINGS = frozenset(
    "kernel_size stride padding dilation groups in_channels out_channels in_features out_features num_features "
    "normalized_shape num_groups eps p num_embeddings embedding_dim num_heads embed_dim input_size hidden_size "
    "num_layers bidirectional output_size scale_factor mode negative_slope".split()
)


def _plain(state: Mapping[Any, Any]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in state.items():
        if name not in SETTINGS or (isinstance(value, float) and not abs(value) < float("inf")):
            continue
        if isinstance(value, bool | int | float | str):
            found[str(name)] = value
        elif isinstance(value, tuple | list) and len(value) < 9 and all(isinstance(v, int) for v in value):
            found[str(name)] = list(value)
    return found


def all_tensors(content: Any) -> Iterator[StubTensor]:
    """Every tensor anywhere in what a pickle describes; each container is looked into once."""
    waiting, seen = [content], set()
    while waiting:
        item = waiting.pop()
        if isinstance(item, StubTensor):
            yield item
            continue
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list | tuple):
            waiting += item
        elif isinstance(item, Stub):
            waiting += [item.state, item.items, item.args]
