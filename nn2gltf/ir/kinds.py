"""What layers are for drawing."""

from __future__ import annotations

KINDS = (
    "input",
    "output",
    "conv",
    "pool",
    "linear",
    "activation",
    "norm",
    "dropout",
    "add",
    "concat",
    "mul",
    "reshape",
    "softmax",
    "embedding",
    "attention",
    "recurrent",
    "upsample",
    "loss",
    "constant",
    "weight",
    "op",
)
"""Kinds a layer may have; ``op`` is anything without a drawing rule of its own."""
