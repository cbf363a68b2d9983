"""Writing a recording into a folder that is readable at every moment.

All files of a step are on the disk before the manifest names them, and the manifest is replaced in one
piece, so a run that is killed leaves a recording up to its last finished step. A new run into the same folder
writes beside the old one and takes its place with its own first manifest.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import OutputError, safe
from nn2gltf.files import check_output_folder, remove_leftovers, write_atomic
from nn2gltf.ir.graph import Graph
from nn2gltf.ir.json import Json
from nn2gltf.ir.recording import Probe, Recording, Step
from nn2gltf.ir.reduced import Reduced
from nn2gltf.record.lock import FolderLock
from nn2gltf.record.manifest import (
    CHECKPOINT_NAME,
    GRAPH_NAME,
    MANIFEST_NAME,
    PROBES_NAME,
    STEPS_NAME,
    Manifest,
    StepEntry,
    encode_json,
    step_file,
)
from nn2gltf.record.reader import is_recording, read_manifest, read_prefix
from nn2gltf.record.tensors import encode_arrays, encode_chunks

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class RunHeader:
    """What a recording knows before its first step.

    Attributes:
        inputs: The probes as the model reads them, by argument (``input/0``, ``input/mask``), batch axis first.
        reduced: How stored activations are made smaller, by layer id.
    """

    graph: Graph
    probes: tuple[Probe, ...]
    classes: tuple[str, ...] = ()
    meta: Mapping[str, Json] = field(default_factory=dict)
    inputs: Mapping[str, Array] = field(default_factory=dict)
    reduced: Mapping[str, Reduced] = field(default_factory=dict)


class RecordingWriter:
    """Writes one run into a folder; a context manager.

    Args:
        path: The folder: new, empty, or a recording of ours, which stays readable until this run's first
            step is written.
        header: What is known before the first step.
        force: Also write into a folder with other files, which are left alone.
        resume: Go on with the run that is there, if there is one with a finished step: its graph and probes stay.

    Raises:
        RecordingError: The run to go on with is damaged.
        OutputError: The folder cannot be written to, is not ours, or another run is writing there.
        WriteError: The disk is full or fails; what was there is intact.
    """

    def __init__(
        self, path: str | os.PathLike[str], header: RunHeader, *, force: bool = False, resume: bool = False
    ) -> None:
        self.folder = check_recording_output(path, force=force)
        _make_folder(self.folder)
        self._lock = FolderLock(self.folder)
        try:
            current = read_prefix(self.folder) if resume else None
            if current is not None:
                _remove_other_runs(self.folder, keep=current)
                self._prefix, self._manifest = current, read_manifest(self.folder)
                remove_leftovers(self.folder / current / STEPS_NAME)
                remove_leftovers(self.folder / current)
            else:
                self._prefix = _free_prefix(self.folder)
                self._manifest = self._write_header(header)
        except BaseException:
            self._lock.release()
            raise

    def _write_header(self, header: RunHeader) -> Manifest:
        if self._prefix:
            _make_folder(self.folder / self._prefix)
        _make_folder(self.folder / self._prefix / STEPS_NAME)
        manifest = Manifest(
            graph=self._prefix + GRAPH_NAME,
            probes=self._prefix + PROBES_NAME,
            labels=tuple(probe.label for probe in header.probes),
            names=tuple(probe.name for probe in header.probes),
            thumbnails=tuple(probe.thumbnail is not None for probe in header.probes),
            classes=header.classes,
            meta=header.meta,
            reduced=header.reduced,
        )
        pictures = {
            f"thumbnail/{i}": p.thumbnail for i, p in enumerate(header.probes) if p.thumbnail is not None
        }
        graph = encode_json(header.graph.to_json(), what="the graph")
        encode_json(manifest.to_json(), what="the recording's meta")
        write_atomic(self.folder / manifest.graph, [graph])
        write_atomic(self.folder / manifest.probes, [encode_arrays({**header.inputs, **pictures})])
        return manifest

    def write_step(
        self,
        step: Step,
        *,
        activations: Mapping[str, npt.NDArray[np.float32]],
        weights: Mapping[str, Array] | None = None,
        numbers: Mapping[str, Array] | None = None,
        reductions: Mapping[str, str] | None = None,
    ) -> None:
        """Write a step; when this returns it is on the disk.

        Args:
            activations: Layer id to (probes, *shape) float32; the same layers at every step.
            weights: Parameter name to values.
            numbers: ``quantity/name`` to what else is known of a layer or parameter.
            reductions: Sentences on what was left out, by layer id; they replace those of the step before.

        Raises:
            WriteError: The disk is full or fails; the steps before are intact.
        """
        entry = StepEntry(step=step, file=step_file(self._prefix, len(self._manifest.steps)))
        arrays = {f"activation/{layer_id}": array for layer_id, array in activations.items()}
        arrays.update({f"weight/{name}": array for name, array in (weights or {}).items()})
        arrays.update(numbers or {})
        manifest = replace(
            self._manifest,
            steps=(*self._manifest.steps, entry),
            recorded=tuple(activations),
            reductions=dict(reductions or {}),
            numbers=merge_numbers(self._manifest.numbers, numbers or {}),
        )
        write_atomic(self.folder / entry.file, encode_chunks(arrays))
        write_atomic(self.folder / MANIFEST_NAME, [encode_json(manifest.to_json(), what="the manifest")])
        self._manifest = manifest
        if len(manifest.steps) == 1:
            _remove_other_runs(self.folder, keep=self._prefix)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Steps on the disk."""
        return tuple(entry.step for entry in self._manifest.steps)

    @property
    def checkpoint(self) -> Path:
        """Where the state of this run's training belongs; it goes when another run takes this one's place."""
        return self.folder / self._prefix / CHECKPOINT_NAME

    def drop_from(self, epoch: float) -> None:
        """Forget steps of this epoch and later, of a run that goes on from before them.

        Raises:
            WriteError: The disk fails; nothing is forgotten.
        """
        kept = tuple(entry for entry in self._manifest.steps if entry.step.epoch < epoch)
        dropped = self._manifest.steps[len(kept) :]
        if not dropped:
            return
        manifest = replace(self._manifest, steps=kept)
        if kept:
            # Named no longer before they go: a file that the manifest names never changes.
            write_atomic(self.folder / MANIFEST_NAME, [encode_json(manifest.to_json(), what="the manifest")])
            for entry in dropped:
                (self.folder / entry.file).unlink(missing_ok=True)
        self._manifest = manifest

    def close(self) -> None:
        """Let others write to the folder; safe to call twice."""
        self._lock.release()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def check_recording_output(path: str | os.PathLike[str], *, force: bool = False) -> Path:
    """Make sure that a recording can be written at ``path``, before any work.

    Raises:
        OutputError: It is a file, not writable, or a folder with files of others.
    """
    return check_output_folder(path, force=force, is_ours=is_recording)


