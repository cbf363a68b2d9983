"""The model that a scene is about, wherever it came from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from nn2gltf.api.torch_model import read_facts
from nn2gltf.errors import UsageError
from nn2gltf.ir.json import Json
from nn2gltf.sources.model_file import read_model


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A model to be shown.

    Attributes:
        name: For the title.
        weights: ``trained`` when nn2gltf saved it, ``given`` when they come from elsewhere, ``random`` when nobody
            trained them.
        kind: Where it came from.
        facts: What its file says about it: ``data``, ``dataset``, ``epochs``, ``mean``, ``std``.
    """

    module: nn.Module
    name: str
    weights: str = "given"
    kind: str = "live"
    facts: Mapping[str, Json] = field(default_factory=dict)


def is_module(source: Any) -> bool:
    """Whether ``source`` is a live model."""
    return isinstance(source, nn.Module)


def read_subject(source: Any, *, model: str | None = None, trust: bool = False, seed: int = 0) -> Subject:
    """A live model as it is, or the one that a path or a specification names.

    Args:
        model: For a file that holds weights only: who builds the module.
        trust: Allow code inside the file to run.
        seed: For the initial weights of a model that is built.

    Raises:
        UsageError, InputMissingError, InputDataError, LimitError, RefusedError: As
            :func:`nn2gltf.sources.model_file.read_model`.
    """
    if isinstance(source, nn.Module):
        return Subject(module=source, name=type(source).__name__, facts=read_facts(source))
    if not isinstance(source, (str, os.PathLike)):
        hint = "Give an nn.Module, a recording, a path or a specification."
        raise UsageError(f"a {type(source).__name__} is no model", hint=hint)
    loaded = read_model(os.fspath(source), model=model, trust=trust, seed=seed)
    ours = read_facts(loaded.module)
    # A file's name says little (model_best.pt), so its class names it.
    name = type(loaded.module).__name__ if loaded.kind == "torch" else loaded.name
    return Subject(
        module=loaded.module,
        name=name,
        weights="trained" if ours.get("epochs") else loaded.weights,
        kind=loaded.kind,
        facts={**loaded.facts, **ours},
    )
