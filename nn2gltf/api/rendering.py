"""Pictures and films of a scene file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from nn2gltf.api.outputs import WrittenFile, read_scene_bytes
from nn2gltf.errors import DependencyError, UsageError, safe
from nn2gltf.files import check_output, write_atomic
from nn2gltf.html import read_viewer, write_html
from nn2gltf.render import FILM_SUFFIXES, Camera, Shot, ViewerPage, find_ffmpeg, write_film

RENDER_SUFFIXES = (".png", *FILM_SUFFIXES)
MOST_PIXELS = 8192
HOLD_SECONDS = 1.0
"""How long a film rests on its last picture."""

_MAGIC = {".png": b"\x89PNG", ".webp": b"RIFF", ".gif": b"GIF8", ".mp4": b"\0\0\0"}


def render(
    scene: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    epoch: float | None = None,
    camera: Camera = "hero",
    size: tuple[int, int] = (1920, 1080),
    transparent: bool = False,
    labels: bool = True,
    theme: str | None = None,
    frames_per_second: int = 12,
    force: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> WrittenFile:
    """Draw a scene as the viewer does, into a picture or a film of its training.

    Args:
        output: ``.png`` for a picture, ``.webp``, ``.gif`` or ``.mp4`` for a film from the first epoch to the last.
        epoch: Of a picture; the last when None. A film of one epoch is that picture.
        size: Width and height, pixels.
        frames_per_second: Of a film.
        force: Replace a file that is no picture of that kind.
        progress: Called with the number of finished pictures and of all.

    Raises:
        UsageError: The suffix, the size or the epoch makes no sense.
        InputMissingError, InputDataError, LimitError: No scene there, or one that cannot be shown.
        DependencyError: No Chromium, no ffmpeg for MP4, or the viewer is not built.
        OutputError, WriteError: The file cannot be written.
    """
    target = Path(output)
    suffix = target.suffix.lower()
    _check(target, suffix, size, force=force)
    data = read_scene_bytes(scene)
    page = write_html(read_viewer(), data, name=Path(scene).name)
    shot = Shot(size=size, camera=camera, transparent=transparent, labels=labels, theme=theme)
    with ViewerPage.opened(page, shot, where=str(scene)) as shown:
        if epoch is not None:
            _check_epoch(shown.epochs, epoch)
        if suffix == ".png":
            if epoch is not None:
                shown.seek(epoch)
            content = shown.picture(shot)
        else:
            frames = _frames(shown, shot, epoch, frames_per_second, progress)
            content = write_film(frames, suffix, frames_per_second=frames_per_second)
    return WrittenFile(path=target, size=write_atomic(target, [content]))


def _check(target: Path, suffix: str, size: tuple[int, int], *, force: bool) -> None:
    if suffix not in RENDER_SUFFIXES:
        raise UsageError(
            f"a picture cannot be written as {safe(suffix or target.name)!r}",
            where=str(target),
            hint=f"Use one of {', '.join(RENDER_SUFFIXES)}.",
        )
    if not all(16 <= side <= MOST_PIXELS for side in size):
        raise UsageError(f"a picture has 16 to {MOST_PIXELS} pixels a side, not {size[0]}x{size[1]}")
    check_output(target, force=force, is_ours=lambda path: _starts_with(path, _MAGIC[suffix]))
    read_viewer()
    if suffix == ".mp4" and find_ffmpeg() is None:
        write_film([], suffix, frames_per_second=1)
        raise DependencyError("ffmpeg went away")


def _starts_with(path: Path, magic: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False


def _check_epoch(epochs: list[float], epoch: float) -> None:
    if not epochs:
        raise UsageError("the file has no recorded epochs", hint="Leave out --epoch.")
    if not epochs[0] <= epoch <= epochs[-1]:
        raise UsageError(f"epoch {epoch:g} was not recorded: the file has {epochs[0]:g} to {epochs[-1]:g}")


def _frames(
    shown: ViewerPage,
    shot: Shot,
    epoch: float | None,
    frames_per_second: int,
    progress: Callable[[int, int], object] | None,
) -> Iterator[bytes]:
    if epoch is not None:
        shown.seek(epoch)
        yield shown.picture(shot)
        return
    moving = max(1, round(shown.duration * frames_per_second))
    held = round(HOLD_SECONDS * frames_per_second)
    picture = b""
    for index in range(moving):
        shown.seek_time(shown.duration * index / max(1, moving - 1))
        picture = shown.picture(shot)
        if progress is not None:
            progress(index + 1, moving)
        yield picture
    for _ in range(held):
        yield picture
