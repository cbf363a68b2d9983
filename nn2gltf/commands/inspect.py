"""``nn2gltf inspect``."""

from __future__ import annotations

from pathlib import Path

import click

from nn2gltf.commands.shared import ANY_PATH, Session, common_options, option
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
    "--plot",
    type=ANY_PATH,
    metavar="PATH",
    help="Curves of a recording: .png, or .csv for a table.",
)
@click.option("--force", is_flag=True, help="Replace files of other programs.")
@click.option(
    "--trust-model-code",
    is_flag=True,
    help="Run code that the file brings along. A stranger's file can then do anything you can.",
)
@click.option("--verify", is_flag=True, help="Check the captured graph against the model itself.")
@common_options()
@click.pass_obj
def inspect(
    session: Session,
    source: str,
    inputs: tuple[str, ...],
    model: str | None,
    max_nodes: int | None,
    plot: Path | None,
    force: bool,
    trust_model_code: bool,
    verify: bool,
) -> None:
    """Say what a model, a recording or a scene holds."""
    from nn2gltf.api.inspecting import inspect as inspect_source

    if plot is not None:
        _plot(session, source, plot, force=force)
        return
    found = inspect_source(
        source,
        model=model,
        inputs=inputs,
        max_nodes=max_nodes,
        trust_model_code=trust_model_code,
        verify=verify,
    )
    if session.json:
        put_json({"file": source, **found.to_json()})
        return
    put(str(found))
    next_command(f"nn2gltf {'view' if found.kind == 'scene' else 'export'} {source}")


def _plot(session: Session, source: str, output: Path, *, force: bool) -> None:
    from nn2gltf.api.curves import check_curves_output, plot_curves
    from nn2gltf.record import read_recording

    check_curves_output(output, force=force)
    written = plot_curves(read_recording(source), output, force=force)
    if session.json:
        put_json({"file": source, "plot": str(written)})
        return
    put(str(written))
    next_command(f"nn2gltf export {source}")
