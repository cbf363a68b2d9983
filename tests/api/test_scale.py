"""What large scenes cost: time that grows with the graph and not faster, and the bytes of a model of 70 billion parameters."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_SLOPE = 1.2
MOST_BYTES = 10_000_000


def measure_slope(folder: Path, sizes: tuple[int, ...]) -> tuple[float, list[float]]:
    """Log-log slope of the processor's time from a graph to a file, the best of two runs for each size."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from bench_scale import draw_graph, long_graph, slope

    seconds = []
    for size in sizes:
        graph = long_graph(size)
        seconds.append(min(draw_graph(graph, folder / "deep.glb") for _ in range(2)))
    return slope(sizes, seconds), seconds


def test_time_from_graph_to_file_grows_with_the_graph(tmp_path: Path) -> None:
    found, seconds = measure_slope(tmp_path, (2_000, 12_000))
    assert found < MOST_SLOPE, seconds


@pytest.mark.full
def test_fifty_thousand_nodes_grow_no_faster(tmp_path: Path) -> None:
    found, seconds = measure_slope(tmp_path, (6_250, 12_500, 25_000, 50_000))
    assert found < MOST_SLOPE, seconds


@pytest.mark.full
def test_seventy_billion_parameters_fit_ten_megabytes(tmp_path: Path) -> None:
    from nn2gltf.api.exporting import export

    pytest.importorskip("transformers")
    written = export(f"hf:{ROOT / 'samples' / 'configs' / 'llama-70b'}", tmp_path / "llama.glb")
    assert written.size < MOST_BYTES
