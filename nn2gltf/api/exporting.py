"""Exporting: a live model, a model file, a specification or a recording becomes a scene file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nn2gltf.api.checkpoints import sort_checkpoints
from nn2gltf.api.files import is_file_source, record_files
from nn2gltf.api.outputs import WrittenFile, check_scene_output, holds_training
from nn2gltf.api.scenes import SceneOptions, export_recording
from nn2gltf.api.source_check import check_source
from nn2gltf.bounded import Limits
from nn2gltf.errors import UsageError, safe
from nn2gltf.ir.recording import Recording
from nn2gltf.record import is_recording, read_recording
from nn2gltf.record.select import merge_recordings, select_steps


def export(
    source: Any,
    output: str | os.PathLike[str],
    *,
    sample: Any = None,
    labels: Any = None,
    classes: Sequence[str] = (),
    inputs: Sequence[str] = (),
    model: str | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    weights: str | os.PathLike[str] | None = None,
    epochs_from: str = "auto",
    steps: str | None = None,
    max_nodes: int | None = None,
    max_memory_gb: float | None = None,
    max_seconds: int | None = None,
    trust_model_code: bool = False,
    verify: bool = False,
    force: bool = False,
    **options: Any,
) -> WrittenFile:
    """Turn a model or a recording into a scene file.

    A recording plays its training. A model gives one step: its values on ``sample``; without one, on the ten
    probe digits where it reads digits; else its structure and weights without data.

    Args:
        source: An ``nn.Module``, a :class:`~nn2gltf.ir.recording.Recording`, a recording's folder, a model file
            (.pt .pth .ckpt .pt2 .safetensors .onnx), or a specification: ``torchvision:resnet18``,
            ``pkg.mod:factory``, ``net.py:Net``. A list of files: the checkpoints of one run, a step each. A list
            of recordings: parts of one training, joined.
        output: ``.glb``, ``.gltf`` or ``.html``; checked before any work.
        sample: What to show the model: a batch (axis 0 counts the probes), a tuple or mapping of arguments, or
            text: a data set (``mnist``, ``mnist:0-4``), a picture, a folder of pictures, or a ``.npy`` file.
        labels: True classes of the sample.
        classes: Class names of the outputs.
        inputs: Shapes (``1x3x224x224``, ``ids=1x16:int64``) when the structure alone is wanted.
        model: For a file that holds weights only: who builds the module.
        data_dir: Where data sets are.
        weights: File of weights for a model that the source builds.
        epochs_from: Where the epochs of several checkpoints come from: ``auto``, ``file``, ``name``, ``count``.
        steps: Which recorded steps to draw, ``A:B:C`` as in Python: ``::5`` every fifth one.
        max_nodes: Most nodes of a model file after expansion; 1,000,000 by default.
        max_memory_gb, max_seconds: Limits of the process that reads a model file; 4 and 120 by default.
        trust_model_code: Allow code inside the file to run. A stranger's file can then do anything you can.
        verify: Check the captured graph against the model: its operations run again on other inputs, and its edges
            beside torch.export's. The result is in the file and in its report.
        force: Replace a file that nn2gltf did not write.
        options: See :class:`~nn2gltf.api.scenes.SceneOptions`: ``style="paper"``, ``probe=3``, ``title=...``.

    Returns:
        The file, with notes on what was pooled, thinned or not captured.

    Raises:
        UsageError: An option or specification makes no sense.
        InputMissingError, InputDataError: The source or the sample is missing, damaged or does not fit.
        RefusedError: Loading would run code from the file.
        OutputError, WriteError: The file cannot be written.
    """
    SceneOptions.from_keywords(**options)
    check_source(source, output)
    check_scene_output(output, force=force)
    recording = read_source(
        source,
        sample=sample,
        labels=labels,
        classes=classes,
        inputs=inputs,
        model=model,
        data_dir=data_dir,
        weights=weights,
        epochs_from=epochs_from,
        max_nodes=max_nodes,
        max_memory_gb=max_memory_gb,
        max_seconds=max_seconds,
        trust_model_code=trust_model_code,
        verify=verify,
    )
    if steps is not None:
        recording = select_steps(recording, steps)
    return export_recording(recording, output, force=force, **options)


def default_output(source: str) -> Path:
    """The source's name with ``.glb``, in the current folder for a specification, else beside it.

    One step of a model does not take the place of a training: beside ``lenet.glb`` with its epochs,
    ``lenet.pt`` gives ``lenet-model.glb``.

    >>> default_output("torchvision:resnet18")
    PosixPath('resnet18.glb')
    """
    path = Path(source)
    if not path.exists():
        return Path(Path(source.rpartition(":")[2]).name).with_suffix(".glb")
    usual = path.with_suffix(".glb")
    return usual.with_stem(f"{usual.stem}-model") if path.is_file() and holds_training(usual) else usual


def read_source(
    source: Any,
    *,
    sample: Any = None,
    labels: Any = None,
    classes: Sequence[str] = (),
    inputs: Sequence[str] = (),
    model: str | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    weights: str | os.PathLike[str] | None = None,
    epochs_from: str = "auto",
    max_nodes: int | None = None,
    max_memory_gb: float | None = None,
    max_seconds: int | None = None,
    trust_model_code: bool = False,
    verify: bool = False,
) -> Recording:
    """The recording behind a source, or one step of the model behind it; arguments as for :func:`export`."""
    if isinstance(source, Recording):
        return source
    if _is_run(source):
        return read_recording(source)
    if isinstance(source, list | tuple) and len(source) > 1 and all(_is_run(item) for item in source):
        return merge_recordings([read_recording(item) for item in source])
    files, model = _files_of(source, model, weights)
    if files:
        return record_files(
            files,
            sample=sample,
            limits=_limits(max_memory_gb, max_seconds),
            model=model,
            trust=trust_model_code,
            labels=None if labels is None else [*plain_labels(labels)],
            classes=[*classes],
            inputs=[*inputs],
            data_dir=None if data_dir is None else os.fspath(data_dir),
            max_nodes=max_nodes,
            epochs=epochs_from,
            verify=verify,
        )
    from nn2gltf.api.torch_samples import make_sample, make_shapes
    from nn2gltf.api.torch_subject import read_subject
    from nn2gltf.api.torch_values import record_once

    subject = read_subject(source, model=model, trust=trust_model_code)
    shown = (
        None
        if sample is None
        else make_sample(sample, subject, labels=labels, classes=classes, data_dir=data_dir)
    )
    return record_once(subject, sample=shown, shapes=make_shapes(inputs), data_dir=data_dir, verify=verify)


def _is_run(source: Any) -> bool:
    return isinstance(source, str | os.PathLike) and Path(source).is_dir() and is_recording(source)


def _files_of(
    source: Any, model: str | None, weights: str | os.PathLike[str] | None
) -> tuple[list[str], str | None]:
    """Model files to read, empty for a live model or a specification, and who builds their module."""
    several = isinstance(source, list | tuple)
    sources = list(source) if several else [source]
    if weights is not None:
        if len(sources) != 1 or is_file_source(sources[0]) or not isinstance(sources[0], str):
            hint = "Write: nn2gltf export torchvision:resnet18 --weights FILE."
            raise UsageError("weights belong to a specification that builds a model", hint=hint)
        return [os.fspath(weights)], sources[0]
    if several or is_file_source(source):
        odd = [item for item in sources if not is_file_source(item)]
        if odd or not sources:
            raise UsageError(
                "several sources must be the checkpoint files of one run",
                where=safe(odd[0]) if odd else None,
                hint="Give .pt, .ckpt or .safetensors files alone, or recordings alone.",
            )
        names = [os.fspath(item) for item in sources]
        return sort_checkpoints(names) if len(names) > 1 else names, model
    return [], model


def plain_labels(labels: Any) -> list[int | None]:
    """True classes as numbers.

    Raises:
        UsageError: They are something else.
    """
    items = labels.tolist() if hasattr(labels, "tolist") else list(labels)
    if any(isinstance(item, bool) or not isinstance(item, int | None) for item in items):
        raise UsageError("labels must be class indices", hint="Give one integer per probe, or None.")
    return items


def _limits(memory_gb: float | None, seconds: int | None) -> Limits:
    usual = Limits()
    return Limits(
        memory_bytes=usual.memory_bytes if memory_gb is None else int(memory_gb * 2**30),
        seconds=usual.seconds if seconds is None else seconds,
    )
