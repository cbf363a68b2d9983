"""Recording a model that several processes train together.

torchrun --nproc-per-node 2 samples/ddp.py [--fsdp] [--epochs N] [OUTPUT.glb]

Every process calls the recorder: its forward and its sums need all of them; the first one writes.
"""

import argparse

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import nn2gltf
from nn2gltf.train.data import load_dataset
from nn2gltf.train.registry import build_model

arguments = argparse.ArgumentParser()
arguments.add_argument("output", nargs="?", default="ddp.glb")
arguments.add_argument("--epochs", type=int, default=5)
arguments.add_argument("--fsdp", action="store_true", help="shard parameters with fully_shard")
options = arguments.parse_args()

dist.init_process_group("gloo")
rank, ranks = dist.get_rank(), dist.get_world_size()
digits = load_dataset("digits")
x, y = torch.from_numpy(digits.normalise(digits.train_images)), torch.from_numpy(digits.train_labels)
test_x = torch.from_numpy(digits.normalise(digits.test_images))
test_y = torch.from_numpy(digits.test_labels)

model: nn.Module = build_model("lenet")
if options.fsdp:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    fully_shard(model, mesh=init_device_mesh("cpu", (ranks,)))
else:
    model = DistributedDataParallel(model)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

# Each process evaluates its own part; the recorder adds the parts up.
own = list(zip(test_x[rank::ranks].split(50), test_y[rank::ranks].split(50), strict=True))
recorder = nn2gltf.Recorder(
    model, probes=test_x[:10], labels=test_y[:10], classes=digits.classes, path="ddp.nn2gltf", evaluate=own
)
with recorder:
    for epoch in range(options.epochs):
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(epoch))
        for batch in order[rank::ranks].split(32):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
        recorder.step(epoch + 1, loss=loss.item())

if rank == 0:
    recording = recorder.recording()
    print(f"{recording.number('samples', 'all'):.0f} test pictures seen by {ranks} processes")
    print(recorder.export(options.output, title=f"{ranks} processes").path)
dist.destroy_process_group()
