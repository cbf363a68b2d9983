"""What tracing costs, in time and memory, against one forward pass of the same model in the same process.

Peers: torch.export, torchview and torchlens where they are installed; GPT-2 needs transformers. Peak memory is the
growth of the process's resident set (Linux).

python benchmarks/bench_trace.py [--rounds 5]
"""

import argparse
import ctypes
import gc
import importlib.util
import statistics
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nn2gltf.sources.loaded import ReadOptions
from nn2gltf.sources.model_file import read_spec
from nn2gltf.sources.torch_trace import TraceOptions, trace_torch

CONFIG = Path(__file__).resolve().parents[1] / "samples" / "configs" / "gpt2"
MEBIBYTE = 2**20
SLOW = 5.0
"""A way that takes so many seconds is measured once."""

Way = Callable[[], object]


def ways_of(model: nn.Module, args: tuple[Any, ...]) -> dict[str, Way]:
    """Name to a function that runs or traces the model once, the forward first."""

    def forward() -> object:
        with torch.no_grad():
            return model(*args)

    found: dict[str, Way] = {
        "forward": forward,
        "nn2gltf, fake tensors": lambda: trace_torch(model, args, options=TraceOptions(tensors="fake")),
        "nn2gltf, real tensors": lambda: trace_torch(model, args, options=TraceOptions(tensors="real")),
        "torch.export": lambda: torch.export.export(model, args, strict=False),
    }
    if importlib.util.find_spec("torchview"):
        from torchview import draw_graph

        found["torchview"] = lambda: draw_graph(model, input_data=args, device="cpu", save_graph=False)
    if importlib.util.find_spec("torchlens"):
        import torchlens

        found["torchlens"] = lambda: torchlens.trace(model, list(args))
    return found


def subjects() -> list[tuple[str, nn.Module, tuple[Any, ...]]]:
    """Models and their inputs."""
    picture = (torch.randn(1, 3, 224, 224),)
    found: list[tuple[str, nn.Module, tuple[Any, ...]]] = [
        (name, read_spec(f"torchvision:{name}", ReadOptions()).module, picture)
        for name in ("resnet50", "vit_b_16")
    ]
    if importlib.util.find_spec("transformers"):
        gpt2 = read_spec(f"hf:{CONFIG}", ReadOptions()).module
        found += [
            (f"gpt2, {length} tokens", gpt2, (torch.randint(0, 50_257, (1, length)),)) for length in (128, 8)
        ]
    return found


def taken_by(way: Way) -> float:
    """Seconds of one run."""
    gc.collect()
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def peak_of(way: Way) -> int:
    """Bytes that the process grows by at most while it runs."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = _status("VmRSS")
    way()
    return max(_status("VmHWM") - before, 0)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def measure(ways: dict[str, Way], rounds: int) -> dict[str, tuple[float, int] | str]:
    """Median seconds and peak bytes by way, or why there are none; the ways take turns."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    peaks: dict[str, int] = {}
    failed: dict[str, str] = {}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            if name in failed or (turn > 1 and times[name][0] > SLOW):
                continue
            try:
                if turn == 0:  # the first run also warms up
                    way()
                    peaks[name] = peak_of(way) if Path("/proc/self/clear_refs").exists() else 0
                else:
                    times[name].append(taken_by(way))
            except Exception as error:  # a peer that does not take the model
                failed[name] = f"{type(error).__name__}: {error}"[:60]
    return {name: failed.get(name) or (statistics.median(times[name]), peaks[name]) for name in ways}


def main() -> None:
    """One table a model: ratios to the forward, and the forward's own time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    print("| model | way | time / forward | peak memory (MiB) | memory / forward |")
    print("|---|---|---|---|---|")
    for name, model, args in subjects():
        found = measure(ways_of(model.eval(), args), rounds)
        base = found["forward"]
        assert not isinstance(base, str)
        for way, result in found.items():
            if isinstance(result, str):
                print(f"| {name} | {way} | {result} | | |", flush=True)
                continue
            seconds, peak = result
            time_text = f"{seconds * 1000:.0f} ms" if way == "forward" else f"{seconds / base[0]:.2f}"
            share = f"{peak / base[1]:.2f}" if base[1] else ""
            print(f"| {name} | {way} | {time_text} | {peak / MEBIBYTE:.0f} | {share} |", flush=True)


if __name__ == "__main__":
    main()
