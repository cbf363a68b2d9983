"""Parameters of flat layers: tensors of the file by name, in the shape that torch gives them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from nn2gltf.ir.graph import Layer, Parameter
from nn2gltf.sources.flat_groups import Group
from nn2gltf.sources.flat_links import Links
from nn2gltf.sources.flat_model import FlatModel, FlatNode, ValueType

NUMBERS = frozenset(
    "float32 float16 float64 bfloat16 complex64 complex128 int8 uint8 int4 uint4 int2 uint2 float8_e4m3fn "
    "float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn".split()
)
"""Types of numbers that were learnt; 32 and 64 bit integers are shapes and indices."""

PRODUCTS = frozenset({"MatMul", "Gemm", "FusedMatMul", "FusedGemm"})
STATISTICS = frozenset({3, 4})
"""Inputs of a batch norm that training does not learn by gradient: mean and variance."""


class ParameterBook:
    """Describes each tensor once, under the name it is known by.

    Attributes:
        described: Parameters by their own names.
        sources: Parameter name to the tensor in the file, and whether it must be transposed to fit its shape.
    """

    def __init__(self, flat: FlatModel, links: Links) -> None:
        self._flat, self._links = flat, links
        self.described: dict[str, Parameter] = {}
        self.sources: dict[str, tuple[str, bool]] = {}

    def names(self, group: Group) -> list[str]:
        """Names of the parameters that a layer reads."""
        found: dict[str, None] = {}
        for index in group.nodes:
            node = self._flat.nodes[index]
            for slot, value in enumerate(node.inputs):
                if value in self._links.ends:
                    continue
                for name, flipped in self._links.weights.get(value, ()):
                    tensor = self._flat.tensors.get(name)
                    if tensor is not None and self._is_learnt(name, tensor):
                        found[self._describe(name, tensor, node, slot, flipped=flipped)] = None
        return list(found)

    def _is_learnt(self, name: str, known: ValueType) -> bool:
        """A single unnamed number is a constant of the formula, not a parameter."""
        if known.dtype not in NUMBERS or known.spec is None:
            return False
        many = math.prod(known.spec.shape) > 1
        return many or (name not in self._flat.constants and "." in name)

    def _describe(self, name: str, known: ValueType, node: FlatNode, slot: int, *, flipped: bool) -> str:
        """The name to show: a matrix is told as ``weight``, out by in, as torch keeps it."""
        shape = tuple(n or 0 for n in known.dims or ())
        matrix = node.op in PRODUCTS and len(shape) == 2 and slot < 2
        stored = name
        turned = matrix and flipped != self._reads_transposed(node, slot)
        role = "weight" if matrix or (slot == 1 and node.op in ("Conv", "ConvTranspose")) else ""
        shown = f"{name}/weight" if role and not name.endswith("weight") else name
        if shown in self.sources and self.sources[shown] != (stored, turned):
            shown = f"{shown}/turned"
        if shown not in self.described:
            statistic = name in self._flat.buffers or (node.op == "BatchNormalization" and slot in STATISTICS)
            self.sources[shown] = (stored, turned)
            self.described[shown] = Parameter(
                name=shown,
                shape=shape[::-1] if turned else shape,
                dtype=known.dtype,
                trainable=not statistic,
            )
        return shown

    @staticmethod
    def _reads_transposed(node: FlatNode, slot: int) -> bool:
        """Whether a matrix stands as in by out: ``x @ W``; ``W @ x`` and Gemm's transB have out by in."""
        transposes = bool(node.settings.get("transB" if slot == 1 else "transA", 0))
        return (slot == 1) != transposes

    def share(self, layers: Sequence[Layer]) -> list[Layer]:
        """Mark later calls of a module; equal weights of different modules are one tensor in many files."""
        owner: dict[str, str] = {}
        shared: list[Layer] = []
        for layer in layers:
            names = [p.name for p in layer.parameters]
            homes = {owner.get(name) for name in names}
            first = next(iter(homes)) if len(homes) == 1 and layer.call > 1 else None
            for name in names:
                owner.setdefault(name, layer.id)
            shared.append(replace(layer, shares_weights_with=first) if first else layer)
        return shared
