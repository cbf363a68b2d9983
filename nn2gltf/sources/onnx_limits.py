"""Is an ONNX file safe to work on: how many nodes it expands to, how deep it nests, where its external data lies.

Counted before anything else looks at the graph: a file of 2 kB can expand to 2^30 nodes, which hangs shape
inference, inlining and every runtime.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

import onnx

from nn2gltf.errors import InputDataError, LimitError, RefusedError, safe
from nn2gltf.sources.onnx_text import subgraphs, text

MAX_NODES = 1_000_000
MAX_NESTING = 16

FunctionKey = tuple[str, str, str]
"""Domain, name, overload."""


def function_key(node: onnx.NodeProto) -> FunctionKey:
    """The function that a node would call, if the model defines it."""
    return text(node.domain), text(node.op_type), text(getattr(node, "overload", ""))


def model_functions(model: onnx.ModelProto) -> dict[FunctionKey, onnx.FunctionProto]:
    """Functions that a model defines."""
    return {(text(f.domain), text(f.name), text(getattr(f, "overload", ""))): f for f in model.functions}


def count_nodes(model: onnx.ModelProto, *, where: str, limit: int = MAX_NODES) -> int:
    """Nodes after every function call is replaced by the function's nodes.

    Raises:
        LimitError: E_ONNX_EXPANSION: more than ``limit``, or nested deeper than :data:`MAX_NESTING`.
        InputDataError: A function calls itself.
    """
    counter = _Counter(model_functions(model), where)
    total = counter.count(model.graph.node)
    if total > limit:
        raise LimitError(
            f"model expands to {total} nodes, limit {limit}",
            code="E_ONNX_EXPANSION",
            where=where,
            hint="Raise with --max-nodes.",
        )
    return total


class _Counter:
    """Sums with a memo per function, so that the work is that of reading the file once."""

    def __init__(self, functions: dict[FunctionKey, onnx.FunctionProto], where: str) -> None:
        self._functions, self._where = functions, where
        self._known: dict[FunctionKey, tuple[int, int]] = {}
        self._open: set[FunctionKey] = set()

    def count(self, nodes: Iterable[onnx.NodeProto]) -> int:
        return self._sum(nodes, 0)[0]

    def _sum(self, nodes: Iterable[onnx.NodeProto], depth: int) -> tuple[int, int]:
        """Nodes, and how deep they nest below here."""
        if depth > MAX_NESTING:
            raise self._too_deep()
        total, deepest = 0, 0
        for node in nodes:
            total += 1
            below = [self._sum(graph.node, depth + 1) for _, graph in subgraphs(node)]
            key = function_key(node)
            if key in self._functions:
                below.append(self._function(key, depth + 1))
            for inner, deep in below:
                total += inner
                deepest = max(deepest, deep + 1)
        if depth + deepest > MAX_NESTING:
            raise self._too_deep()
        return total, deepest

    def _function(self, key: FunctionKey, depth: int) -> tuple[int, int]:
        if key in self._open:
            raise InputDataError(
                f"the function {safe(key[1])} calls itself", code="E_MODEL_FILE", where=self._where
            )
        if key not in self._known:
            self._open.add(key)
            self._known[key] = self._sum(self._functions[key].node, depth)
            self._open.discard(key)
        return self._known[key]

    def _too_deep(self) -> LimitError:
        return LimitError(
            f"functions and subgraphs nest deeper than {MAX_NESTING}",
            code="E_ONNX_EXPANSION",
            where=self._where,
        )


def check_external_data(model: onnx.ModelProto, folder: Path, *, where: str) -> dict[str, int]:
    """Files beside the model that hold tensors; only their names are looked at.

    Returns:
        Location, as the model writes it, to the bytes that the model reads from it.

    Raises:
        RefusedError: E_PATH: a location is absolute or leads out of the model's folder, also through a link.
    """
    found: dict[str, int] = {}
    for tensor in all_tensors(model):
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            continue
        entries = {text(entry.key): text(entry.value) for entry in tensor.external_data}
        location = entries.get("location", "")
        if location not in found:
            _check_location(location, folder, where)
        length = entries.get("length", "")
        found[location] = found.get(location, 0) + (int(length) if length.isdecimal() else 0)
    return found


def _check_location(location: str, folder: Path, where: str) -> None:
    parts = PurePosixPath(location).parts
    windows = PureWindowsPath(location)
    leads_out = ".." in parts or ".." in windows.parts or location.startswith("/") or "\0" in location
    if not leads_out and not windows.drive and not windows.root and location:
        home = folder.resolve()
        leads_out = not (home / location).resolve().is_relative_to(home)
    else:
        leads_out = True
    if leads_out:
        raise RefusedError(
            f"its external data {safe(location)!r} leads out of the model's folder",
            code="E_PATH",
            where=where,
            hint="Put the data beside the model and save it with a plain file name.",
        )


def all_tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Every tensor of a model: initialisers and attributes, also in subgraphs and functions."""
    waiting: list[tuple[Iterable[onnx.NodeProto], onnx.GraphProto | None]] = [(model.graph.node, model.graph)]
    waiting += [(function.node, None) for function in model.functions]
    while waiting:
        nodes, graph = waiting.pop()
        if graph is not None:
            yield from graph.initializer
            for sparse in graph.sparse_initializer:
                yield from (sparse.values, sparse.indices)
        for node in nodes:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t
                yield from attribute.tensors
            waiting += [(inner.node, inner) for _, inner in subgraphs(node)]
