"""Several processes that train one model: who writes, and how all of them agree.

With DistributedDataParallel or fully_shard, every rank calls the recorder, because its forward and its sums
need all of them; rank 0 alone writes. What stops rank 0 stops the others, instead of leaving them waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import torch
from torch import Tensor

from nn2gltf.errors import WriteError

Item = TypeVar("Item")


def is_distributed() -> bool:
    """Whether several processes train together."""
    distributed = torch.distributed
    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1


def is_writing_rank() -> bool:
    """Whether this process writes: rank 0, or the only one."""
    return not is_distributed() or torch.distributed.get_rank() == 0


def add_over_ranks(tensors: Iterable[Tensor]) -> None:
    """Replace tensors by their sums over all ranks."""
    if is_distributed():
        for tensor in tensors:
            where = tensor.to(_device())
            torch.distributed.all_reduce(where)
            tensor.copy_(where)


def all_ranks(flag: bool) -> bool:
    """Whether a flag is true on every rank."""
    if not is_distributed():
        return flag
    count = torch.tensor(int(flag), device=_device())
    torch.distributed.all_reduce(count)
    return int(count) == torch.distributed.get_world_size()


def run_on_writer(action: Callable[[], None]) -> None:
    """Run on rank 0; when it fails there, every rank raises.

    Raises:
        WriteError: On the other ranks.
    """
    if not is_distributed():
        action()
        return
    failure: BaseException | None = None
    if is_writing_rank():
        try:
            action()
        except Exception as error:  # re-raised below, once the others know
            failure = error
    told: list[Any] = [None if failure is None else str(failure)]
    torch.distributed.broadcast_object_list(told, src=0, device=_device())
    if failure is not None:
        raise failure
    if told[0] is not None:
        raise WriteError(f"rank 0 cannot record: {told[0]}")


def from_writer(items: list[Item]) -> list[Item]:
    """Rank 0's list, on every rank."""
    if not is_distributed():
        return items
    told: list[Any] = [items]
    torch.distributed.broadcast_object_list(told, src=0, device=_device())
    received: list[Item] = told[0]
    return received


def whole_tensor(tensor: Tensor) -> Tensor:
    """A sharded tensor put together, on every rank; others as they are."""
    gather = getattr(tensor, "full_tensor", None)
    return tensor if gather is None else gather()


def _device() -> torch.device:
    """Where the process group's sums happen."""
    if "nccl" in str(torch.distributed.get_backend()):
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")
