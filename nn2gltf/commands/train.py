"""``nn2gltf train``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nn2gltf.commands.shared import (
    ANY_PATH,
    Session,
    common_options,
    option,
    output_option,
    scene_options,
    training_options,
)
from nn2gltf.commands.terminal import next_command, note, show_run


@click.command()
@option("--model", default="lenet", metavar="NAME|SPEC", help="mlp, mlp-deep, lenet, resnet, or net.py:Net.")
@option(
    "--data",
    default="mnist",
    metavar="NAME|FOLDER",
    help="mnist, fashion-mnist, kmnist, digits, any of torchvision (cifar10), or a folder of pictures by class.",
)
@option(
    "--image-size",
    type=click.IntRange(8),
    metavar="N",
    help="Side of pictures, pixels.  [default: their own, 64 at most]",
)
@option("--data-dir", type=ANY_PATH, metavar="DIR", help="Where data sets are, or are downloaded to.")
@option("--record", type=ANY_PATH, metavar="RUN.nn2gltf", help="Keep the recording in a folder.")
@click.option("--resume", is_flag=True, help="Go on with the run in --record as if it had never stopped.")
@option("--save", type=ANY_PATH, metavar="FILE.pt", help="Keep the trained model.")
@output_option(None, "Scene: .glb, .gltf or .html.")
@training_options
@scene_options
@common_options(writes=True, config=True)
@click.pass_obj
def train(
    session: Session,
    model: str,
    data: str,
    image_size: int | None,
    data_dir: Path | None,
    record: Path | None,
    resume: bool,
    save: Path | None,
    output: Path | None,
    force: bool,
    scene: dict[str, Any],
    training: dict[str, Any],
) -> None:
    """Train a classifier of pictures with recording."""
    from nn2gltf.api.training import train_model
    from nn2gltf.commands.progress import TrainingProgress
    from nn2gltf.train.options import TrainOptions

    options = TrainOptions(**training)
    run = train_model(
        model,
        data=data,
        data_dir=data_dir,
        options=options,
        output=output,
        record=record,
        save=save,
        resume=resume,
        image_size=image_size,
        progress=TrainingProgress(options.epochs),
        force=force,
        **scene,
    )
    show_run(run, json=session.json, folder=record)
    if session.json:
        return
    if not (output or record or save):
        note("Nothing was written: add -o scene.glb, --record run.nn2gltf or --save model.pt.")
    elif output:
        next_command(f"nn2gltf view {output}" if output.suffix != ".html" else f"open {output} in a browser")
    else:
        next_command(f"nn2gltf export {record or save} -o scene.glb")
