"""Several processes that train one model: who writes, and how all of them agree.

With DistributedDataParallel or fully_shard, every rank calls the recorder, because its forward and its sums
need all of them; rank 0 alone writes. What stops rank 0 stops the others, instead of leaving them waiting.
"""

from __future__ import annotations

import contextlib
import pickle
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import torch
from torch import Tensor

from nn2gltf.errors import WriteError

Item = TypeVar("Item")
LET_GO_S = 5.0
"""How long to wait for a backend to drop its reference; it takes well under a millisecond."""


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
            _run(torch.distributed.all_reduce, where)
            tensor.copy_(where)


def all_ranks(flag: bool) -> bool:
    """Whether a flag is true on every rank."""
    if not is_distributed():
        return flag
    count = torch.tensor(int(flag), device=_device())
    _run(torch.distributed.all_reduce, count)
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
    told: str | None = _from_first_rank(None if failure is None else str(failure))
    if told is not None:
        _wait_until_told()
    if failure is not None:
        raise failure
    if told is not None:
        raise WriteError(f"rank 0 cannot record: {told}")


def _wait_until_told() -> None:
    """Leave together: a failing rank 0 often ends at once, and its closed connection would hide from the others why."""
    with contextlib.suppress(
        RuntimeError
    ):  # one that is gone already has its own reason; ours is the one to raise
        all_ranks(True)


def from_writer(items: list[Item]) -> list[Item]:
    """Rank 0's list, on every rank."""
    if not is_distributed():
        return items
    received: list[Item] = _from_first_rank(items)
    return received


def whole_tensor(tensor: Tensor) -> Tensor:
    """A sharded tensor put together, on every rank; others as they are."""
    gather = getattr(tensor, "full_tensor", None)
    return tensor if gather is None else gather()


def _from_first_rank(value: Any) -> Any:
    """A value of rank 0, on every rank."""
    data = torch.frombuffer(bytearray(pickle.dumps(value)), dtype=torch.uint8).to(_device())
    size = torch.tensor(len(data), device=_device())
    _run(torch.distributed.broadcast, size, src=0)
    if not is_writing_rank():
        data = torch.empty(int(size), dtype=torch.uint8, device=_device())
    _run(torch.distributed.broadcast, data, src=0)
    # From a process of this very training: as trusted as torch's own object collectives.
    return pickle.loads(data.cpu().numpy().tobytes())


def _run(collective: Callable[..., Any], tensor: Tensor, **options: Any) -> None:
    """Run a collective on a tensor, and wait until the backend has let go of it.

    Gloo's thread drops its reference some time after ``wait`` returns and takes the interpreter's lock for it; in a
    program that is just ending the lock is gone, and the process would abort with all of its work done.
    """
    held = sys.getrefcount(tensor)
    collective(tensor, async_op=True, **options).wait()
    deadline = time.monotonic() + LET_GO_S
    while tensor.device.type == "cpu" and sys.getrefcount(tensor) > held and time.monotonic() < deadline:
        time.sleep(5e-5)


def _device() -> torch.device:
    """Where the process group's sums happen."""
    if "nccl" in str(torch.distributed.get_backend()):
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")
