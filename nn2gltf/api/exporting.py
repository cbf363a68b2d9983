"""Exporting: a live model, a model file, a specification or a recording becomes a scene file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nn2gltf.api.outputs import WrittenFile, check_scene_output
from nn2gltf.api.scenes import SceneOptions, export_recording
from nn2gltf.ir.recording import Recording
from nn2gltf.record import is_recording, read_recording


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
    trust_model_code: bool = False,
    force: bool = False,
    **options: Any,
) -> WrittenFile:
    """Turn a model or a recording into a scene file.

    A recording plays its training. A model gives one step: its values on ``sample``; without one, on the ten
    probe digits where it reads digits; else its structure and weights without data.

    Args:
        source: An ``nn.Module``, a :class:`~nn2gltf.ir.recording.Recording`, a recording's folder, a file of
            ``torch.save``, or a specification: ``torchvision:resnet18``, ``pkg.mod:factory``, ``net.py:Net``.
        output: ``.glb``, ``.gltf`` or ``.html``; checked before any work.
        sample: What to show the model: a batch (axis 0 counts the probes), a tuple or mapping of arguments, or
            text: a data set (``mnist``, ``mnist:0-4``), a picture, a folder of pictures, or a ``.npy`` file.
        labels: True classes of the sample.
        classes: Class names of the outputs.
        inputs: Shapes (``1x3x224x224``, ``ids=1x16:int64``) when the structure alone is wanted.
        model: For a file that holds weights only: who builds the module.
        data_dir: Where data sets are.
        trust_model_code: Allow code inside the file to run. A stranger's file can then do anything you can.
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
    check_scene_output(output, force=force)
    recording = read_source(
        source,
        sample=sample,
        labels=labels,
        classes=classes,
        inputs=inputs,
        model=model,
        data_dir=data_dir,
        trust_model_code=trust_model_code,
    )
    return export_recording(recording, output, force=force, **options)


def default_output(source: str) -> Path:
    """The source's name with ``.glb``, in the current folder for a specification, else beside it.

    >>> default_output("torchvision:resnet18")
    PosixPath('resnet18.glb')
    """
    path = Path(source)
    if path.exists():
        return path.with_suffix(".glb")
    return Path(Path(source.rpartition(":")[2]).name).with_suffix(".glb")


def read_source(
    source: Any,
    *,
    sample: Any = None,
    labels: Any = None,
    classes: Sequence[str] = (),
    inputs: Sequence[str] = (),
    model: str | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    trust_model_code: bool = False,
) -> Recording:
    """The recording behind a source, or one step of the model behind it; arguments as for :func:`export`."""
    if isinstance(source, Recording):
        return source
    if isinstance(source, (str, os.PathLike)) and Path(source).is_dir() and is_recording(source):
        return read_recording(source)
    from nn2gltf.api.torch_samples import make_sample, make_shapes
    from nn2gltf.api.torch_subject import read_subject
    from nn2gltf.api.torch_values import record_once

    subject = read_subject(source, model=model, trust=trust_model_code)
    shown = (
        None
        if sample is None
        else make_sample(sample, subject, labels=labels, classes=classes, data_dir=data_dir)
    )
    return record_once(subject, sample=shown, shapes=make_shapes(inputs), data_dir=data_dir)
