"""nn2gltf: neural networks as animated glTF scenes.

>>> import nn2gltf
>>> nn2gltf.export(model, "net.glb", sample=x)  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from nn2gltf import version

if TYPE_CHECKING:
    from nn2gltf.api.exporting import export
    from nn2gltf.api.inspecting import inspect
    from nn2gltf.api.outputs import write_page
    from nn2gltf.api.recording import Recorder
    from nn2gltf.api.tracing import trace
    from nn2gltf.api.training import demo, train_model
    from nn2gltf.api.viewing import validate, view
    from nn2gltf.errors import Nn2gltfError

__version__ = version.VERSION

__all__ = [
    "Nn2gltfError",
    "Recorder",
    "__version__",
    "demo",
    "export",
    "inspect",
    "trace",
    "train_model",
    "validate",
    "view",
    "write_page",
]

_HOMES = {
    "Nn2gltfError": "nn2gltf.errors",
    "Recorder": "nn2gltf.api.recording",
    "demo": "nn2gltf.api.training",
    "export": "nn2gltf.api.exporting",
    "inspect": "nn2gltf.api.inspecting",
    "trace": "nn2gltf.api.tracing",
    "train_model": "nn2gltf.api.training",
    "validate": "nn2gltf.api.viewing",
    "view": "nn2gltf.api.viewing",
    "write_page": "nn2gltf.api.outputs",
}

_MODULES = ("hf", "lightning")
"""Callbacks for frameworks, which need those frameworks."""


def __getattr__(name: str) -> object:
    """Load a public name on first use, so that ``import nn2gltf`` stays instant."""
    if name in _MODULES:
        return importlib.import_module(f"nn2gltf.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Names of the facade, for completion."""
    return __all__
