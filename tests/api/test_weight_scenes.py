"""Files of weights alone as scenes: every number where its name says, steps for checkpoints, nothing made up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from decode import Decoded
from safetensors.torch import save_file
from torch import nn

from nn2gltf.api import weight_values
from nn2gltf.api.exporting import export, read_source
from nn2gltf.api.file_job import read_files
from nn2gltf.api.file_request import FileRequest
from nn2gltf.errors import LimitError, UsageError
from nn2gltf.ir.tensor_picture import draw_tensor, picture_of


def small(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 600), nn.Linear(600, 700)
    )


def values_of(scene: Decoded, layer_id: str, step: int = 0) -> np.ndarray[Any, Any]:
    """(cells, rows, columns) numbers of a layer, by docs/scene-format.md alone."""
    record = scene.json["scenes"][0]["extras"]["nn2gltf"]
    layer = next(layer for layer in record["layers"] if layer["id"] == layer_id)
    values, tiles = layer["values"], layer["tiles"]
    page = record["pages"][tiles["pages"][0]]
    names = [image["name"] for image in scene.json["images"]]
    codes, low = (np.asarray(scene.image(names.index(page[key]))).astype(float) for key in ("image", "low"))
    found = []
    for cell in range(tiles["count"]):
        step_x, step_y = (tiles[key] + 2 * tiles["gutter"] for key in ("width", "height"))
        x = tiles["origins"][step][0] + tiles["gutter"] + cell % tiles["columns"] * step_x
        y = tiles["origins"][step][1] + tiles["gutter"] + cell // tiles["columns"] * step_y
        spot = np.s_[y : y + tiles["height"], x : x + tiles["width"]]
        share = (codes[spot] + (low[spot] - 127) / 254) / 254
        found.append(values["low"] + (values["high"] - values["low"]) * share)
    return np.array(found)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Decoded, dict[str, torch.Tensor], Path]:
    folder = tmp_path_factory.mktemp("weights")
    state = small().state_dict()
    torch.save(state, folder / "state.pt")
    path = folder / "state.glb"
    export(folder / "state.pt", path)
    return Decoded(path.read_bytes()), state, path


def test_every_weight_is_in_the_scene_with_its_name(
    scene: tuple[Decoded, dict[str, torch.Tensor], Path],
) -> None:
    decoded, state, _ = scene
    layers = decoded.json["scenes"][0]["extras"]["nn2gltf"]["layers"]
    floats = {name: value.numpy() for name, value in state.items() if value.is_floating_point()}
    assert [layer["id"] for layer in layers] == [*floats]
    for layer in layers:
        expected = draw_tensor(floats[layer["id"]], picture_of(floats[layer["id"]].shape))[0]
        assert layer["values"]["tensor"]["name"] == layer["id"]
        assert layer["values"]["quantity"] == "weight"
        assert layer["values"]["low"] == -layer["values"]["high"]  # zero is the middle of the colours
        precision = layer["values"]["high"] / 254 / 254
        assert np.abs(values_of(decoded, layer["id"]) - expected).max() <= precision
    assert layers[-2]["values"]["tensor"] == {"name": "4.weight", "shape": [700, 600], "pool": [2, 2]}


def test_there_are_no_bars_no_probes_and_no_clips(
    scene: tuple[Decoded, dict[str, torch.Tensor], Path], assert_valid: Callable[[Path | bytes], None]
) -> None:
    decoded, _, path = scene
    record = decoded.json["scenes"][0]["extras"]["nn2gltf"]
    assert {layer["mark"] for layer in record["layers"]} == {"maps"}
    assert record["clips"] == []
    assert "animations" not in decoded.json
    assert any("drawn reduced" in line for line in record["reductions"])
    assert_valid(path)


def test_checkpoints_without_their_model_are_steps(
    tmp_path: Path, assert_valid: Callable[[Path | bytes], None]
) -> None:
    states = [small(seed).state_dict() for seed in range(3)]
    paths = [tmp_path / f"epoch_{5 * (step + 1)}.pt" for step in range(3)]
    for path, state in zip(paths, states, strict=True):
        torch.save({"state_dict": state, "val_loss": 0.5}, path)
    out = tmp_path / "run.glb"
    export([*reversed(paths)], out)  # sorted as people count
    decoded = Decoded(out.read_bytes())
    record = decoded.json["scenes"][0]["extras"]["nn2gltf"]
    assert [step["epoch"] for step in record["steps"]] == [5, 10, 15]
    assert [clip["kind"] for clip in record["clips"]] == ["epochs"]
    for step, state in enumerate(states):
        kernels = state["0.weight"].numpy().reshape(6, 3, 3)
        assert np.abs(values_of(decoded, "0.weight", step) - kernels).max() < 1e-4
    assert_valid(out)


def test_checkpoints_of_different_models_are_refused(tmp_path: Path) -> None:
    for name, model in (("a.pt", small()), ("b.pt", nn.Sequential(nn.Conv2d(2, 4, 3)))):
        torch.save(model.state_dict(), tmp_path / name)
    with pytest.raises(UsageError, match=r"no checkpoint of the same model.*b\.pt"):
        read_source([tmp_path / "a.pt", tmp_path / "b.pt"])


def test_a_long_stack_of_equal_blocks_is_folded_to_its_ends(tmp_path: Path) -> None:
    blocks = {
        f"h.{n}.{part}": torch.randn(6, 6) for n in range(30) for part in ("a.weight", "b.weight", "c.weight")
    }
    torch.save(
        {"embed.weight": torch.randn(20, 6), **blocks, "head.weight": torch.randn(20, 6)}, tmp_path / "s.pt"
    )
    export(tmp_path / "s.pt", tmp_path / "s.glb")
    record = Decoded((tmp_path / "s.glb").read_bytes()).json["scenes"][0]["extras"]["nn2gltf"]
    shown = {layer["id"].rpartition(".a")[0] for layer in record["layers"] if layer["mark"] != "folded"}
    assert {"h.0", "h.29"} <= shown
    assert "h.7" not in shown
    assert any(line.startswith("28 blocks are not drawn") for line in record["reductions"])


def test_outliers_do_not_take_the_colours_of_all_others(tmp_path: Path) -> None:
    spiked = torch.randn(64, 64)
    spiked[3, 5] = 1000.0
    torch.save({"a.weight": spiked, "b.weight": torch.randn(64, 64)}, tmp_path / "s.pt")
    export(tmp_path / "s.pt", tmp_path / "s.glb")
    record = Decoded((tmp_path / "s.glb").read_bytes()).json["scenes"][0]["extras"]["nn2gltf"]
    first, second = (layer["values"] for layer in record["layers"])
    assert first["high"] < 4
    assert first["maximum"] == 1000.0
    assert first["above"] >= 1
    assert second["above"] == second["below"] == 0  # without outliers every weight is exact


@pytest.mark.parametrize(
    ("options", "note"),
    [({"depth": 1, "fold": True}, "not for weights alone"), ({"layers": ("fc*",)}, "left out on request")],
)
def test_options_of_computed_graphs_are_refused_or_said_not_to_matter(
    options: dict[str, Any], note: str, tmp_path: Path
) -> None:
    torch.save({"fc.weight": torch.randn(4, 3), "out.weight": torch.randn(2, 4)}, tmp_path / "s.pt")
    export(tmp_path / "s.pt", tmp_path / "s.glb", **options)
    record = Decoded((tmp_path / "s.glb").read_bytes()).json["scenes"][0]["extras"]["nn2gltf"]
    assert any(note in line for line in record["report"])
    with pytest.raises(UsageError, match="layout of their own"):
        export(tmp_path / "s.pt", tmp_path / "s.glb", layout="row")
    with pytest.raises(UsageError, match="only weights alone"):
        export(nn.Linear(3, 2), tmp_path / "s.glb", layout="weights")


def test_odd_tensors_are_drawn_or_named(tmp_path: Path, assert_valid: Callable[[Path | bytes], None]) -> None:
    odd = {
        "a.weight": torch.tensor(3.0), "b.weight": torch.full((3, 4), float("nan")), "c.weight": torch.zeros(0, 4),
        "d.weight": torch.randn(2, 2, dtype=torch.float64), "e.weight": torch.randn(4, 4).to(torch.bfloat16),
        "f.mask": torch.ones(3, 3, dtype=torch.bool), "g.weight": torch.zeros(5, 5), "h" * 300: torch.randn(3),
        "i.weight": torch.randn(6, 4).t(),
    }  # fmt: skip
    torch.save(odd, tmp_path / "odd.pt")
    export(tmp_path / "odd.pt", tmp_path / "odd.glb")
    record = Decoded((tmp_path / "odd.glb").read_bytes()).json["scenes"][0]["extras"]["nn2gltf"]
    drawn = {layer["id"] for layer in record["layers"]}
    assert {"a.weight", "b.weight", "d.weight", "e.weight", "g.weight", "h" * 300} <= drawn
    told = " ".join(record["reductions"])
    for name in {*odd} - drawn:
        assert name.rpartition(".")[2] in told, name
    assert_valid(tmp_path / "odd.glb")


def test_what_is_too_large_to_read_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job itself, in this process: a worker would not see the smaller limits."""
    torch.save({"a.weight": torch.randn(30, 30), "b.weight": torch.randn(3, 30)}, tmp_path / "s.pt")
    request = FileRequest(paths=(str(tmp_path / "s.pt"),))
    monkeypatch.setattr(weight_values, "LARGEST_TENSOR", 500)
    found = read_files(request)
    assert found.recorded == {"b.weight"}
    assert "weight: more than 500 numbers, not drawn." in found.reductions[""]
    monkeypatch.setattr(weight_values, "MOST_DRAWN", 50)
    assert read_files(request).recorded == frozenset()  # its structure is still told
    assert [layer.id for layer in read_files(request).graph.layers] == ["a", "b"]
    monkeypatch.setattr(weight_values, "MOST_DRAWN", 150)
    with pytest.raises(LimitError, match="180 texels are more than the 150"):
        read_files(FileRequest(paths=(str(tmp_path / "s.pt"),) * 2))


def test_a_file_sorted_by_name_proves_no_chain_but_numbered_names(tmp_path: Path) -> None:
    """``down`` (8 -> 4) comes before ``gate`` (4 -> 8) in the alphabet, and does not feed it."""
    layer = {"mlp.down.weight": (4, 8), "mlp.gate.weight": (8, 4), "mlp.up.weight": (8, 4)}
    shapes = {f"h.{n}.{name}": shape for n in range(11) for name, shape in layer.items()}
    tensors = {
        name: torch.randn(shape)
        for name, shape in {
            **shapes,
            "head.fc1.weight": (6, 4),
            "head.fc2.weight": (3, 6),
            "h.0.ln1.weight": (4,),
            "h.0.ln2.weight": (4,),
        }.items()
    }
    save_file(tensors, tmp_path / "s.safetensors")
    graph = read_source(tmp_path / "s.safetensors").graph
    assert [(edge.source, edge.target) for edge in graph.edges] == [("head.fc1.weight", "head.fc2.weight")]
    assert [layer.id for layer in graph.layers if layer.id.endswith("up.weight")][-2:] == [
        "h.9.mlp.up.weight",
        "h.10.mlp.up.weight",
    ]
    assert any("by name" in line for line in graph.report)
