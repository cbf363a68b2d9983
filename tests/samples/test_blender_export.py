"""OBJ, STL and USD out of a scene: the shown step alone, at its place, with its pages."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
import trimesh
from blender import DEFAULT_VERSION, find_blender
from decode import Decoded
from graphs import chain, record

from nn2gltf.api.scenes import SceneOptions, encode_recording, write_scene

PROGRAM = Path(__file__).resolve().parents[2] / "samples" / "blender_export.py"
SHAPES = ((1, 6, 6), (3, 6, 6), (12,), (10,))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Maps, bodies and bars over three steps."""
    path = tmp_path_factory.mktemp("export") / "scene.glb"
    write_scene(encode_recording(record(chain(*SHAPES), steps=3), SceneOptions()), path)
    return path


def convert(scene: Path, output: Path, *step: str) -> None:
    """Run the program in Blender's Python."""
    python = find_blender(DEFAULT_VERSION)
    if python is None:
        pytest.skip(f"Blender {DEFAULT_VERSION}: its bpy environment is missing (make blender)")
    command = [str(python), str(PROGRAM), "--", str(scene), str(output), *step]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    assert output.is_file()


def test_obj_has_one_step_its_places_and_its_pages(scene: Path, tmp_path: Path) -> None:
    convert(scene, tmp_path / "scene.obj", "1")
    text = (tmp_path / "scene.obj").read_text()
    names = {line.split()[1] for line in text.splitlines() if line.startswith("o ")}
    assert any(name.startswith("layer1_step_1") for name in names)
    assert not any(name.startswith(("layer1_step_0", "layer1_step_2")) for name in names), names
    loaded = trimesh.load(tmp_path / "scene.obj", process=False)
    extras = Decoded(scene.read_bytes()).json["scenes"][0]["extras"]["nn2gltf"]
    boxes = np.array([[layer["box"]["min"], layer["box"]["max"]] for layer in extras["layers"]])
    low, high = loaded.bounds
    assert (low <= boxes[:, 0].min(axis=0) + 0.02).all()
    assert (high >= boxes[:, 1].max(axis=0) - 0.6).all()
    assert np.abs(loaded.bounds[:, 0]).max() == pytest.approx(5.0, abs=0.2)
    pages = [
        line.split()[-1] for line in (tmp_path / "scene.mtl").read_text().splitlines() if "map_Kd" in line
    ]
    assert len(pages) >= 3
    assert all((tmp_path / page).read_bytes().startswith(b"\x89PNG") for page in pages)


def test_stl_and_usd(scene: Path, tmp_path: Path) -> None:
    convert(scene, tmp_path / "scene.stl")
    assert len(trimesh.load(tmp_path / "scene.stl").faces) > 500
    convert(scene, tmp_path / "scene.usdz", "0")
    names = zipfile.ZipFile(tmp_path / "scene.usdz").namelist()
    assert names[0].endswith(".usdc")
    assert sum(name.endswith(".png") for name in names) >= 3


def test_other_suffixes_are_refused(scene: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"use \.obj, \.stl"):
        convert(scene, tmp_path / "scene.fbx")
