"""``nn2gltf completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from nn2gltf.commands.terminal import next_command
from nn2gltf.errors import InternalError

_TARGETS = {
    "bash": "~/.local/share/bash-completion/completions/nn2gltf",
    "zsh": "~/.zfunc/_nn2gltf",
    "fish": "~/.config/fish/completions/nn2gltf.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(list(_TARGETS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a completion script for a shell."""
    maker = get_completion_class(shell)
    if maker is None:
        raise InternalError(f"click knows no completion for {shell}")
    root = context.find_root().command
    # Not through put(): the script is ours, and its tabs must stay.
    click.echo(maker(root, {}, "nn2gltf", "_NN2GLTF_COMPLETE").source())
    next_command(f"nn2gltf completion {shell} > {_TARGETS[shell]}")
