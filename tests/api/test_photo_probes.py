"""Several colour pictures as probes: the photo has no panels in the clips of the other probes."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

import nn2gltf
from nn2gltf.gltf import check_glb, read_glb


def test_two_colour_pictures(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 2, 8, stride=8), nn.ReLU(), nn.Flatten(), nn.Linear(128, 3))
    target = tmp_path / "photos.glb"
    with nn2gltf.Recorder(model, probes=torch.rand(2, 3, 64, 64), path=tmp_path / "run") as recorder:
        recorder.step(1)
        recorder.export(target, layout="terraces")
    layers = {each["id"]: each for each in read_glb(target).json["scenes"][0]["extras"]["nn2gltf"]["layers"]}
    assert layers["input"]["values"]["palette"] == "input"
    assert not layers["input"].get("probeQuads"), "the photo is that of the main probe"
    assert layers["0"]["probeQuads"][2] == 2
    report = check_glb(target)
    assert [str(problem) for problem in report.problems] == []
