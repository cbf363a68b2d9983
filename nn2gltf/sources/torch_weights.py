"""Weights of a file go into a module; what does not fit is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from nn2gltf.errors import InputDataError, listed, safe

KEYS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "ema")
"""Where training scripts keep the weights in a checkpoint."""

PREFIXES = ("module.", "_orig_mod.", "model.", "net.")
"""What wrappers (data parallel, torch.compile, Lightning) put before every name."""


def find_state_dict(content: Any) -> dict[str, torch.Tensor] | None:
    """The weights in what a file holds: a state dict itself, or one under a usual key; None if there is none."""
    found = _as_state(content)
    if found is not None or not isinstance(content, Mapping):
        return found
    inside = (_as_state(content.get(key)) for key in KEYS)
    return next((state for state in inside if state is not None), None)


def _as_state(content: Any) -> dict[str, torch.Tensor] | None:
    """Some state dicts carry a version or an extra state; optimisers' hold numbers and lists alone."""
    if not isinstance(content, Mapping) or not all(isinstance(key, str) for key in content):
        return None
    tensors = {key: value for key, value in content.items() if isinstance(value, torch.Tensor)}
    return tensors if tensors and len(tensors) * 2 >= len(content) else None


def load_weights(module: nn.Module, state: Mapping[str, torch.Tensor], *, where: str) -> None:
    """Copy weights into a module; every name and shape must fit.

    Args:
        where: The file they come from, for the message.

    Raises:
        InputDataError: Names are missing or left over, or shapes differ. The module is unchanged then.
    """
    own = module.state_dict()
    given = _without_prefix(dict(state), set(own))
    missing = [name for name in own if name not in given]
    extra = [name for name in given if name not in own]
    changed = [
        f"{name} is {_shape(given[name])} and must be {_shape(own[name])}"
        for name in own
        if name in given and given[name].shape != own[name].shape
    ]
    if missing or extra or changed:
        parts = [
            *_listed("missing", missing),
            *_listed("left over", extra),
            *([f"{safe(changed[0])}"] if changed else []),
        ]
        raise InputDataError(
            f"the weights do not fit {type(module).__name__}: {'; '.join(parts)}",
            code="E_MODEL_FILE",
            where=where,
            hint="Name the model that they were saved from.",
        )
    # a module without numbers takes the file's own tensors
    module.load_state_dict(given, assign=any(p.is_meta for p in module.parameters()))
    if empty := [name for name, buffer in module.named_buffers() if buffer.is_meta]:
        raise InputDataError(
            f"the model was built without numbers, and the weights do not hold its buffers {listed(empty, limit=60)}",
            code="E_MODEL_FILE",
            where=where,
            hint="Name code that builds it with numbers: net.py:Net.",
        )


def _without_prefix(state: dict[str, torch.Tensor], own: set[str]) -> dict[str, torch.Tensor]:
    for prefix in PREFIXES:
        if not own & set(state) and state and all(name.startswith(prefix) for name in state):
            state = {name.removeprefix(prefix): tensor for name, tensor in state.items()}
    return state


def _listed(what: str, names: list[str]) -> list[str]:
    if not names:
        return []
    return [f"{what} {listed(names, limit=60)}"]


def _shape(tensor: torch.Tensor) -> str:
    return "x".join(str(n) for n in tensor.shape) or "a single number"
