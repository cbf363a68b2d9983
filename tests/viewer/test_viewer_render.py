"""`nn2gltf render`: pictures and films of exactly the size asked for, and errors before any work."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from graphs import chain, record
from PIL import Image, ImageSequence

from nn2gltf.api.rendering import HOLD_SECONDS, render
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


def _film(scene: Path, target: Path, size: tuple[int, int]) -> list[tuple[int, int]]:
    """Draws a film of five frames a second; gives what progress was told."""
    told: list[tuple[int, int]] = []
    render(scene, target, size=size, frames_per_second=5, progress=lambda done, of: told.append((done, of)))
    return told


@pytest.mark.browser
@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_films_have_frames_that_differ_loop_and_last(scene: Path, tmp_path: Path, suffix: str) -> None:
    if find_chromium() is None:
        pytest.skip("no film was drawn: Chromium is not installed")
    target = tmp_path / f"film{suffix}"
    finished = _film(scene, target, (160, 90))
    with Image.open(target) as film:
        assert (film.size, film.info["loop"]) == ((160, 90), 0)
        frames, milliseconds = [], 0
        for picture in ImageSequence.Iterator(film):
            frames.append(picture.convert("RGB").tobytes())
            milliseconds += int(picture.info["duration"])
    assert finished[-1][0] == finished[-1][1] >= len(frames) > 3, "equal neighbours may be one frame"
    assert milliseconds == 200 * finished[-1][1] + 1000, "200 ms a picture, the last one rests"
    assert len(set(frames)) > 3


def test_a_film_for_players_needs_ffmpeg(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_chromium() is None:
        pytest.skip("no film was drawn: Chromium is not installed")
    monkeypatch.setenv("NN2GLTF_CHROMIUM", str(find_chromium()))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DependencyError, match="apt install ffmpeg"):
        render(scene, tmp_path / "film.mp4", size=(160, 90))
    assert not list(tmp_path.iterdir())


@pytest.mark.browser
def test_a_film_for_players(scene: Path, tmp_path: Path) -> None:
    if find_chromium() is None:
        pytest.skip("no film was drawn: Chromium is not installed")
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        pytest.skip("no film was drawn: ffmpeg is not installed")
    target = tmp_path / "film.mp4"
    finished = _film(scene, target, (161, 91))
    drawn = finished[-1][1]
    entries = "stream=width,height,codec_name,nb_read_frames,pix_fmt,r_frame_rate:format=duration"
    probe = ["ffprobe", "-v", "error", "-count_frames", "-show_entries", entries, "-of", "json", str(target)]
    found = json.loads(subprocess.run(probe, check=True, capture_output=True, text=True).stdout)
    (stream,) = found["streams"]
    assert (stream["width"], stream["height"]) == (162, 92), "even sizes"
    assert (stream["codec_name"], stream["pix_fmt"], stream["r_frame_rate"]) == ("h264", "yuv420p", "5/1")
    assert int(stream["nb_read_frames"]) == drawn + round(HOLD_SECONDS * 5), (
        "every picture, and the last one rests"
    )
    assert float(found["format"]["duration"]) == pytest.approx(int(stream["nb_read_frames"]) / 5, abs=0.01)
    decoded = ["ffmpeg", "-v", "error", "-i", str(target), "-f", "framemd5", "-"]
    lines = subprocess.run(decoded, check=True, capture_output=True, text=True)
    sums = [line.rsplit(",", 1)[1] for line in lines.stdout.splitlines() if not line.startswith("#")]
    assert (lines.stderr, len(set(sums)) > 3) == ("", True), "it plays, and moves"


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
