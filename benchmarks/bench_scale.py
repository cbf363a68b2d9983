"""How the way from a graph to a file grows, and what large scenes weigh.

Time of layout and writing over graphs of up to 50,000 nodes, as the slope of its logarithm; a scene of a million units
over ten steps against Pillow encoding the same pages; bytes of a model of 70 billion parameters; draw calls of
ResNet-50 with a tile for every channel (needs Chromium and tests/js).
"""

import argparse
import io
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from nn2gltf.api.exporting import export
from nn2gltf.api.scenes import SceneOptions, encode_recording, write_scene
from nn2gltf.encode.png import COMPRESS_LEVEL
from nn2gltf.gltf import read_glb
from nn2gltf.ir.graph import Edge, Graph, Layer, Parameter, Scope, TensorSpec
from nn2gltf.ir.recording import MemoryValues, Probe, Recording, Step

ROOT = Path(__file__).resolve().parent.parent
SIZES = (6_250, 12_500, 25_000, 50_000)
UNITS, STEPS = 1_000_000, 10


def long_graph(nodes: int) -> Graph:
    """Residual blocks of five layers in scopes of four blocks, as a very deep network has them."""
    spec = TensorSpec(shape=(1, 16, 8, 8))
    layers = [Layer(id="input", op="input", kind="input", outputs=(spec,))]
    edges: list[Edge] = []
    scopes = [Scope(path="", type="Deep")]
    last = "input"
    for block in range((nodes - 1) // 5):
        stage = f"stage{block // 4}"
        if block % 4 == 0:
            scopes.append(Scope(path=stage, type="Sequential", parent=""))
        scope = f"{stage}.{block % 4}"
        scopes.append(Scope(path=scope, type="Block", parent=stage))
        before = last
        for index, (op, kind) in enumerate(
            (
                ("Conv2d", "conv"),
                ("BatchNorm2d", "norm"),
                ("Conv2d", "conv"),
                ("BatchNorm2d", "norm"),
                ("add", "add"),
            )
        ):
            name = f"{scope}.{index}"
            weights = (Parameter(name=f"{name}.weight", shape=(16, 16, 3, 3)),) if kind == "conv" else ()
            layers.append(Layer(id=name, op=op, kind=kind, scope=scope, outputs=(spec,), parameters=weights))
            edges.append(Edge(source=last, target=name, spec=spec))
            last = name
        edges.append(Edge(source=before, target=last, target_input=1, spec=spec))
    return Graph(
        name="Deep", layers=tuple(layers), edges=tuple(edges), scopes=tuple(scopes), outputs=(last,)
    ).check()


def draw_graph(graph: Graph, path: Path, layout: str = "auto") -> float:
    """Seconds of this process from a traced graph to a file."""
    recording = Recording(
        graph=graph, steps=(Step(epoch=0),), probes=(), values=MemoryValues(activations=({},), weights=({},))
    )
    start = time.process_time()
    write_scene(encode_recording(recording, SceneOptions.from_keywords(layout=layout)), path)
    return time.process_time() - start


def slope(sizes: tuple[int, ...], seconds: list[float]) -> float:
    """Of log(seconds) over log(size), by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def measure_growth(folder: Path, rounds: int) -> None:
    """Best of some rounds for each size, every layout that takes such graphs."""
    for layout in ("auto", "flow"):
        seconds, megabytes = [], []
        for size in SIZES:
            graph, path = long_graph(size), folder / "deep.glb"
            seconds.append(min(draw_graph(graph, path, layout) for _ in range(rounds)))
            megabytes.append(path.stat().st_size / 1e6)
        each = ", ".join(
            f"{n:,}: {s:.2f} s, {m:.1f} MB" for n, s, m in zip(SIZES, seconds, megabytes, strict=True)
        )
        print(f"layout {layout}: slope {slope(SIZES, seconds):.2f} ({each})", flush=True)


def record_units(units: int, steps: int) -> Recording:
    """Maps of smooth random numbers, as activations are: four layers with a quarter of the units each."""
    rng = np.random.default_rng(0)
    channels = units // 4 // 62_500 * 4
    shape = (1, channels, 125, units // 4 // channels // 125)
    layers = [Layer(id="input", op="input", kind="input", outputs=(TensorSpec(shape=(1, 1, 28, 28)),))]
    layers += [
        Layer(id=f"maps{i}", op="Conv2d", kind="conv", outputs=(TensorSpec(shape=shape),)) for i in range(4)
    ]
    edges = [Edge(source=a.id, target=b.id) for a, b in pairwise(layers)]
    graph = Graph(
        name="Million", layers=tuple(layers), edges=tuple(edges), scopes=(Scope(path="", type="Net"),),
        outputs=("maps3",),
    ).check()  # fmt: skip
    rows = np.linspace(0, 6, shape[2])[:, None] + np.linspace(0, 9, shape[3])
    values = [
        {
            "input": np.zeros((1, 1, 28, 28), np.float32),
            **{f"maps{i}": _maps(rng, shape, rows) for i in range(4)},
        }
        for _ in range(steps)
    ]
    return Recording(
        graph=graph,
        steps=tuple(Step(epoch=k) for k in range(steps)),
        probes=(Probe(label=None, name="probe"),),
        values=MemoryValues(activations=tuple(values), weights=({},) * steps),
        recorded=frozenset(layer.id for layer in layers),
    ).check()


def _maps(rng: np.random.Generator, shape: tuple[int, ...], rows: np.ndarray) -> np.ndarray:
    phase = rng.uniform(0, 6, shape[:2])[..., None, None]
    waves = np.sin(rows * rng.uniform(0.5, 3, shape[:2])[..., None, None] + phase)
    return np.maximum(waves + 0.1 * rng.normal(size=shape), 0).astype(np.float32)


def measure_units(folder: Path, rounds: int) -> None:
    """Encoding and writing a million units over ten steps, against the same pages by Pillow."""
    recording, path = record_units(UNITS, STEPS), folder / "million.glb"
    taken, plain = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        write_scene(encode_recording(recording, SceneOptions.from_keywords(layout="row")), path)
        taken.append(time.perf_counter() - start)
        pages = [Image.open(io.BytesIO(png)) for png in images_of(path)]
        for page in pages:
            page.load()
        start = time.perf_counter()
        for page in pages:
            page.save(io.BytesIO(), "PNG", compress_level=COMPRESS_LEVEL)
        plain.append(time.perf_counter() - start)
    texels = sum(page.width * page.height for page in pages) / 1e6
    print(
        f"{UNITS:,} units x {STEPS} steps: {min(taken) / min(plain):.2f} x Pillow's time for the same pages "
        f"({min(taken):.2f} s, {min(plain):.2f} s; {path.stat().st_size / 1e6:.1f} MB, {texels:.1f} million texels)"
    )


def images_of(path: Path) -> list[bytes]:
    """PNG bytes of every image in a file."""
    document = read_glb(path)
    views = [document.json["bufferViews"][image["bufferView"]] for image in document.json["images"]]
    return [bytes(document.binary[v.get("byteOffset", 0) :][: v["byteLength"]]) for v in views]


def measure_files(folder: Path) -> None:
    """The 70B configuration's bytes, ResNet-50's draw calls."""
    path = folder / "llama.glb"
    size = export(f"hf:{ROOT / 'samples' / 'configs' / 'llama-70b'}", path).size
    print(f"llama-70b from its configuration: {size / 1e6:.2f} MB")
    path = folder / "resnet50.glb"
    photo = str(ROOT / "samples" / "photos" / "cat.jpg")
    export("torchvision:resnet50", path, sample=photo, profile="full")
    sys.path.insert(0, str(ROOT / "tests" / "consumers"))
    from browser import Browser, missing_tools

    if problem := missing_tools():
        print(f"ResNet-50's draw calls were not counted: {problem}")
        return
    with Browser() as browser:
        tab = browser.open("three")
        tab.call("load", path=str(path))
        tab.call("show", clip=None, time=0)
        cost = tab.call("draw", width=800, height=400, background="#000", view="hero")
    print(f"ResNet-50, a tile for every channel: {cost['calls']} draw calls, {cost['triangles']:,} triangles")


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure_growth(folder, rounds)
        measure_units(folder, rounds)
        measure_files(folder)


if __name__ == "__main__":
    main()
