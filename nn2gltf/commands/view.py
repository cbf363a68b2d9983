"""``nn2gltf view``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nn2gltf.commands.shared import ANY_PATH, Session, common_options, option
from nn2gltf.commands.terminal import note, put, put_json


@click.command()
@click.argument("scene", type=ANY_PATH, metavar="SCENE.glb|RUN")
@option("--port", type=click.IntRange(0, 65_535), default=0, help="Port on this machine; 0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@common_options()
@click.pass_obj
def view(session: Session, scene: Path, port: int, no_browser: bool) -> None:
    """Open a scene in the browser, or follow a recording while it is written; only this machine reaches it."""
    from nn2gltf.api.viewing import view as view_scene

    def ready(url: str) -> None:
        if session.json:
            put_json({"url": url})
        else:
            put(url)
            note("Press Ctrl+C to stop.")
        sys.stdout.flush()

    try:
        view_scene(scene, port=port, open_browser=not no_browser, ready=ready)
    except KeyboardInterrupt:  # The way to stop a server is no failure.
        note("Stopped.")
