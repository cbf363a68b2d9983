"""--verify and verify=True: the result stands in the file, in the report and in inspect's JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hard_models import FunctionalNet
from torch import nn

import nn2gltf
from nn2gltf.cli import main
from nn2gltf.gltf import read_glb


def extras(path: Path) -> dict[str, object]:
    found: dict[str, object] = read_glb(path).json["scenes"][0]["extras"]["nn2gltf"]
    return found


@pytest.mark.parametrize("sample", [None, torch.randn(3, 1, 28, 28)], ids=["structure", "sample"])
def test_the_result_is_in_the_file_and_in_its_report(sample: torch.Tensor | None, tmp_path: Path) -> None:
    written = nn2gltf.export(FunctionalNet(), tmp_path / "net.glb", sample=sample, verify=True)
    found = extras(tmp_path / "net.glb")
    assert found["verification"]["passed"] is True
    assert found["verification"]["replay"] == {
        "ops": 12, "result": "equal", "inputs": "fresh", "outputs": 1, "difference": 0.0,
    }  # fmt: skip
    assert sum(note.startswith("Verified: ") for note in written.notes) == 2


def test_without_asking_nothing_is_said(tmp_path: Path) -> None:
    nn2gltf.export(FunctionalNet(), tmp_path / "net.glb")
    assert "verification" not in extras(tmp_path / "net.glb")


def test_files_are_verified_where_a_model_runs_and_say_so_where_none_does(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    torch.save(model, tmp_path / "whole.pt")
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    whole = nn2gltf.inspect(tmp_path / "whole.pt", verify=True)
    assert whole.facts["graph"]["verification"]["passed"] is True
    weights = nn2gltf.inspect(tmp_path / "weights.pt", verify=True)
    assert weights.facts["graph"]["verification"]["passed"] is None
    assert "Not verified: the file is read, nothing in it is run." in weights.text


def test_inspect_on_the_command_line_verifies_and_adds_up_scopes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "torchvision:squeezenet1_1", "--verify", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["graph"]["verification"]["passed"] is True
    totals = facts["scopeTotals"]
    assert totals[""]["parameters"] == 1_235_496
    assert totals[""]["parameterBytes"] == 4 * 1_235_496
    assert totals["features"]["flops"] + totals["classifier"]["flops"] == totals[""]["flops"]


def test_a_forward_that_stops_gives_the_part_before_it(tmp_path: Path) -> None:
    class Stopping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 4, 3), nn.Linear(7, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.second(torch.relu(self.first(x)))

    written = nn2gltf.export(Stopping(), tmp_path / "part.glb", inputs=["1x3x8x8"])
    assert any(note.startswith("The forward stopped in second (Linear)") for note in written.notes)
    assert [layer["id"] for layer in extras(tmp_path / "part.glb")["layers"]][:2] == ["input", "first"]
    with pytest.raises(nn2gltf.Nn2gltfError, match="inputs="):
        nn2gltf.export(Stopping(), tmp_path / "none.glb", inputs=["1x8"])
