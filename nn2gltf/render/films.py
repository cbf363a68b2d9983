"""Pictures in a row as one file: animated WebP and GIF by Pillow, MP4 by ffmpeg."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nn2gltf.errors import DependencyError, WriteError, safe

if TYPE_CHECKING:
    from PIL import Image as Pictures

FILM_SUFFIXES = (".webp", ".gif", ".mp4")
FFMPEG_LINE = "apt install ffmpeg (Debian, Ubuntu), dnf install ffmpeg-free (Fedora), brew install ffmpeg"
_FFMPEG_SECONDS = 600


def find_ffmpeg() -> str | None:
    """Path of ffmpeg, or None."""
    return shutil.which("ffmpeg")


def write_film(frames: Iterable[bytes], suffix: str, *, frames_per_second: int) -> bytes:
    """One file of many PNG pictures of one size, looping where the format can.

    Args:
        suffix: One of :data:`FILM_SUFFIXES`.

    Raises:
        DependencyError: MP4 without ffmpeg.
        WriteError: ffmpeg failed.
    """
    if suffix == ".mp4":
        return _mp4(frames, frames_per_second)
    from PIL import Image

    pictures = [Image.open(io.BytesIO(frame)).convert("RGBA") for frame in frames]
    milliseconds = round(1000 / frames_per_second)
    out = io.BytesIO()
    if suffix == ".webp":
        pictures[0].save(
            out,
            "WEBP",
            save_all=True,
            append_images=pictures[1:],
            duration=milliseconds,
            loop=0,
            quality=88,
            method=3,
        )
    else:
        shared = _palette([picture.convert("RGB") for picture in pictures])
        flat = [
            picture.convert("RGB").quantize(palette=shared, dither=Image.Dither.NONE) for picture in pictures
        ]
        # GIF counts in hundredths of a second.
        flat[0].save(
            out,
            "GIF",
            save_all=True,
            append_images=flat[1:],
            duration=max(20, milliseconds // 10 * 10),
            loop=0,
        )
    return out.getvalue()


def _palette(pictures: Sequence[Pictures.Image]) -> Pictures.Image:
    """One palette for all pictures, from the first, the middle and the last: a palette of its own for each flickers."""
    from PIL import Image

    chosen = [pictures[0], pictures[len(pictures) // 2], pictures[-1]]
    width, height = chosen[0].size
    strip = Image.new("RGB", (width, height * len(chosen)))
    for index, image in enumerate(chosen):
        strip.paste(image, (0, index * height))
    return strip.quantize(256, method=Image.Quantize.MEDIANCUT)


def _mp4(frames: Iterable[bytes], frames_per_second: int) -> bytes:
    program = find_ffmpeg()
    if program is None:
        raise DependencyError(
            "MP4 is written by ffmpeg, which is not installed",
            hint=f"Install it: {FFMPEG_LINE}; or write a .webp or .gif.",
        )
    with tempfile.TemporaryDirectory(prefix="nn2gltf-film-") as folder:
        for index, frame in enumerate(frames):
            Path(folder, f"{index:06}.png").write_bytes(frame)
        target = Path(folder, "film.mp4")
        # Players want even sizes and 4:2:0.
        filters = "pad=ceil(iw/2)*2:ceil(ih/2)*2,format=yuv420p"
        command = [program, "-loglevel", "error", "-framerate", str(frames_per_second)]
        command += [
            "-i",
            str(Path(folder, "%06d.png")),
            "-vf",
            filters,
            "-movflags",
            "+faststart",
            str(target),
        ]
        done = subprocess.run(command, check=False, capture_output=True, timeout=_FFMPEG_SECONDS)
        if done.returncode or not target.is_file():
            raise WriteError(f"ffmpeg failed: {safe(done.stderr.decode('utf-8', 'replace').strip())}")
        return target.read_bytes()
