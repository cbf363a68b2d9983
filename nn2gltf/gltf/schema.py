"""Checks against the JSON Schemas shipped beside this module."""

from __future__ import annotations

import itertools
import json
from functools import cache
from importlib import resources
from typing import Any

from nn2gltf.errors import safe
from nn2gltf.gltf.report import MAX_PROBLEMS, Findings
from nn2gltf.lazy import require

CORE = "core.schema.json"
SCENE_EXTRAS = "scene-extras.schema.json"


def load_schema(name: str) -> dict[str, Any]:
    """The schema ``name``: :data:`CORE` or :data:`SCENE_EXTRAS`."""
    schema: dict[str, Any] = json.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))
    return schema


def check_schema(value: Any, name: str, findings: Findings, *, code: str, root: str = "") -> bool:
    """Add an error for everything in ``value`` that the schema forbids; return whether there was none."""
    clean = True
    for error in itertools.islice(_validator(name).iter_errors(value), MAX_PROBLEMS):
        clean = False
        pointer = "".join(f"/{part}" for part in error.absolute_path)
        findings.error(code, safe(error.message), root + pointer)
    return clean


@cache
def _validator(name: str) -> Any:
    return require("jsonschema").Draft202012Validator(load_schema(name))
