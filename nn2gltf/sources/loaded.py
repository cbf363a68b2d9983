"""What every source returns, and what it may be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nn2gltf.ir.json import Json

Weights = Literal["given", "random", "none"]


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How a model is read.

    Attributes:
        model: Specification of the module that a file of weights belongs to: ``torchvision:resnet18``, ``net.py:Net``.
        trust: Run code that the file brings along. A stranger's file can then do what you can do.
        seed: For the initial weights of a model that is built.
        filled: Weights from a file come into it: a heavy one needs none of its own, but buffers that no file holds.
    """

    model: str | None = None
    trust: bool = False
    seed: int = 0
    filled: bool = False


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A model ready to be traced.

    Attributes:
        module: The ``nn.Module``.
        name: For titles and file names: ``resnet18``, ``Net``, ``lenet``.
        weights: ``random`` when nobody trained them, ``none`` where only sizes are known; scenes say so.
        kind: The source: ``torch``, ``torchvision``, ``code`` ...
        facts: What else the file or the source states, as JSON.
    """

    module: Any
    name: str
    weights: Weights
    kind: str
    facts: Mapping[str, Json] = field(default_factory=dict)
