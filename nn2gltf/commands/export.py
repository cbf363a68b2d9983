"""``nn2gltf export``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nn2gltf.commands.shared import Session, common_options, option, output_option, scene_options
from nn2gltf.commands.terminal import next_command, show_file


@click.command()
@click.argument("source", metavar="MODEL|RUN")
@output_option(None, "Scene: .glb, .gltf or .html.  [default: the source's name with .glb]")
@option(
    "--sample",
    metavar="SAMPLE",
    help="What to show the model: mnist, mnist:0-4, a picture, a folder, a .npy file.",
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="SHAPE",
    help="[name=]1x3x224x224[:dtype], for structure alone.",
)
@option(
    "--model", metavar="SPEC", help="Who builds the module of a file of weights: pkg.mod:factory, net.py:Net."
)
@option("--data-dir", type=click.Path(), metavar="DIR", help="Where data sets are.")
@click.option(
    "--trust-model-code",
    is_flag=True,
    help="Run code that the file brings along. A stranger's file can then do anything you can.",
)
@scene_options
@common_options(writes=True, config=True)
@click.pass_obj
def export(
    session: Session,
    source: str,
    output: Path | None,
    sample: str | None,
    inputs: tuple[str, ...],
    model: str | None,
    data_dir: str | None,
    trust_model_code: bool,
    force: bool,
    scene: dict[str, Any],
) -> None:
    """Turn a model or a recording into a scene.

    MODEL is a file of torch.save, torchvision:resnet18, pkg.mod:factory or net.py:Net; RUN is a folder that
    nn2gltf train --record or a Recorder made.
    """
    from nn2gltf.api.exporting import default_output
    from nn2gltf.api.exporting import export as export_source

    target = output or default_output(source)
    written = export_source(
        source,
        target,
        sample=sample,
        inputs=inputs,
        model=model,
        data_dir=data_dir,
        trust_model_code=trust_model_code,
        force=force,
        **scene,
    )
    show_file(written, json=session.json)
    if not session.json:
        next_command(f"nn2gltf view {target}" if target.suffix != ".html" else f"open {target} in a browser")
