"""Marks on tensors: which op made them. A mark sits on the tensor object itself, so nothing is kept alive."""

from __future__ import annotations

import weakref
from typing import Any

import torch

MARK = "_nn2gltf_mark"

Origin = tuple[int, int]
"""Index of an op, and which of its outputs."""


class Marks:
    """Marks of one run; those of other runs are not seen."""

    def __init__(self) -> None:
        self._token = object()
        self._marked: list[weakref.ref[torch.Tensor]] = []
        self._storages: list[weakref.ref[Any]] = []

    def read(self, tensor: torch.Tensor) -> Origin | None:
        """Origin of a tensor, None if nothing of this run made it."""
        mark = getattr(tensor, MARK, None)
        return (mark[1], mark[2]) if mark is not None and mark[0] is self._token else None

    def put(self, tensor: torch.Tensor, origin: Origin) -> None:
        """Say where a tensor came from."""
        setattr(tensor, MARK, (self._token, *origin))
        self._marked.append(weakref.ref(tensor))

    def put_written(self, tensor: torch.Tensor, origin: Origin) -> None:
        """Say who wrote a tensor in place: other views of its storage must see it too."""
        self.put(tensor, origin)
        storage = _storage(tensor)
        if storage is not None:
            setattr(storage, MARK, (self._token, *origin))
            self._storages.append(weakref.ref(storage))

    def read_written(self, tensor: torch.Tensor, after: int) -> Origin | None:
        """The op that wrote a tensor's storage after op ``after``, None if nobody did."""
        if not self._storages:
            return None
        mark = getattr(_storage(tensor), MARK, None)
        if mark is None or mark[0] is not self._token or mark[1] <= after:
            return None
        return (mark[1], mark[2])

    def clear(self) -> None:
        """Take all marks off: a user's tensors must not carry them into a file."""
        for reference in (*self._marked, *self._storages):
            holder = reference()
            mark = getattr(holder, MARK, None)
            if mark is not None and mark[0] is self._token:
                delattr(holder, MARK)
        self._marked.clear()
        self._storages.clear()


def _storage(tensor: torch.Tensor) -> Any:
    """The storage object; the same Python object while it lives, so that a mark stays on it."""
    try:
        return tensor.untyped_storage()
    except (NotImplementedError, RuntimeError):
        return None
