"""Curves of a recording: pictures with the right lines, tables with the right numbers, and the panel in the scene."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from recorders import make_recorder

from nn2gltf.api.curves import plot_curves
from nn2gltf.api.scenes import export_recording
from nn2gltf.encode.chart import Panel, Series, draw_panel, nice_ticks, spread
from nn2gltf.encode.style import load_style
from nn2gltf.errors import OutputError, RecordingError, UsageError
from nn2gltf.gltf import read_glb
from nn2gltf.ir.recording import Recording
from nn2gltf.record import read_recording
from nn2gltf.train.registry import build_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "run.nn2gltf"
    model = build_model("lenet")
    with make_recorder(model, path=path, labels=[1, 2, 3]) as recorder:
        for epoch in range(1, 5):
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.mul_(1.1)
            recorder.step(test_loss=1 / epoch, test_accuracy=1 - 0.5**epoch, train_loss=float("nan"), lr=0.1)
    return path


@pytest.fixture
def recording(folder: Path) -> Recording:
    return read_recording(folder)


def test_a_table_holds_every_number(recording: Recording, tmp_path: Path) -> None:
    plot_curves(recording, tmp_path / "curves.csv")
    rows = list(csv.DictReader((tmp_path / "curves.csv").read_text("utf-8").splitlines()))
    found = {(float(r["epoch"]), r["quantity"], r["name"]): float(r["value"]) for r in rows}
    assert found[3, "metric", "test_accuracy"] == 0.875
    assert np.isnan(found[3, "metric", "train_loss"])
    for step in range(5):
        expected = np.abs(recording.activation("conv1", step)).mean()
        assert found[step, "activation-size", "conv1"] == pytest.approx(expected, rel=1e-6)
        norm = recording.number("weight-norm", "fc1.weight", step)
        assert norm is not None
        assert found[step, "weight-norm", "fc1.weight"] == pytest.approx(float(norm))
    assert (0, "weight-change", "fc1.weight") not in found


def test_a_picture_is_drawn_and_repeats(recording: Recording, tmp_path: Path) -> None:
    for style in ("paper", "stage"):
        for name in ("a.png", "b.png"):
            plot_curves(recording, tmp_path / name, style=style, force=True)
        assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
        with Image.open(tmp_path / "a.png") as image:
            assert image.width == 1600
            colors = image.convert("RGB").getcolors(1 << 24)
        assert colors is not None
        assert len(colors) > 100


def test_a_line_goes_through_its_points() -> None:
    style = load_style("paper")
    line = Series(name="up", x=(0.0, 1.0, 2.0), y=(0.0, 1.0, 0.0), color="#ff0000")
    image = np.asarray(draw_panel(Panel(title="t", series=(line,)), style, size=(400, 200))).astype(int)
    red = (image[..., 0] - image[..., 1]) > 150
    columns = np.flatnonzero(red[:, : int(400 * 0.8)].any(axis=0))
    heights = np.array([np.flatnonzero(red[:, column]).mean() for column in columns])
    peak = columns[heights.argmin()]
    middle = (columns[0] + columns[-1]) / 2
    assert abs(peak - middle) < 6
    assert heights[0] - heights.min() > 100
    assert abs(heights[0] - heights[-1]) < 6
    gap = Series(name="gap", x=(0.0, 1.0, 2.0), y=(0.5, float("nan"), 0.5), color="#ff0000")
    broken = np.asarray(draw_panel(Panel(title="t", series=(gap,)), style, size=(400, 200))).astype(int)
    assert not ((broken[..., 0] - broken[..., 1]) > 150)[:, int(peak) - 30 : int(peak) + 30].any()


@given(st.lists(st.floats(0, 100), max_size=8).map(sorted))
def test_labels_move_apart(places: list[float]) -> None:
    moved = spread(places, gap=10.0, low=0.0, high=100.0)
    assert len(moved) == len(places)
    assert all(b - a >= 10 - 1e-6 for a, b in pairwise(moved))
    assert all(-1e-6 <= place <= 100 + 1e-6 for place in moved)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 8))
def test_ticks_are_inside_and_even(low: float, span: float, count: int) -> None:
    ticks = nice_ticks(low, low + span, count)
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)
    assert len(ticks) <= count + 1
    if len(ticks) > 2:
        np.testing.assert_allclose(np.diff(ticks), ticks[1] - ticks[0], rtol=1e-3)


def test_misuse_is_named(recording: Recording, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"not written as '\.svg'"):
        plot_curves(recording, tmp_path / "x.svg")
    (tmp_path / "mine.png").write_bytes(b"holiday")
    with pytest.raises(OutputError, match="did not write it"):
        plot_curves(recording, tmp_path / "mine.png")
    plot_curves(recording, tmp_path / "ours.png")
    plot_curves(recording, tmp_path / "ours.png")
    bare = make_recorder(build_model("mlp"), record=()).start().recording()
    with pytest.raises(RecordingError, match="there is no curve"):
        plot_curves(bare, tmp_path / "none.png")


def test_the_command_plots(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "curves.png"
    command = [sys.executable, "-m", "nn2gltf", "inspect", str(folder), "--plot", str(output)]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["plot"] == str(output)
    assert output.read_bytes()[:4] == b"\x89PNG"


def test_the_scene_has_curves_beside_its_counter(recording: Recording, tmp_path: Path) -> None:
    sizes = {}
    for curves in (True, False):
        export_recording(recording, tmp_path / "x.glb", curves=curves)
        document = read_glb(tmp_path / "x.glb").json
        meshes = {node["name"]: node["mesh"] for node in document["nodes"] if "mesh" in node}
        accessors = [
            document["meshes"][meshes[f"counter step {step}"]]["primitives"][0]["attributes"]["POSITION"]
            for step in range(5)
        ]
        corners = [document["accessors"][accessor] for accessor in accessors]
        sizes[curves] = [[b - a for a, b in zip(c["min"], c["max"], strict=True)] for c in corners]
    for with_curves, without in zip(sizes[True][1:], sizes[False][1:], strict=True):
        assert with_curves[0] / with_curves[1] > without[0] / without[1] + 2
