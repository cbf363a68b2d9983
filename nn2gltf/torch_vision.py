"""torchvision beside a CPU build of torch: imported lazily, and usable even where its extension cannot load.

Some torchvision wheels carry a compiled extension for another torch build. Importing it then fails because
the operators ``torchvision::nms`` and ``torchvision::qnms`` do not exist. Their schemas are all that the import needs.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from nn2gltf.lazy import require

_KEPT: list[Any] = []
"""The operator library: its definitions last only as long as the object."""

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def require_torchvision() -> ModuleType:
    """Import torchvision; call this before anything that imports it, timm and transformers too.

    Raises:
        DependencyError: torchvision is not installed.
    """
    try:
        return require("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        _define_missing_operators()
        return require("torchvision")


def _define_missing_operators() -> None:
    """Define only what is missing, after the import failed: doing it first would break healthy installs."""
    import torch

    library: Any = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name, schema in _SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            library.define(schema)
    _KEPT.append(library)
