"""``nn2gltf inspect``."""

from __future__ import annotations

import click

from nn2gltf.commands.shared import Session, common_options
from nn2gltf.commands.terminal import next_command, put, put_json


@click.command()
@click.argument("source", metavar="MODEL|RUN|SCENE.glb")
@common_options()
@click.pass_obj
def inspect(session: Session, source: str) -> None:
    """Say what a model, a recording or a scene holds."""
    from nn2gltf.api.inspecting import inspect as inspect_source

    found = inspect_source(source)
    if session.json:
        put_json({"file": source, **found.to_json()})
        return
    put(str(found))
    next_command(f"nn2gltf {'view' if found.kind == 'scene' else 'export'} {source}")
