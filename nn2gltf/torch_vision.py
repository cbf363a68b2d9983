"""torchvision beside a CPU build of torch: imported lazily, and usable even where its extension cannot load.

Some torchvision wheels carry a compiled extension for another torch build. Importing it then fails because
the operators ``torchvision::nms`` and ``torchvision::qnms`` do not exist. Their schemas are all that the import needs;
``nms`` also gets a body, because every detector ends in it and torchvision has no other for it.
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
        torchvision = require("torchvision")
        torchvision.ops.boxes.nms = torchvision.ops.nms = suppress_boxes
        return torchvision


def suppress_boxes(boxes: Any, scores: Any, iou_threshold: float) -> Any:
    """Non-maximum suppression, as ``torchvision.ops.nms``.

    Args:
        boxes: (n, 4) corners x1, y1, x2, y2.
        scores: (n,).
        iou_threshold: Boxes that overlap a better one by more than this go.

    Returns:
        (m,) int64, the boxes that are kept, best first.
    """
    import torch

    return torch.ops.torchvision.nms(boxes, scores, iou_threshold)


def _suppress(boxes: Any, scores: Any, iou_threshold: float) -> Any:
    """Greedy: the best box stays, those that overlap it go, and so on."""
    import torch

    waiting, kept = scores.argsort(descending=True, stable=True), []
    while waiting.numel():
        best, waiting = waiting[0], waiting[1:]
        kept.append(best)
        corners, others = boxes[best], boxes[waiting]
        sides = torch.minimum(corners[2:], others[:, 2:]) - torch.maximum(corners[:2], others[:, :2])
        common = sides.clamp(min=0).prod(1)
        areas = (others[:, 2:] - others[:, :2]).prod(1) + (corners[2:] - corners[:2]).prod()
        waiting = waiting[common / (areas - common) <= iou_threshold]
    return torch.stack(kept) if kept else waiting


def _define_missing_operators() -> None:
    """Define only what is missing, after the import failed: doing it first would break healthy installs."""
    import torch

    library: Any = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name, schema in _SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            library.define(schema)
            if name == "nms":
                library.impl(name, _suppress, "CPU")
    _KEPT.append(library)
