"""What the viewer costs beside a bare three.js page that loads the same bytes, both in one Chromium, taking turns.

The scenes are made here: lenet trained for three epochs on the bundled digits, a ResNet-18 of torchvision with two
probes, and a convolution with 1,000,000 values a step. Chromium draws in software, so frames are slow, and alike.

python benchmarks/bench_viewer.py [--rounds 9] [--write]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from torch import nn

import nn2gltf
from nn2gltf.render import find_chromium
from nn2gltf.torch_vision import require_torchvision

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "docs" / "benchmarks.md"
START, END = "<!-- bench_viewer: begin -->", "<!-- bench_viewer: end -->"


def record(model: nn.Module, probes: torch.Tensor, folder: Path, name: str) -> Path:
    """A scene of two steps of a model that does not learn."""
    target = folder / f"{name}.glb"
    with nn2gltf.Recorder(model, probes=probes, path=folder / f"{name}.nn2gltf") as recorder:
        recorder.step(1, loss=1.0)
        recorder.export(target)
    return target


def scenes(folder: Path) -> dict[str, Path]:
    """The scenes by name."""
    torch.manual_seed(0)
    train = [
        sys.executable,
        "-m",
        "nn2gltf",
        "train",
        "--model",
        "lenet",
        "--data",
        "digits",
        "--epochs",
        "3",
    ]
    lenet = folder / "lenet.glb"
    subprocess.run([*train, "-o", str(lenet)], check=True, cwd=folder, capture_output=True)
    resnet = require_torchvision().models.resnet18(weights=None)
    wide = nn.Sequential(
        nn.Conv2d(1, 64, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)
    )
    return {
        "lenet": lenet,
        "resnet18": record(resnet, torch.rand(2, 3, 224, 224), folder, "resnet18"),
        "a million values a step": record(wide, torch.rand(2, 1, 125, 125), folder, "million"),
    }


def main() -> None:
    """Measure and print; with ``--write``, into docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    node, chromium = shutil.which("node"), find_chromium()
    if (
        node is None
        or chromium is None
        or not (ROOT / "viewer" / "node_modules" / "playwright-core").is_dir()
    ):
        print("not measured: it needs Node.js, the packages of viewer (make node-tools) and Chromium")
        return
    with tempfile.TemporaryDirectory(prefix="nn2gltf-bench-") as folder:
        given = {name: str(path) for name, path in scenes(Path(folder)).items()}
        done = subprocess.run(
            [node, str(ROOT / "benchmarks" / "bench_viewer.mjs"), json.dumps(given), str(options.rounds)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NN2GLTF_CHROMIUM": chromium},
        )
    print(done.stdout)
    if options.write:
        text = REPORT.read_text()
        before, _, rest = text.partition(START)
        after = rest.partition(END)[2]
        REPORT.write_text(f"{before.rstrip()}\n\n{START}\n{done.stdout.strip()}\n{END}\n{after.lstrip()}")


if __name__ == "__main__":
    main()
