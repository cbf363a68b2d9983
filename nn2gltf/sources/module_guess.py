"""What a module is, from its class or from its tensors' names and shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from nn2gltf.ir.graph import TensorSpec
from nn2gltf.ir.json import Json
from nn2gltf.sources.flat_ops import class_kind
from nn2gltf.sources.module_tree import ModuleEntry

TABLE = re.compile(r"(^|[._])(\w*emb\w*|wte|wpe|token\w*|vocab\w*|lookup\w*)($|[._])", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What a module is: name, kind, how many features it takes and gives (None where unknown), settings."""

    op: str
    kind: str
    takes: int | None = None
    gives: int | None = None
    settings: Mapping[str, Json] | None = None


def guess_module(entry: ModuleEntry) -> Guess:
    """What a module is, by its class, else by the names and shapes of its tensors."""
    weight = entry.tensors.get("weight")
    by_shape = _by_tensors(entry, weight.shape if weight is not None else None)
    if not entry.type:
        return by_shape
    kind = class_kind(entry.type) or (by_shape.kind if entry.tensors else _PLAIN.get(entry.type, "op"))
    settings = {**(by_shape.settings or {}), **entry.settings}
    return replace(by_shape, op=entry.type, kind=kind, settings=settings)


_PLAIN: dict[str, str] = {"Flatten": "reshape", "Identity": "reshape", "Unflatten": "reshape"}


def _by_tensors(entry: ModuleEntry, weight: tuple[int, ...] | None) -> Guess:
    names = entry.tensors
    if "in_proj_weight" in names:
        size = next(reversed(names["in_proj_weight"].shape), None)
        return Guess(op="MultiheadAttention", kind="attention", takes=size, gives=size)
    if "weight_ih_l0" in names and "weight_hh_l0" in names:
        return _recurrent(names)
    if "running_mean" in names:
        width = next(iter(names["running_mean"].shape), None)
        return Guess(op="BatchNorm", kind="norm", takes=width, gives=width, settings={"num_features": width})
    if weight is None or 0 in weight or not 1 <= len(weight) <= 5:
        return Guess(op="parameters", kind="op")
    bias = names["bias"].shape if "bias" in names else None
    if len(weight) > 2:
        return _conv(weight, bias)
    return (
        _matrix(entry.path, weight, bias) if len(weight) == 2 else _norm(weight[0], biased=bias is not None)
    )


def _norm(width: int, *, biased: bool) -> Guess:
    settings: dict[str, Json] = {"normalized_shape": [width]}
    op = "LayerNorm" if biased else "RMSNorm"
    return Guess(op=op, kind="norm", takes=width, gives=width, settings=settings)


def _matrix(path: str, weight: tuple[int, ...], bias: tuple[int, ...] | None) -> Guess:
    rows, columns = weight
    if bias is None and TABLE.search(path):
        table: dict[str, Json] = {"num_embeddings": rows, "embedding_dim": columns}
        return Guess(op="Embedding", kind="embedding", gives=columns, settings=table)
    settings: dict[str, Json] = {"in_features": columns, "out_features": rows, "bias": bias is not None}
    return Guess(op="Linear", kind="linear", takes=columns, gives=rows, settings=settings)


def _conv(weight: tuple[int, ...], bias: tuple[int, ...] | None) -> Guess:
    """(out, in, ...); a bias as long as the second axis alone tells a transposed one."""
    rank, kernel = len(weight) - 2, list(weight[2:])
    turned = bias is not None and bias[:1] == weight[1:2] and weight[0] != weight[1]
    takes, gives = (weight[0], weight[1]) if turned else (weight[1], weight[0])
    settings: dict[str, Json] = {
        "kernel_size": [*kernel],
        "in_channels": takes,
        "out_channels": gives,
        "bias": bias is not None,
    }
    op = f"ConvTranspose{rank}d" if turned else f"Conv{rank}d"
    return Guess(op=op, kind="conv", takes=takes, gives=gives, settings=settings)


def _recurrent(names: Mapping[str, TensorSpec]) -> Guess:
    """The number of gates is rows of a matrix over columns of the hidden one."""
    inner, hidden = names["weight_ih_l0"].shape, names["weight_hh_l0"].shape
    if len(inner) != 2 or len(hidden) != 2 or not hidden[1]:
        return Guess(op="parameters", kind="op")
    op = {4: "LSTM", 3: "GRU", 1: "RNN"}.get(hidden[0] // hidden[1], "RNN")
    both = 2 if "weight_ih_l0_reverse" in names else 1
    settings: dict[str, Json] = {
        "input_size": inner[1],
        "hidden_size": hidden[1],
        "num_layers": sum(name.startswith("weight_ih_l") and "_reverse" not in name for name in names),
        "bidirectional": both == 2,
    }
    return Guess(op=op, kind="recurrent", takes=inner[1], gives=both * hidden[1], settings=settings)
