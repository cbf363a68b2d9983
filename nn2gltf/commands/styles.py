"""``nn2gltf styles``."""

from __future__ import annotations

import click

from nn2gltf.commands.shared import Session, common_options
from nn2gltf.commands.terminal import next_command, put, put_json


@click.command()
@common_options()
@click.pass_obj
def styles(session: Session) -> None:
    """List the styles: complete looks, chosen with --style."""
    from nn2gltf.encode.style import load_style, style_names

    found = [load_style(name) for name in style_names()]
    if session.json:
        put_json({"styles": [{"name": style.name, "background": style.background} for style in found]})
        return
    for style in found:
        put(f"{style.name:<12} ground {style.background}")
    next_command("nn2gltf demo --style paper")
