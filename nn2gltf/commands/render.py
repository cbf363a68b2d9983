"""``nn2gltf render``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nn2gltf.commands.shared import ANY_PATH, Session, common_options, option, output_option
from nn2gltf.commands.terminal import next_command, note, put, put_json, show_size
from nn2gltf.errors import UsageError, safe


def _size(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[int, int]:
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise UsageError(f"{safe(text)!r} is no size", hint="Write it as 1920x1080.")
    return int(width), int(height)


@click.command()
@click.argument("scene", type=ANY_PATH, metavar="SCENE.glb")
@output_option(None, "The picture (.png) or film (.webp, .gif, .mp4).  [default: the scene's name with .png]")
@option(
    "--epoch", type=float, default=None, help="Epoch of the picture.  [default: the last; a film has all]"
)
@option(
    "--camera",
    type=click.Choice(["hero", "front", "side", "top"]),
    default="hero",
    help="From where to look.",
)
@option("--size", default="1920x1080", callback=_size, metavar="WxH", help="Pixels.")
@option("--theme", type=click.Choice(["dark", "light"]), default=None, help="[default: the scene's own]")
@option("--fps", type=click.IntRange(1, 60), default=12, help="Pictures a second of a film.")
@click.option("--transparent", is_flag=True, help="No background.")
@click.option("--no-labels", is_flag=True, help="No names of layers.")
@common_options(writes=True)
@click.pass_obj
def render(
    session: Session, /, scene: Path, output: Path | None, fps: int, no_labels: bool, **options: Any
) -> None:
    """Draw a scene into a picture, or its training into a film; needs a Chromium."""
    from nn2gltf.api.rendering import render as render_scene

    target = output if output is not None else scene.with_suffix(".png")
    written = render_scene(scene, target, frames_per_second=fps, labels=not no_labels, **options)
    if session.json:
        put_json(written.to_json())
        return
    put(str(written.path))
    note(show_size(written.size))
    next_command(f"nn2gltf view {scene}")
