"""``nn2gltf html``."""

from __future__ import annotations

from pathlib import Path

import click

from nn2gltf.commands.shared import ANY_PATH, Session, common_options, output_option
from nn2gltf.commands.terminal import next_command, note, put, put_json, show_size


@click.command()
@click.argument("scene", type=ANY_PATH, metavar="SCENE.glb")
@output_option(None, "The page.  [default: the scene's name with .html]")
@common_options(writes=True)
@click.pass_obj
def html(session: Session, scene: Path, output: Path | None, force: bool) -> None:
    """Put a scene into one page that opens offline, by a double click."""
    from nn2gltf.api.outputs import write_page

    written = write_page(scene, output, force=force)
    if session.json:
        put_json(written.to_json())
        return
    put(str(written.path))
    note(f"{show_size(written.size)}, opens without a network or a server")
    next_command(f"open {written.path} in a browser")