def merge_numbers(known: Mapping[str, tuple[str, ...]], keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Add ``quantity/name`` keys to an index of names by quantity, in their order.

    >>> merge_numbers({"dead": ("relu",)}, ["dead/relu", "dead/fc/relu@2"])
    {'dead': ('relu', 'fc/relu@2')}
    """
    merged = {quantity: dict.fromkeys(names) for quantity, names in known.items()}
    for key in keys:
        quantity, _, name = key.partition("/")
        merged.setdefault(quantity, {})[name] = None
    return {quantity: tuple(names) for quantity, names in merged.items()}


def write_recording(recording: Recording, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Write a whole recording into a folder, as a run would have.

    Raises:
        OutputError, WriteError: See :class:`RecordingWriter`.
    """
    header = RunHeader(
        graph=recording.graph,
        probes=recording.probes,
        classes=recording.classes,
        meta=recording.meta,
        reduced=recording.reduced,
    )
    names = {p.shared_with or p.name for layer in recording.graph.layers for p in layer.parameters}
    with RecordingWriter(path, header, force=force) as writer:
        for index, step in enumerate(recording.steps):
            weights = {name: recording.weight(name, index) for name in sorted(names)}
            numbers = {
                f"{quantity}/{name}": recording.number(quantity, name, index)
                for quantity, owners in sorted(recording.numbers.items())
                for name in owners
            }
            writer.write_step(
                step,
                activations={i: recording.values.activation(i, index) for i in sorted(recording.recorded)},
                weights={name: array for name, array in weights.items() if array is not None},
                numbers={key: array for key, array in numbers.items() if array is not None},
                reductions=recording.reductions,
            )


def _make_folder(folder: Path) -> None:
    """Make a folder and sync its parent; a link in its place is refused, since files are removed from it later."""
    try:
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():
            raise OutputError(
                "the folder is a symbolic link", where=str(folder), hint="Give the folder itself."
            )
        if os.name != "nt":
            descriptor = os.open(folder.parent, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    except OSError as error:
        raise OutputError(f"cannot make the folder: {safe(error.strerror)}", where=str(folder)) from error


def _free_prefix(folder: Path) -> str:
    """Where a new run writes beside the one that the manifest names; what no manifest names is removed."""
    current = read_prefix(folder)
    _remove_other_runs(folder, keep=current)
    if current is None:
        return ""
    return "" if current else "run-2/"


def _remove_other_runs(folder: Path, *, keep: str | None) -> None:
    remove_leftovers(folder)
    prefixes = ["", *(f"{path.name}/" for path in folder.glob("run-*") if path.name[4:].isdigit())]
    for prefix in prefixes:
        if prefix != keep:
            _remove_run(folder, prefix)


def _remove_run(folder: Path, prefix: str) -> None:
    """Remove the files of one run by their names, and its folders if nothing else is in them."""
    run = folder / prefix
    steps = run / STEPS_NAME
    if run.is_symlink() or steps.is_symlink():
        return
    remove_leftovers(steps)
    with contextlib.suppress(OSError):
        for file in (
            run / GRAPH_NAME,
            run / PROBES_NAME,
            run / CHECKPOINT_NAME,
            *steps.glob("[0-9]*.safetensors"),
        ):
            file.unlink(missing_ok=True)
    if prefix:
        remove_leftovers(run)
    for emptied in (steps, run) if prefix else (steps,):
        with contextlib.suppress(OSError):
            emptied.rmdir()
