"""``nn2gltf inspect``."""

from __future__ import annotations

import click

from nn2gltf.commands.shared import Session, common_options, option
from nn2gltf.commands.terminal import next_command, put, put_json


@click.command()
@click.argument("source", metavar="MODEL|RUN|SCENE.glb")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="SHAPE",
    help="[name=]1x3x224x224[:dtype]: the model's inputs.",
)
@option(
    "--model", metavar="SPEC", help="Who builds the module of a file of weights: pkg.mod:factory, net.py:Net."
)
@option("--max-nodes", type=click.IntRange(1), metavar="N", help="Most nodes of a file.  [default: 1000000]")
@click.option(
    "--trust-model-code",
    is_flag=True,
    help="Run code that the file brings along. A stranger's file can then do anything you can.",
)
@common_options()
@click.pass_obj
def inspect(
    session: Session,
    source: str,
    inputs: tuple[str, ...],
    model: str | None,
    max_nodes: int | None,
    trust_model_code: bool,
) -> None:
    """Say what a model, a recording or a scene holds."""
    from nn2gltf.api.inspecting import inspect as inspect_source

    found = inspect_source(
        source, model=model, inputs=inputs, max_nodes=max_nodes, trust_model_code=trust_model_code
    )
    if session.json:
        put_json({"file": source, **found.to_json()})
        return
    put(str(found))
    next_command(f"nn2gltf {'view' if found.kind == 'scene' else 'export'} {source}")
