"""``nn2gltf demo``."""

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
from nn2gltf.commands.terminal import next_command, show_run


@click.command()
@option("--model", default="lenet", metavar="NAME", help="mlp, mlp-deep, lenet or resnet.")
@option("--data", default="auto", metavar="NAME", help="auto, mnist, fashion-mnist, kmnist or digits.")
@option("--data-dir", type=ANY_PATH, metavar="DIR", help="Where data sets are, or are downloaded to.")
@output_option("out", "Folder for the files; made when it is missing.")
@training_options
@scene_options
@common_options(writes=True, config=True)
@click.pass_obj
def demo(
    session: Session,
    model: str,
    data: str,
    data_dir: Path | None,
    output: Path,
    force: bool,
    scene: dict[str, Any],
    training: dict[str, Any],
) -> None:
    """Train a small network with recording; write the scene, an offline page of it, and the model.

    MNIST is used when it is on disk or downloaded within 10 seconds, else the bundled handwritten digits.
    """
    from nn2gltf.api.training import demo as run_demo
    from nn2gltf.commands.progress import TrainingProgress
    from nn2gltf.train.options import TrainOptions

    options = TrainOptions(**training)
    run = run_demo(
        output,
        model=model,
        data=data,
        data_dir=data_dir,
        options=options,
        progress=TrainingProgress(options.epochs),
        force=force,
        **scene,
    )
    show_run(run, json=session.json)
    if not session.json:
        next_command(f"nn2gltf view {run.files[0].path}, or open {run.files[1].path}")
