"""What exporting a recording costs, against the least that any exporter does: encoding the same pages as PNG.

Peer: Pillow encoding the pages of the finished file again. Also the file's bytes per recorded value.
"""

import io
import statistics
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image

import nn2gltf
from nn2gltf.gltf import read_glb
from nn2gltf.train.data import load_dataset
from nn2gltf.train.registry import build_model

ROUNDS, STEPS = 5, 10


def record() -> nn2gltf.Recorder:
    """Eleven steps of a lenet whose weights drift."""
    digits = load_dataset("digits")
    probes = torch.from_numpy(digits.normalise(digits.test_images[:10]))
    model = build_model("lenet")
    recorder = nn2gltf.Recorder(model, probes=probes, labels=digits.test_labels[:10])
    recorder.start()
    for step in range(STEPS):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.02 * torch.randn_like(parameter))
        recorder.step(step + 1)
    return recorder


def main() -> None:
    """Export and plain encoding in turn; medians and their ratio."""
    recorder = record()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "lenet.glb"
        taken, plain = [], []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            recorder.export(output)
            taken.append(time.perf_counter() - start)
            document = read_glb(output)
            pages = [Image.open(io.BytesIO(png)) for png in images_of(document)]
            for page in pages:
                page.load()
            start = time.perf_counter()
            for page in pages:
                page.save(io.BytesIO(), "PNG", compress_level=9)
            plain.append(time.perf_counter() - start)
        size = output.stat().st_size
    recording = recorder.recording()
    values = sum(recording.activation(i, -1).size for i in recording.recorded) * len(recording.steps)
    print(
        f"export     {statistics.median(taken) / statistics.median(plain):.1f} x encoding the same pages with Pillow"
    )
    print(f"size       {size / values:.2f} bytes per recorded value ({values:,} values, {size:,} bytes)")


def images_of(document: object) -> list[bytes]:
    """PNG bytes of every image in a file."""
    json, binary = document.json, document.binary  # type: ignore[attr-defined]
    views = [json["bufferViews"][image["bufferView"]] for image in json["images"]]
    return [bytes(binary[v.get("byteOffset", 0) : v.get("byteOffset", 0) + v["byteLength"]]) for v in views]


if __name__ == "__main__":
    main()
