"""Model files: read in a bounded process, so that a stranger's file can neither run code here nor take the machine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nn2gltf.bounded import Limits, run_bounded
from nn2gltf.errors import InputMissingError, UsageError
from nn2gltf.ir.json import Json
from nn2gltf.ir.recording import Recording
from nn2gltf.record.wire import ArrayPacker, unpack_recording
from nn2gltf.sources.content import PATH_HINT

FILE_SUFFIXES = frozenset(
    (".pt", ".pth", ".ckpt", ".pt2", ".safetensors", ".onnx", ".bin", ".pkl", ".h5", ".keras")
)
JOB = "nn2gltf.api.file_job:record_job"


def is_file_source(source: Any) -> bool:
    """Whether a source is a model file, there or missing, and no specification."""
    if not isinstance(source, (str, os.PathLike)):
        return False
    path = Path(source)
    return not path.is_dir() and (path.exists() or path.suffix.lower() in FILE_SUFFIXES)


def record_files(
    paths: Sequence[str | os.PathLike[str]],
    *,
    sample: Any = None,
    limits: Limits | None = None,
    **options: Json,
) -> Recording:
    """Read one model file, or several checkpoints of one run, and record what can be recorded.

    Args:
        sample: Text, an array or tensor, or a tuple or mapping of them.
        limits: Of the process that does it.
        options: Further fields of :class:`nn2gltf.api.file_request.FileRequest`.

    Raises:
        Nn2gltfError: As :func:`nn2gltf.api.file_job.read_files`; LimitError when it takes too long or too much memory,
            InternalError when the process crashes.
    """
    names = [os.fspath(path) for path in paths]
    for name in names:
        if not Path(name).is_file():
            what = "is not a regular file" if Path(name).exists() else "does not exist"
            raise InputMissingError(f"the model file {what}", where=name, hint=PATH_HINT)
    packer = ArrayPacker()
    arguments: dict[str, Json] = {"paths": [*names], **options}
    if isinstance(sample, (str, os.PathLike)):
        arguments["sample"] = os.fspath(sample)
    elif sample is not None:
        arguments["arrays"] = {name: packer.add(array) for name, array in _arrays(sample).items()}
    answer = run_bounded(JOB, arguments, packer.blocks, limits=limits, where=names[0])
    return unpack_recording(answer.result, answer.blocks)


def _arrays(sample: Any) -> dict[str, Any]:
    """Arrays by name or position."""
    if isinstance(sample, Mapping):
        return {str(name): _array(value) for name, value in sample.items()}
    items = list(sample) if isinstance(sample, tuple | list) else [sample]
    return {str(index): _array(value) for index, value in enumerate(items)}


def _array(value: Any) -> Any:
    plain = value.detach().cpu() if hasattr(value, "detach") else value
    array = np.asarray(plain)
    if array.dtype.kind not in "fiub":
        raise UsageError(f"a sample of {array.dtype} cannot be shown to a model file", hint="Give numbers.")
    return array
