"""`nn2gltf render`: pictures and films of exactly the size asked for, and errors before any work."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from graphs import chain, record
from PIL import Image

from nn2gltf.api.rendering import render
from nn2gltf.api.scenes import SceneOptions, encode_recording, write_scene
from nn2gltf.errors import DependencyError, OutputError, UsageError
from nn2gltf.render import find_chromium


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("render") / "scene.glb"
    write_scene(encode_recording(record(chain((1, 6, 6), (12,), (10,)), steps=3), SceneOptions()), path)
    return path


@pytest.mark.browser
def test_pictures_differ_by_epoch_and_have_their_size(scene: Path, tmp_path: Path) -> None:
    if find_chromium() is None:
        pytest.skip("no picture was drawn: Chromium is not installed")
    pictures = []
    for epoch in (0, 2):
        target = tmp_path / f"{epoch}.png"
        render(scene, target, epoch=epoch, size=(320, 180), transparent=True)
        pictures.append(Image.open(io.BytesIO(target.read_bytes())))
    assert [picture.size for picture in pictures] == [(320, 180)] * 2
    assert pictures[0].getpixel((0, 0))[3] == 0, "nothing behind it"
    assert pictures[0].tobytes() != pictures[1].tobytes()


def test_what_makes_no_sense_is_refused_before_any_work(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        render(scene, tmp_path / "x.bmp")
    with pytest.raises(UsageError, match="pixels a side"):
        render(scene, tmp_path / "x.png", size=(9, 9))
    (tmp_path / "mine.png").write_bytes(b"not a picture")
    with pytest.raises(OutputError):
        render(scene, tmp_path / "mine.png")
    monkeypatch.setenv("NN2GLTF_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(DependencyError, match="apt install chromium"):
        render(scene, tmp_path / "x.png")
