"""Stage: a model file, a live module or a specification becomes something to trace.

Sources are a table, loaded lazily, extended by entry points ``nn2gltf.sources``. A source is a function of what
the user named and :class:`~nn2gltf.sources.loaded.ReadOptions` that gives a
:class:`~nn2gltf.sources.loaded.LoadedModel`.
"""

from __future__ import annotations

from importlib.metadata import entry_points

FILE_SOURCES: dict[str, str] = {
    "torch": "nn2gltf.sources.torch_model_file:read_torch_file",
    "safetensors": "nn2gltf.sources.torch_model_file:read_weights_file",
}
"""Kind of file, as :mod:`nn2gltf.sources.content` tells it, to ``module:function`` of its path."""

PROGRAM_SOURCES: dict[str, str] = dict.fromkeys(
    ("torchscript", "pt2"), "nn2gltf.sources.torch_model_file:read_weights_file"
)
"""Kinds of file that are programs: their weights alone are read, into a module that ``--model`` names."""

SOURCES: dict[str, str] = {
    "hf": "nn2gltf.sources.torch_hub:read_hf",
    "timm": "nn2gltf.sources.torch_hub:read_timm",
    "torchvision": "nn2gltf.sources.torch_builders:read_torchvision",
}
"""Prefix of a specification to ``module:function`` of what follows the colon."""

CODE_SOURCE = "nn2gltf.sources.torch_code:read_code"
"""Reads every other specification: ``pkg.mod:factory`` and ``net.py:Net``."""

__all__ = ["CODE_SOURCE", "FILE_SOURCES", "PROGRAM_SOURCES", "SOURCES", "source_names"]


def source_names() -> list[str]:
    """Known prefixes of specifications, built in and installed."""
    return sorted({*SOURCES, *(point.name for point in entry_points(group="nn2gltf.sources"))})
