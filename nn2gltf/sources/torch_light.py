"""Building a heavy module without numbers for its parameters, where a file will bring them."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_ALLOCATORS = frozenset({torch.empty, torch.empty_strided, torch.Tensor.new_empty})


class EmptyOnMeta(TorchFunctionMode):
    """What layers allocate for their parameters has no numbers; what they compute (frequencies, masks, tables) has.

    Layers make parameters with ``torch.empty`` and fill them afterwards, which does nothing without numbers. Buffers
    are computed, and those that are not saved must be: no file holds them.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Allocate on the meta device; everything else as it is."""
        kwargs = dict(kwargs or {})
        if func in _ALLOCATORS:
            kwargs["device"] = torch.device("meta")
        return func(*args, **kwargs)
