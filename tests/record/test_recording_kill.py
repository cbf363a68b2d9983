"""kill -9 at every system call that writes: what was finished stays readable; a naive writer fails the same test."""

from __future__ import annotations

import errno
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graphs import chain, record
from recordings import tree
from safetensors.numpy import save

from nn2gltf.errors import Nn2gltfError, WriteError
from nn2gltf.ir.recording import Recording
from nn2gltf.record import read_recording, write_recording
from nn2gltf.record.manifest import Manifest
from nn2gltf.record.store import RecordingWriter, RunHeader

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX only: needs fork")

MADE = record(chain((1, 4, 4), (2, 4, 4), (3,)), steps=3)
OTHER = record(chain((1, 4, 4), (2, 4, 4), (3,)), steps=2, seed=5)
CALLS = ("write", "replace", "fsync", "mkdir", "unlink", "rmdir")


def activations(recording: Recording, index: int) -> dict[str, np.ndarray]:
    return {layer_id: recording.activation(layer_id, index) for layer_id in sorted(recording.recorded)}


def write_run(recording: Recording, folder: Path, finished: Callable[[int], None]) -> None:
    """The real writer."""
    header = RunHeader(graph=recording.graph, probes=recording.probes, classes=recording.classes)
    with RecordingWriter(folder, header) as writer:
        for index, step in enumerate(recording.steps):
            writer.write_step(step, activations=activations(recording, index))
            finished(index + 1)


def write_naively(recording: Recording, folder: Path, finished: Callable[[int], None]) -> None:
    """The control: files written in place, the manifest first."""

    def put(name: str, content: bytes) -> None:
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.write(descriptor, content)
        os.close(descriptor)

    (folder / "steps").mkdir(parents=True, exist_ok=True)
    manifest = Manifest(
        graph="graph.json",
        probes="probes.safetensors",
        labels=tuple(p.label for p in recording.probes),
        names=tuple(p.name for p in recording.probes),
        thumbnails=tuple(False for _ in recording.probes),
        recorded=tuple(sorted(recording.recorded)),
    ).to_json()
    put("graph.json", json.dumps(recording.graph.to_json()).encode())
    put("probes.safetensors", save({}))
    for index, step in enumerate(recording.steps):
        manifest["steps"].append({**step.to_json(), "file": f"steps/{index:04d}.safetensors"})  # type: ignore[union-attr]
        put("manifest.json", json.dumps(manifest).encode())
        arrays = {f"activation/{name}": array for name, array in activations(recording, index).items()}
        put(f"steps/{index:04d}.safetensors", save(arrays))
        finished(index + 1)


def run_and_kill(write: Callable[..., None], recording: Recording, folder: Path, at: int) -> tuple[int, bool]:
    """Write in a child that is killed at its ``at``-th call; a write is killed half-way.

    Returns:
        How many steps the writer had called finished, and whether it was killed.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            arm(at)
            real_write = os.write.__wrapped__  # type: ignore[attr-defined]
            write(recording, folder, lambda count: real_write(writer, bytes([count])))
            os._exit(0)
        except BaseException:  # nothing of the test run may go on in the child
            os._exit(1)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as told:
        counts = told.read()
    killed = os.WIFSIGNALED(status)
    assert killed or os.WEXITSTATUS(status) == 0
    return (counts[-1] if counts else 0), killed


def arm(at: int) -> None:
    seen = 0

    def wrap(name: str, real: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == at:
                if name == "write":
                    real(args[0], bytes(args[1])[: len(args[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        call.__wrapped__ = real  # type: ignore[attr-defined]
        return call

    for name in CALLS:
        setattr(os, name, wrap(name, getattr(os, name)))


def kill_everywhere(
    write: Callable[..., None], recording: Recording, make: Callable[[int], Path]
) -> list[str]:
    """Kill at the 1st, 2nd ... call until none is left; sentences on what was lost."""
    lost = []
    for at in range(1, 400):
        folder = make(at)
        finished, killed = run_and_kill(write, recording, folder, at)
        try:
            read = read_recording(folder)
            for layer_id in sorted(read.recorded):
                read.activation(layer_id, -1)
            if len(read.steps) < finished:
                lost.append(f"call {at}: {finished} steps finished, {len(read.steps)} readable")
        except Nn2gltfError as error:
            if finished:
                lost.append(f"call {at}: {finished} steps finished, but {error}")
        if not killed:
            assert at > 20, "the test killed too few times to mean anything"
            return lost
    raise AssertionError("the writer makes more calls than expected")


def test_a_killed_run_is_readable_up_to_its_last_step(tmp_path: Path) -> None:
    assert kill_everywhere(write_run, MADE, lambda at: tmp_path / str(at)) == []


def test_the_control_loses_steps(tmp_path: Path) -> None:
    def make(at: int) -> Path:
        (tmp_path / str(at)).mkdir()
        return tmp_path / str(at)

    many = record(chain((1, 4, 4), (2, 4, 4), (3,)), steps=12)
    lost = kill_everywhere(write_naively, many, make)
    assert len(lost) > 5
    assert any("damaged" in text or "not JSON" in text for text in lost)


def test_killed_while_replacing_the_old_or_the_new_run_is_whole(tmp_path: Path) -> None:
    seen = set()
    for at in range(1, 400):
        folder = tmp_path / str(at)
        write_recording(MADE, folder)
        finished, killed = run_and_kill(write_run, OTHER, folder, at)
        read = read_recording(folder)
        source = MADE if np.array_equal(read.activation("layer1", 0), MADE.activation("layer1", 0)) else OTHER
        seen.add(source is MADE)
        assert source is OTHER or not finished
        assert len(read.steps) == len(MADE.steps) if source is MADE else len(read.steps) >= max(1, finished)
        for index in range(len(read.steps)):
            np.testing.assert_array_equal(
                read.activation("layer1", index), source.activation("layer1", index)
            )
        if not killed:
            break
    assert seen == {True, False}


def test_the_next_run_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    clean = tmp_path / "clean"
    write_recording(OTHER, clean)
    left_behind = 0
    for at in range(1, 60, 3):
        folder = tmp_path / str(at)
        run_and_kill(write_run, MADE, folder, at)
        left_behind += any(".tmp" in name for name in tree(folder)) if folder.exists() else 0
        for _ in range(2):
            write_recording(OTHER, folder)
        names = {name.removeprefix("run-2/") for name in tree(folder)}
        assert names == set(tree(clean))
    assert left_behind > 3


def test_a_full_disk_keeps_the_steps_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    header = RunHeader(graph=MADE.graph, probes=MADE.probes)
    with RecordingWriter(tmp_path / "run", header) as writer:
        writer.write_step(MADE.steps[0], activations=activations(MADE, 0))

        def full(descriptor: int, data: Any) -> int:
            if len(data) > 100:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(descriptor, data)

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(WriteError, match="no space left"):
            writer.write_step(MADE.steps[1], activations=activations(MADE, 1))
        monkeypatch.setattr(os, "write", real)
        assert len(read_recording(tmp_path / "run").steps) == 1
        writer.write_step(MADE.steps[2], activations=activations(MADE, 2))
    read = read_recording(tmp_path / "run")
    np.testing.assert_array_equal(read.activation("layer1", 1), MADE.activation("layer1", 2))
    assert not [name for name in tree(tmp_path / "run") if ".tmp" in name]
