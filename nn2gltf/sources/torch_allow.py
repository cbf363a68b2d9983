"""The classes that a pickled module may be made of: those of torch.nn, torchvision and our own examples.

torch's ``weights_only`` loader is the gate. Here it is told which further names are harmless: subclasses of
``nn.Module`` from packages that are installed anyway, and the few helpers that they keep as attributes. Nothing is
imported because a file names it; only torchvision and :mod:`nn2gltf.train.models` as wholes.
"""

from __future__ import annotations

import builtins
import collections
import functools
import importlib
import sys
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from nn2gltf.torch_vision import require_torchvision

HOMES = ("torch.nn.modules.", "torchvision.models.", "torchvision.ops.", "nn2gltf.train.models.")
"""Where module classes may live; each ends in a dot."""

HELPERS = frozenset(
    {
        "builtins.set",
        "collections.OrderedDict",
        "functools.partial",
        "torch._C._nn.gelu",
        "torch.nn.functional.gelu",
        "torch.nn.functional.relu",
        "torchvision.models.detection._utils.BalancedPositiveNegativeSampler",
        "torchvision.models.detection._utils.BoxCoder",
        "torchvision.models.detection._utils.BoxLinearCoder",
        "torchvision.models.detection._utils.Matcher",
        "torchvision.models.detection._utils.SSDMatcher",
        "torchvision.models.optical_flow.raft._pass_through_h",
        "torchvision.ops.boxes.box_iou",
    }
)
"""What those modules keep as attributes, measured over torchvision's builders. Each is pure."""

_KNOWN: dict[str, Any] = {
    "builtins.set": builtins.set,
    "collections.OrderedDict": collections.OrderedDict,
    "functools.partial": functools.partial,
}


def allow_names(names: Iterable[str]) -> list[Any]:
    """What ``torch.serialization.safe_globals`` may be given for a pickle that uses ``names``.

    Returns:
        Pairs of an object and the name it goes by; names that are not harmless are left out.
    """
    found = ((_find(name), name) for name in sorted(names) if name in HELPERS or name.startswith(HOMES))
    return [(item, name) for item, name in found if item is not None]


def _find(name: str) -> Any:
    """The object of an allowed name, None if there is none of that name or it is no module class."""
    if name in _KNOWN:
        return _KNOWN[name]
    home, _, last = name.rpartition(".")
    if home.startswith("torchvision."):
        require_torchvision()
        importlib.import_module("torchvision.models")
    elif home == "nn2gltf.train.models":
        importlib.import_module(home)
    found = getattr(sys.modules.get(home), last, None)
    return found if name in HELPERS or _is_module_class(found, home) else None


def _is_module_class(found: Any, home: str) -> bool:
    """A module class that is defined where it claims to be, and that holds no generated code."""
    return (
        isinstance(found, type)
        and issubclass(found, nn.Module)
        and not issubclass(found, torch.fx.GraphModule | torch.jit.ScriptModule)
        and found.__module__ == home
    )
