"""Reading a recording's folder: the manifest at once, arrays when they are asked for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import InputMissingError, Nn2gltfError, RecordingError, safe
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.recording import FloatArray, Probe, Recording
from nn2gltf.record.lock import LOCK_NAME, LOCK_TEXT
from nn2gltf.record.manifest import FORMAT, MANIFEST_NAME, SCHEMA, Manifest, read_json
from nn2gltf.record.tensors import read_array, read_scalars, read_shapes

_WRONG_FORM = (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError)


@dataclass(frozen=True)
class FolderValues:
    """A :class:`nn2gltf.ir.recording.ValueSource` over the files of a folder.

    Attributes:
        files: One safetensors file per step.
    """

    files: tuple[Path, ...]
    _scalars: dict[int, dict[str, npt.NDArray[Any]]] = field(default_factory=dict, repr=False, compare=False)

    def activation(self, layer_id: str, step: int) -> FloatArray:
        """See :class:`nn2gltf.ir.recording.ValueSource`."""
        array = read_array(self.files[step], f"activation/{layer_id}")
        if array is None:
            raise RecordingError("the layer was not recorded", where=layer_id)
        return array

    def weight(self, name: str, step: int) -> npt.NDArray[np.floating[Any]] | None:
        """See :class:`nn2gltf.ir.recording.ValueSource`."""
        return read_array(self.files[step], f"weight/{name}")

    def number(self, quantity: str, name: str, step: int) -> npt.NDArray[Any] | None:
        """See :class:`nn2gltf.ir.recording.ValueSource`."""
        # Hundreds of single numbers a step: read together, or opening the file would take most of the time.
        if step not in self._scalars:
            self._scalars[step] = read_scalars(self.files[step])
        key = f"{quantity}/{name}"
        found = self._scalars[step].get(key)
        return read_array(self.files[step], key) if found is None else found


def is_recording(path: str | os.PathLike[str]) -> bool:
    """Whether a folder was written by nn2gltf, finished or not; told by content."""
    folder = Path(path)
    with contextlib.suppress(OSError):
        first = LOCK_TEXT.split(b"\n", 1)[0]
        if (folder / LOCK_NAME).read_bytes()[: len(first)] == first:
            return True
    with contextlib.suppress(Nn2gltfError):
        data = read_json(folder / MANIFEST_NAME)
        return isinstance(data, dict) and data.get("format") == FORMAT
    return False


def has_steps(path: str | os.PathLike[str]) -> bool:
    """Whether a run with at least one finished step is there."""
    return (Path(path) / MANIFEST_NAME).exists()


def same_inputs(path: str | os.PathLike[str] | None, arrays: Mapping[str, npt.NDArray[Any]]) -> bool:
    """Whether a recording's probes are these, number for number.

    Raises:
        RecordingError: It is damaged.
    """
    folder = Path(path or ".")
    file = folder / read_manifest(folder).probes
    for name, array in arrays.items():
        stored = read_array(file, name)
        if stored is None or not np.array_equal(stored, array, equal_nan=array.dtype.kind == "f"):
            return False
    return True


def read_prefix(folder: Path) -> str | None:
    """Where the current run's files lie below the folder (``""`` or ``run-2/``), None when no step is finished.

    Raises:
        RecordingError: The manifest is there, but damaged.
    """
    if not (folder / MANIFEST_NAME).exists():
        return None
    manifest = read_manifest(folder)
    return manifest.graph.rpartition("/")[0] + "/" if "/" in manifest.graph else ""


def read_recording(path: str | os.PathLike[str]) -> Recording:
    """Read a recording's folder, also of a run that is still going or was killed.

    Every file is checked now (names, element types, shapes); arrays are read from the mapped files when asked for.

    Raises:
        InputMissingError: No such folder.
        RecordingError: Not a recording, of a newer version, damaged, or no step was finished.
        RefusedError: The manifest names a file outside the folder.
        LimitError: A file is too large.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise InputMissingError("no such folder", where=str(path), hint="Give the folder of a recording.")
    if not (folder / MANIFEST_NAME).exists():
        if is_recording(folder):
            raise RecordingError(
                "the run ended before its first step", where=str(path), hint="Record it again."
            )
        hint = f"A recording holds a file {MANIFEST_NAME}."
        raise RecordingError("the folder is not a recording", where=str(path), hint=hint)
    manifest = read_manifest(folder)
    try:
        graph = Graph.from_json(read_json(_resolve(folder, manifest.graph)))
    except _WRONG_FORM as error:
        raise _damaged(folder / manifest.graph, error) from error
    values = FolderValues(tuple(_resolve(folder, entry.file) for entry in manifest.steps))
    recording = Recording(
        graph=graph,
        steps=tuple(entry.step for entry in manifest.steps),
        probes=_read_probes(_resolve(folder, manifest.probes), manifest),
        values=values,
        classes=manifest.classes,
        recorded=frozenset(manifest.recorded),
        reductions=manifest.reductions,
        meta=manifest.meta,
        reduced=manifest.reduced,
        numbers=manifest.numbers,
    )
    _check_arrays(recording, values.files)
    return recording.check()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder that has one.

    Raises:
        RecordingError: Damaged, or of a newer version.
        RefusedError: It names a file outside the folder.
    """
    path = folder / MANIFEST_NAME
    data = read_json(path)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        hint = f'Its "format" is not "{FORMAT}".'
        raise RecordingError("the folder is not a recording", where=str(folder), hint=hint)
    schema = data.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        message = f"the recording has schema {schema}, this version reads up to {SCHEMA}"
        raise RecordingError(message, where=str(path), hint="Upgrade with: pip install --upgrade nn2gltf")
    try:
        return Manifest.from_json(data)
    except _WRONG_FORM as error:
        raise _damaged(path, error) from error


def _read_probes(path: Path, manifest: Manifest) -> tuple[Probe, ...]:
    probes = []
    for index, name in enumerate(manifest.names):
        picture = read_array(path, f"thumbnail/{index}") if manifest.thumbnails[index] else None
        if manifest.thumbnails[index] and not _is_picture(picture):
            raise RecordingError(f"the thumbnail of probe {index} is missing or no picture", where=str(path))
        probes.append(Probe(label=manifest.labels[index], name=name, thumbnail=picture))
    return tuple(probes)


def _is_picture(array: npt.NDArray[Any] | None) -> bool:
    if array is None or array.dtype != np.uint8 or 0 in array.shape:
        return False
    return array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)


def _check_arrays(recording: Recording, files: tuple[Path, ...]) -> None:
    """Every recorded layer has, at every step, float32 values of one shape with one row per probe."""
    first: dict[str, tuple[int, ...]] = {}
    for file in files:
        arrays = read_shapes(file)
        for layer_id in recording.recorded:
            kind, shape = arrays.get(f"activation/{layer_id}", ("", ()))
            if kind != "F32" or not shape or shape[0] != len(recording.probes):
                message = f"layer {safe(layer_id)} has no float32 values for {len(recording.probes)} probes"
                raise RecordingError(message, where=str(file))
            if first.setdefault(layer_id, shape) != shape:
                raise RecordingError(f"layer {safe(layer_id)} changes its shape", where=str(file))
            smaller = recording.reduced.get(layer_id)
            if smaller is not None and smaller.stored_shape != shape[1:]:
                raise RecordingError(f"layer {safe(layer_id)} is not reduced as it says", where=str(file))
        for name, (kind, _) in arrays.items():
            if name.startswith("weight/") and kind not in ("F32", "F64"):
                raise RecordingError(f"{safe(name)} has element type {safe(kind)}", where=str(file))


def _resolve(folder: Path, name: str) -> Path:
    path = folder / name
    try:
        inside = path.resolve(strict=True).is_relative_to(folder.resolve(strict=True))
    except OSError as error:
        raise RecordingError(f"a file cannot be read: {safe(error.strerror)}", where=str(path)) from error
    if not inside:
        raise RecordingError(
            "a file of the recording is a link that leads out of its folder", where=str(path)
        )
    return path


def _damaged(path: Path, error: BaseException) -> RecordingError:
    return RecordingError(
        f"the file has an unknown form: {type(error).__name__} {safe(error)}", where=str(path)
    )
