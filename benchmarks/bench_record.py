"""What recording costs: against plain training, against other ways to capture the same, and against writing bytes.

Epoch: lenet on MNIST when it is on disk (NN2GLTF_DATA_DIR or data/), else on the digits, repeated to MNIST's 60,000
pictures; one step an epoch. Peers: torch's own forward hooks, and torchlens when it is installed.
Step: VALUES activations written durably; peer: numpy.save of the same bytes, flushed to disk.
Export: a recording of such steps as a scene; peer: Pillow encoding the pages of the finished file. The peak of memory
is measured in a process of its own.

python benchmarks/bench_record.py [--values 2000000] [--steps 10] [--epochs 3]
"""

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import nn2gltf
from nn2gltf.errors import Nn2gltfError
from nn2gltf.record import read_recording
from nn2gltf.record.store import RecordingWriter, RunHeader
from nn2gltf.train.data import load_dataset
from nn2gltf.train.registry import build_model

PROBES = 10
PICTURES = 60_000


def epoch(model: nn.Module, x: torch.Tensor, y: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
    """One pass over the data."""
    model.train()
    for batch in torch.randperm(len(x)).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()


def hooked(model: nn.Module, probes: torch.Tensor) -> None:
    """The least that any recorder does: copy every module's output once."""
    kept = []
    hooks = [
        m.register_forward_hook(lambda _m, _i, out: kept.append(out.detach().clone()))
        for m in model.modules()
    ]
    with torch.no_grad():
        model(probes)
    for hook in hooks:
        hook.remove()


def timed(action: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def bench_epoch(rounds: int) -> None:
    """Overhead of a step an epoch: what is captured is timed by itself, between epochs of the same training."""
    torch.set_num_threads(1)
    try:
        data = load_dataset("mnist", download=False)
    except Nn2gltfError:
        data = load_dataset("digits")
    x, y = torch.from_numpy(data.normalise(data.train_images)), torch.from_numpy(data.train_labels)
    own = len(x)
    again = -(-PICTURES // own)
    x, y = x.repeat(again, 1, 1, 1)[:PICTURES], y.repeat(again)[:PICTURES]
    probes = torch.from_numpy(data.normalise(data.test_images[:PROBES]))
    model = build_model("lenet")
    optimizer = torch.optim.Adam(model.parameters())
    with tempfile.TemporaryDirectory() as folder:
        recorder = nn2gltf.Recorder(model, probes=probes, path=Path(folder) / "run.nn2gltf")
        recorder.start()
        ways: dict[str, Callable[[], object]] = {
            "hooks": lambda: hooked(model, probes),
            "recorder": recorder.step,
        }
        torchlens = find_torchlens()
        if torchlens is not None:
            ways["torchlens"] = lambda: torchlens(model.eval(), probes)
        plain, taken = [], {name: [] for name in ways}
        for _ in range(rounds):
            plain.append(timed(lambda: epoch(model, x, y, optimizer)))
            for name, way in ways.items():
                taken[name].append(timed(way))
        recorder.close()
    base = statistics.median(plain)
    print(f"{data.name}: {own:,} pictures, {len(x):,} an epoch, one thread, medians of {rounds}")
    for name, times in taken.items():
        cost = statistics.median(times)
        print(f"epoch      + {100 * cost / base:.2f} % with {name} ({1000 * cost:.0f} ms a step)")


def find_torchlens() -> Callable[[Any, Any], object] | None:
    """Torchlens' capture of every activation, when it is there."""
    try:
        import torchlens
    except ImportError:
        print("epoch      torchlens is not installed: not compared")
        return None
    capture: Callable[[Any, Any], object] = getattr(torchlens, "log_forward_pass", None) or torchlens.trace
    return capture


class Wide(nn.Module):
    """Maps of so many numbers a probe, and nothing to compute."""

    def __init__(self, values: int, layers: int = 8) -> None:
        super().__init__()
        side = int((values / layers / 16) ** 0.5)
        self.side = side
        self.scales = nn.ModuleList(
            nn.Conv2d(16 if i else 1, 16, 1, groups=16 if i else 1) for i in range(layers)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Through all maps."""
        for scale in self.scales:
            images = scale(images)
        return images.mean(dim=(2, 3))


def bench_step(values: int, steps: int, folder: Path) -> Path:
    """Steps of a recording against numpy writing the same bytes."""
    torch.set_num_threads(1)
    model = Wide(values // PROBES)
    probes = torch.rand(PROBES, 1, model.side, model.side)
    recorder = nn2gltf.Recorder(
        model, probes=probes, path=folder / "run.nn2gltf", record=(), max_values=4 * values
    )
    recorder.start()
    taken, written, plain = [], [], []
    alone: RecordingWriter | None = None

    for step in range(1, steps):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.01)
        taken.append(timed(recorder.step))
        recording = recorder.recording()
        arrays = [np.array(recording.activation(i, -1)) for i in sorted(recording.recorded)]
        whole = np.concatenate([array.ravel() for array in arrays])
        plain.append(timed(lambda: save_plainly(whole, folder / "plain.npy")))  # noqa: B023
        named = {i: np.array(recording.activation(i, -1)) for i in sorted(recording.recorded)}
        # The same step once more, without the forward, by the writer alone.
        if alone is None:
            header = RunHeader(graph=recording.graph, probes=recording.probes)
            alone = RecordingWriter(folder / "alone", header)
            alone.write_step(replace(recording.steps[0], epoch=0), activations=named)
        moment = replace(recording.steps[0], epoch=step)
        written.append(timed(lambda: alone.write_step(moment, activations=named)))  # noqa: B023
    recorder.close()

    base = statistics.median(plain)
    print(f"step       {whole.size:,} values, {whole.nbytes / 1e6:.0f} MB, on disk when it returns")
    print(f"step       writing takes {statistics.median(written) / base:.2f} x numpy.save with fsync")
    print(f"step       forward, copying and writing together {statistics.median(taken) / base:.2f} x")
    return folder / "run.nn2gltf"


def save_plainly(array: np.ndarray[Any, Any], path: Path) -> None:
    """numpy, and on the disk when it returns."""
    with path.open("wb") as file:
        np.save(file, array)
        file.flush()
        os.fsync(file.fileno())


EXPORT = """
import json, pathlib, sys, time
import nn2gltf
def peak():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
nn2gltf.export  # imported before the clock starts
before, start = peak(), time.perf_counter()
nn2gltf.export(sys.argv[1], sys.argv[2])
print(json.dumps({"seconds": time.perf_counter() - start, "kilobytes": peak() - before}))
"""
"""Linux only: the peak of resident memory of a program of its own."""


def bench_export(run: Path, folder: Path) -> None:
    """Export in a process of its own, against encoding the pages of its file again."""
    from PIL import Image

    from nn2gltf.encode.png import COMPRESS_LEVEL
    from nn2gltf.gltf import read_glb

    output = folder / "run.glb"
    command = [sys.executable, "-c", EXPORT, str(run), str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    document = read_glb(output)
    views = [document.json["bufferViews"][image["bufferView"]] for image in document.json["images"]]
    pngs = [bytes(document.binary[v["byteOffset"] : v["byteOffset"] + v["byteLength"]]) for v in views]
    pages = [Image.open(io.BytesIO(png)) for png in pngs]
    for page in pages:
        page.load()
    plain = timed(lambda: [page.save(io.BytesIO(), "PNG", compress_level=COMPRESS_LEVEL) for page in pages])
    size = sum(path.stat().st_size for path in run.rglob("*.safetensors"))
    steps = len(read_recording(run).steps)
    print(
        f"export     {steps} steps, {size / 1e6:.0f} MB of recording, {output.stat().st_size / 1e6:.1f} MB of scene"
    )
    print(f"export     {answer['seconds'] / plain:.2f} x Pillow encoding the same pages ({len(pages)} pages)")
    print(f"export     {answer['kilobytes'] / 1e3:.0f} MB of memory at most")


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--values", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    bench_epoch(options.epochs)
    with tempfile.TemporaryDirectory() as folder:
        run = bench_step(options.values, options.steps, Path(folder))
        bench_export(run, Path(folder))


if __name__ == "__main__":
    main()
