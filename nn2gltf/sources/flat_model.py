"""A model as one flat list of operations, whatever file it came from; operators go by their ONNX names.

Readers of ONNX and of torch.export's archives make one, and :mod:`nn2gltf.sources.flat_layers` makes it a graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from nn2gltf.ir.graph import TensorSpec
from nn2gltf.ir.json import Json


@dataclass(frozen=True)
class ValueType:
    """Type of a value.

    Attributes:
        kind: ``tensor``, ``sequence``, ``optional``, ``map``, ``sparse`` or ``unknown``.
        dims: Axis lengths, None for an unknown one; None as a whole when even their number is unknown.
    """

    kind: str = "unknown"
    dtype: str = "unknown"
    dims: tuple[int | None, ...] | None = None

    @cached_property
    def spec(self) -> TensorSpec | None:
        """Shape and type when every axis is known."""
        if self.kind != "tensor" or self.dims is None or any(n is None for n in self.dims):
            return None
        return TensorSpec(shape=tuple(n for n in self.dims if n is not None), dtype=self.dtype)

    @property
    def shown(self) -> str:
        """``1x?x4``, ``?`` when the number of axes is unknown, or what it is instead of a tensor."""
        if self.kind not in ("tensor", "unknown"):
            return self.kind
        return "?" if self.dims is None else "x".join("?" if n is None else str(n) for n in self.dims)


UNKNOWN = ValueType()


@dataclass(frozen=True, kw_only=True)
class FlatNode:
    """One operation.

    Attributes:
        op: ``Conv``; ``domain`` is empty for ONNX's own.
        inputs: Unique names of the values read, empty for an argument left out.
        outputs: Unique names of the values given, empty for one left out.
        name: As the file has it, may be empty.
        frames: Names of the functions and subgraphs around it, outermost first.
        settings: Attributes that JSON can hold.
        metadata: What the exporter noted about the node.
        block: It owns subgraphs; what their outputs give is among its inputs.
    """

    op: str
    domain: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    name: str = ""
    frames: tuple[str, ...] = ()
    settings: Mapping[str, Json] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    block: bool = False


@dataclass
class FlatModel:
    """A model's operations in order.

    Attributes:
        types: What is known of each value.
        tensors: Types of initialisers and constants, by the value they give.
        constants: Those of ``tensors`` that are constants.
        buffers: Those of ``tensors`` that are not trained.
        frame_types: Class of a frame by its names: the function's, or ``If``, ``Loop``, ``Scan``.
        problems: Why shape inference failed somewhere.
    """

    nodes: list[FlatNode] = field(default_factory=list)
    types: dict[str, ValueType] = field(default_factory=dict)
    tensors: dict[str, ValueType] = field(default_factory=dict)
    constants: set[str] = field(default_factory=set)
    buffers: set[str] = field(default_factory=set)
    frame_types: dict[tuple[str, ...], str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
