"""Large ONNX files: time linear in the nodes, external data that is not read; names that are not text."""

from __future__ import annotations

import gc
import math
import time
from pathlib import Path

import numpy as np
import pytest
from onnx import helper
from onnx_files import chain_model, external_model, make_model, save

from nn2gltf.sources.onnx_model import read_onnx
from nn2gltf.sources.onnx_run import measure_types


def test_external_data_is_never_read_for_structure(tmp_path: Path) -> None:
    """Four gigabytes that are not even there: the file beside the model is sparse, and never opened."""
    size = 2**32
    weights = tmp_path / "big.bin"
    with weights.open("wb") as stream:
        stream.truncate(size)
    opened = weights.stat().st_atime_ns
    file = read_onnx(save(external_model("big.bin", length=size), tmp_path / "m.onnx"))
    assert file.external == {"big.bin": size}
    assert file.built.graph.parameter_count == size // 4
    assert weights.stat().st_atime_ns == opened
    assert any("not read for the structure" in line for line in file.built.graph.report)


def test_values_and_domains_that_are_not_utf8(tmp_path: Path) -> None:
    model = make_model(
        [
            helper.make_node("MatMul", ["x", "wei-A"], ["mid-A"]),
            helper.make_node("Relu", ["mid-A"], ["y"], domain="dom-A"),
        ],
        weights={"wei-A": np.zeros((4, 1200))},
    )
    path = save(model, tmp_path / "m.onnx")
    path.write_bytes(path.read_bytes().replace(b"-A", b"-\xff"))
    file = read_onnx(path, measure=measure_types)
    assert [len(layer.parameters) for layer in file.built.graph.layers] == [0, 1, 0]
    assert "\\xff" in file.built.graph.layers[1].parameters[0].name


def seconds(count: int, folder: Path, *, tries: int) -> float:
    """Processor time of one reading; the collector of garbage would be timed for the whole test session's."""
    path = save(chain_model(count), folder / f"{count}.onnx")
    times = []
    for _ in range(tries):
        gc.disable()
        start = time.process_time()
        try:
            assert len(read_onnx(path).built.graph.layers) == count + 1
        finally:
            times.append(time.process_time() - start)
            gc.enable()
    return min(times)


def test_reading_takes_time_linear_in_the_nodes(tmp_path: Path) -> None:
    """A slope near 1; a quadratic reader has one of 2."""
    few, many = seconds(1_000, tmp_path, tries=3), seconds(20_000, tmp_path, tries=2)
    assert math.log(many / few, 20) < 1.2


@pytest.mark.full
def test_a_hundred_thousand_nodes(tmp_path: Path) -> None:
    few, many = seconds(1_000, tmp_path, tries=5), seconds(100_000, tmp_path, tries=2)
    assert math.log(many / few, 100) < 1.2
