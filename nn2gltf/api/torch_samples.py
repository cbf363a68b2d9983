"""Samples for live modules: tensors as they are, everything else read by :mod:`nn2gltf.api.samples`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from nn2gltf.api.samples import Sample, SampleTarget, read_sample
from nn2gltf.api.torch_subject import Subject
from nn2gltf.sources.input_spec import parse_input_spec
from nn2gltf.sources.torch_inputs import build_inputs, infer_inputs


def make_shapes(specs: Sequence[str]) -> tuple[tuple[Any, ...], Mapping[str, Any]] | None:
    """Neutral arguments from ``1x3x224x224`` or ``ids=1x16:int64``, None without any.

    Raises:
        UsageError: A text is not a shape.
    """
    return build_inputs(parse_input_spec(text) for text in specs) if specs else None


def make_sample(
    given: Any,
    subject: Subject,
    *,
    labels: Any = None,
    classes: Sequence[str] = (),
    data_dir: str | os.PathLike[str] | None = None,
) -> Sample:
    """Read what a person gave as a sample.

    Args:
        given: Tensors, arrays, a tuple or mapping of them, or text: see :func:`nn2gltf.api.samples.read_sample`.
        labels: True classes; those of the data set when it is one.
        data_dir: Where data sets are.

    Raises:
        InputMissingError: No such file.
        InputDataError: E_SAMPLE: the file is damaged or does not fit the model.
    """
    if not isinstance(given, (str, Path)):
        return Sample(inputs=given, labels=labels, classes=classes)
    target = SampleTarget(
        name=subject.name,
        shape=lambda: tuple(infer_inputs(subject.module)[0].shape[1:]),
        facts=subject.facts,
    )
    found = read_sample(given, target, labels=labels, classes=classes, data_dir=data_dir)
    return Sample(
        inputs=torch.from_numpy(found.inputs),
        labels=found.labels,
        classes=found.classes,
        dataset=found.dataset,
    )
