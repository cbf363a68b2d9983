"""One rank of a small distributed training: ``python distributed_run.py RANK FOLDER KIND RECORD``.

KIND is ``ddp`` or ``fsdp``; RECORD is ``record``, ``plain``, ``die`` (rank 1 is killed) or ``full`` (rank 0 cannot write).
Prints ``ok``, or the error that the recorder raised. Saves the final weights as ``FOLDER/RECORD-RANK.pt``.
"""

import errno
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn

from nn2gltf.api.recording import Recorder
from nn2gltf.errors import Nn2gltfError

SAMPLES = 24


def make_model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))


def make_data() -> tuple[torch.Tensor, torch.Tensor]:
    images = torch.rand(SAMPLES, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    return images, torch.arange(SAMPLES) % 3


def wrap(model: nn.Module, kind: str) -> nn.Module:
    if kind == "ddp":
        return nn.parallel.DistributedDataParallel(model)
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh("cpu", (2,))
    fully_shard(model[0], mesh=mesh)
    fully_shard(model, mesh=mesh)
    return model


def break_disk() -> None:
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) > 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data)

    os.write = full


def train(model: nn.Module, recorder: Recorder | None, rank: int, record: str) -> None:
    images, labels = make_data()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    if recorder is not None:
        recorder.start()
    for epoch in range(3):
        for batch in range(2):
            chosen = slice(rank * 12 + batch * 6, rank * 12 + batch * 6 + 6)
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[chosen]), labels[chosen]).backward()
            optimizer.step()
        if record == "die" and rank == 1 and epoch == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if record == "full" and rank == 0 and epoch == 1:
            break_disk()
        if recorder is not None:
            recorder.step(loss=epoch)


def main() -> None:
    rank, folder, kind, record = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    meeting = f"file://{folder}/meet-{record}"
    dist.init_process_group(
        "gloo", init_method=meeting, rank=rank, world_size=2, timeout=timedelta(seconds=60)
    )
    images, labels = make_data()
    model = wrap(make_model(), kind)
    recorder = None
    if record != "plain":
        # Parts of different length: 3 batches here, 2 there.
        part = slice(0, 14) if rank == 0 else slice(14, SAMPLES)
        own = list(zip(images[part].split(5), labels[part].split(5), strict=True))
        recorder = Recorder(
            model,
            probes=images[:5],
            path=folder / record,
            evaluate=own,
            classes=["a", "b", "c"],
            record=["weights", "changes", "gradients", "statistics"],
        )
    try:
        train(model, recorder, rank, record)
    except Nn2gltfError as error:
        print(type(error).__name__, error)
        sys.exit(3)
    finally:
        if recorder is not None:
            recorder.close()
    state = {
        name: p.full_tensor() if hasattr(p, "full_tensor") else p for name, p in model.state_dict().items()
    }
    torch.save({name.removeprefix("module."): p for name, p in state.items()}, folder / f"{record}-{rank}.pt")
    print("ok")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
