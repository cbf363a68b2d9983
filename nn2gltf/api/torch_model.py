"""The model file of a training run: a plain ``torch.save`` of the module, which carries how it was trained."""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nn2gltf.files import write_atomic
from nn2gltf.ir.json import Json

FACTS = "nn2gltf_facts"
"""Attribute of the saved module: a dictionary of strings and numbers, which loads without running code."""

_MAX_PICKLE_BYTES = 64 * 2**20


def save_model(model: nn.Module, path: str | os.PathLike[str], facts: Mapping[str, Json]) -> int:
    """Save a module and how it was trained; any torch program loads it with ``torch.load``.

    Returns:
        Bytes written.

    Raises:
        WriteError: The disk is full, or an I/O error; an older file is intact.
    """
    content = io.BytesIO()
    setattr(model, FACTS, dict(facts))
    try:
        torch.save(model, content)
    finally:
        delattr(model, FACTS)
    return write_atomic(path, [content.getbuffer()])


def read_facts(model: nn.Module) -> dict[str, Any]:
    """What :func:`save_model` noted, empty for other models."""
    facts = getattr(model, FACTS, None)
    return {str(key): value for key, value in facts.items()} if isinstance(facts, dict) else {}


def is_our_model(path: Path) -> bool:
    """Tell whether :func:`save_model` wrote the file, from its pickle's bytes; nothing is loaded."""
    with (
        contextlib.suppress(OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError),
        zipfile.ZipFile(path) as archive,
    ):
        pickles = [item for item in archive.infolist() if item.filename.endswith("/data.pkl")]
        return any(
            item.file_size <= _MAX_PICKLE_BYTES and FACTS.encode() in archive.read(item) for item in pickles
        )
    return False
