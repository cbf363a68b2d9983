"""``nn2gltf export``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nn2gltf.commands.shared import ANY_PATH, Session, common_options, option, output_option, scene_options
from nn2gltf.commands.terminal import next_command, show_file, show_preview


@click.command()
@click.argument("sources", metavar="MODEL|RUN|CHECKPOINT...", nargs=-1, required=True)
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
@option("--weights", type=ANY_PATH, metavar="FILE", help="Weights for a model that MODEL builds.")
@option("--data-dir", type=ANY_PATH, metavar="DIR", help="Where data sets are.")
@option(
    "--epochs-from",
    type=click.Choice(["auto", "file", "name", "count"]),
    default="auto",
    help="Epochs of several checkpoints: stored in them, numbers in their names, or 1, 2, 3 ...",
)
@option("--steps", metavar="A:B:C", help="Recorded steps to draw: ::5 every fifth one, -3: the last three.")
@option("--max-nodes", type=click.IntRange(1), metavar="N", help="Most nodes of a file.  [default: 1000000]")
@option("--max-memory", type=click.FloatRange(0.1), metavar="GB", help="For reading a file.  [default: 4]")
@option("--max-seconds", type=click.IntRange(1), metavar="N", help="For reading a file.  [default: 120]")
@click.option(
    "--trust-model-code",
    is_flag=True,
    help="Run code that the file brings along. A stranger's file can then do anything you can.",
)
@click.option("--verify", is_flag=True, help="Check the captured graph against the model itself.")
@click.option(
    "--dry-run", is_flag=True, help="Say what would be drawn and how large it would be; write nothing."
)
@scene_options
@common_options(writes=True, config=True)
@click.pass_obj
def export(
    session: Session,
    sources: tuple[str, ...],
    output: Path | None,
    sample: str | None,
    inputs: tuple[str, ...],
    model: str | None,
    weights: Path | None,
    data_dir: Path | None,
    epochs_from: str,
    steps: str | None,
    max_nodes: int | None,
    max_memory: float | None,
    max_seconds: int | None,
    trust_model_code: bool,
    verify: bool,
    force: bool,
    dry_run: bool,
    scene: dict[str, Any],
) -> None:
    """Turn a model or a recording into a scene.

    MODEL is a file (.pt .pth .ckpt .pt2 .safetensors .onnx), torchvision:resnet18,
    timm:NAME, hf:FOLDER (of a config.json), pkg.mod:factory or net.py:Net;
    RUN is a folder that nn2gltf train --record or a Recorder made. Several CHECKPOINT files of one run make one
    animated scene, a step each: of values with --model NET, else of weights; several RUNs are parts of one training.
    """
    from nn2gltf.api.exporting import default_output
    from nn2gltf.api.exporting import export as export_source

    source: str | list[str] = sources[0] if len(sources) == 1 else [*sources]
    target = output or (
        default_output(sources[0]) if len(sources) == 1 else Path(sources[0]).with_suffix(".glb")
    )
    if dry_run:
        from nn2gltf.api.preview import preview_source

        found = preview_source(
            source, sample=sample, inputs=inputs, model=model, trust_model_code=trust_model_code, **scene
        )
        show_preview(found, json=session.json)
        return
    written = export_source(
        source,
        target,
        sample=sample,
        inputs=inputs,
        model=model,
        data_dir=data_dir,
        weights=weights,
        epochs_from=epochs_from,
        steps=steps,
        max_nodes=max_nodes,
        max_memory_gb=max_memory,
        max_seconds=max_seconds,
        trust_model_code=trust_model_code,
        verify=verify,
        force=force,
        **scene,
    )
    show_file(written, json=session.json)
    if not session.json:
        next_command(f"nn2gltf view {target}" if target.suffix != ".html" else f"open {target} in a browser")
