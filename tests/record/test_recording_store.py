"""The folder: round trips, replacement, locks, and damage that is named instead of crashing."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from graphs import LENET, chain, record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recordings import assert_same, recordings, tree
from safetensors.numpy import load_file, save_file

from nn2gltf.errors import (
    InputMissingError,
    LimitError,
    Nn2gltfError,
    OutputError,
    RecordingError,
    RefusedError,
    UsageError,
)
from nn2gltf.ir.recording import Recording, Step
from nn2gltf.record import is_recording, read_recording, write_recording
from nn2gltf.record.lock import LOCK_NAME
from nn2gltf.record.store import RecordingWriter, RunHeader

MADE = record(chain(*LENET))


def header_of(recording: Recording) -> RunHeader:
    return RunHeader(graph=recording.graph, probes=recording.probes, classes=recording.classes)


def write_one(writer: RecordingWriter, recording: Recording, index: int) -> None:
    activations = {layer_id: recording.activation(layer_id, index) for layer_id in recording.recorded}
    writer.write_step(recording.steps[index], activations=activations)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_recording(MADE, tmp_path / "run.nn2gltf")
    return tmp_path / "run.nn2gltf"


@given(recording=recordings())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, recording: Recording) -> None:
    folder = tmp_path_factory.mktemp("round") / "run.nn2gltf"
    write_recording(recording, folder)
    assert_same(recording, read_recording(folder))
    assert is_recording(folder)


def test_the_same_recording_gives_the_same_bytes(tmp_path: Path) -> None:
    write_recording(MADE, tmp_path / "a")
    write_recording(MADE, tmp_path / "b")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_the_documented_layout_is_readable_with_safetensors_alone(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert (manifest["format"], manifest["schema"]) == ("nn2gltf recording", 1)
    assert [step["file"] for step in manifest["steps"]] == [f"steps/000{k}.safetensors" for k in range(4)]
    arrays = load_file(folder / manifest["steps"][2]["file"])
    np.testing.assert_array_equal(arrays["activation/layer1"], MADE.activation("layer1", 2))
    np.testing.assert_array_equal(arrays["weight/layer1.weight"], MADE.weight("layer1.weight", 2))
    assert json.loads((folder / manifest["graph"]).read_text("utf-8")) == MADE.graph.to_json()
    document = (Path(__file__).parents[2] / "docs" / "recording-format.md").read_text("utf-8")
    for key in (*manifest, *manifest["probes"][0], *manifest["steps"][0]):
        assert f"`{key}`" in document, key


def test_reading_loads_no_array_before_it_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nn2gltf.record import reader

    asked: list[str] = []
    real = reader.read_array
    monkeypatch.setattr(reader, "read_array", lambda path, name: asked.append(name) or real(path, name))
    recording = read_recording(folder)
    assert asked == []
    recording.activation("layer2", -1)
    assert asked == ["activation/layer2"]


def test_a_run_is_readable_while_it_goes_on(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "run", header_of(MADE)) as writer:
        with pytest.raises(RecordingError, match="before its first step"):
            read_recording(tmp_path / "run")
        for index in range(3):
            write_one(writer, MADE, index)
            read = read_recording(tmp_path / "run")
            assert len(read.steps) == index + 1
            np.testing.assert_array_equal(read.activation("layer1", -1), MADE.activation("layer1", index))


def test_a_new_run_replaces_the_old_one_at_its_first_step(folder: Path) -> None:
    other = record(chain(*LENET), steps=2, seed=7)
    for _ in range(3):
        before = read_recording(folder)
        with RecordingWriter(folder, header_of(other)) as writer:
            assert_same(before, read_recording(folder))
            write_one(writer, other, 0)
            now = read_recording(folder)
            np.testing.assert_array_equal(now.activation("layer1", 0), other.activation("layer1", 0))
            assert len(now.steps) == 1
        files = [name for name in tree(folder) if name.endswith(".safetensors")]
        assert len(files) == 2, files


def test_files_of_others_are_left_alone(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "steps" / "mine.txt").write_text("mine")
    for _ in range(2):
        write_recording(MADE, folder)
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "steps" / "mine.txt").read_text() == "mine"


def test_a_folder_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "manifest.json").write_text('{"format": "something else"}')
    before = tree(theirs)
    with pytest.raises(OutputError) as caught:
        write_recording(MADE, theirs)
    assert caught.value.code == "E_OUTPUT_EXISTS"
    assert tree(theirs) == before
    (tmp_path / "empty").mkdir()
    write_recording(MADE, tmp_path / "empty")


@pytest.mark.parametrize("name", ["file", "missing/run", "link"])
def test_outputs_that_cannot_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(OutputError) as caught:
        RecordingWriter(tmp_path / name, header_of(MADE))
    assert caught.value.exit_code == 73
    assert tree(tmp_path / "target") == {}


def test_links_inside_a_folder_are_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "0000.safetensors").write_bytes(b"precious")
    for file in (folder / "steps").iterdir():
        file.unlink()
    (folder / "steps").rmdir()
    (folder / "steps").symlink_to(outside)
    with pytest.raises(RecordingError):
        read_recording(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(OutputError, match="symbolic link"):
        write_recording(MADE, folder)
    assert (outside / "0000.safetensors").read_bytes() == b"precious"


def test_two_writers_are_refused(tmp_path: Path) -> None:
    first = RecordingWriter(tmp_path / "run", header_of(MADE))
    with pytest.raises(OutputError, match="another run is writing there"):
        RecordingWriter(tmp_path / "run", header_of(MADE))
    first.close()
    first.close()
    RecordingWriter(tmp_path / "run", header_of(MADE)).close()


def test_a_writer_in_another_process_holds_the_folder_until_it_dies(folder: Path) -> None:
    script = (
        "import sys, pathlib; from nn2gltf.record.lock import FolderLock\n"
        "lock = FolderLock(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(OutputError, match="another run is writing there"):
            write_recording(MADE, folder)
        holder.kill()
    write_recording(MADE, folder)


def test_meta_that_is_no_json_is_refused_before_anything_is_replaced(folder: Path) -> None:
    before = tree(folder)
    with pytest.raises(UsageError, match="meta"):
        RecordingWriter(folder, replace(header_of(MADE), meta={"x": float("nan")}))
    assert_same(MADE, read_recording(folder))
    assert before.items() <= tree(folder).items()


def change_manifest(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def step_with(folder: Path, file: str) -> list[dict[str, object]]:
    return [{"epoch": 0, "file": file}]


def test_paths_out_of_the_folder_are_refused(folder: Path) -> None:
    names = [
        "../x.safetensors",
        "/etc/passwd",
        "steps/../../0000.safetensors",
        "steps/0000.safetensors\n",
        "C:x",
    ]
    for name in names:
        change_manifest(folder, steps=step_with(folder, name))
        with pytest.raises(RefusedError) as caught:
            read_recording(folder)
        assert (caught.value.code, caught.value.exit_code) == ("E_PATH", 77)
        assert "\n" not in str(caught.value)


DAMAGE = {
    "missing step": (lambda f: (f / "steps/0001.safetensors").unlink(), "cannot be read"),
    "cut step": (lambda f: os.truncate(f / "steps/0001.safetensors", 900), "damaged"),
    "missing graph": (lambda f: (f / "graph.json").unlink(), "cannot be read"),
    "graph of another form": (lambda f: (f / "graph.json").write_text("[1]"), "unknown form"),
    "cut manifest": (lambda f: os.truncate(f / "manifest.json", 99), "not JSON"),
    "deep manifest": (lambda f: (f / "manifest.json").write_text("[" * 10**5), "not JSON"),
    "other manifest": (lambda f: change_manifest(f, format="x"), "not a recording"),
    "later schema": (lambda f: change_manifest(f, schema=2), "schema 2, this version reads up to 1"),
    "no steps": (lambda f: change_manifest(f, steps=[]), "holds no step"),
    "steps of another form": (lambda f: change_manifest(f, steps=5), "unknown form"),
    "epoch of another form": (
        lambda f: change_manifest(f, steps=[{"epoch": "1", "file": "x"}]),
        "unknown form",
    ),
    "probe of another form": (lambda f: change_manifest(f, probes=[{"label": []}]), "unknown form"),
    "fewer probes": (lambda f: change_manifest(f, probes=[]), "float32 values for 0 probes"),
    "unknown layer": (lambda f: change_manifest(f, recorded=["nowhere"]), "nowhere"),
    "thumbnail": (
        lambda f: change_manifest(f, probes=[{"label": 0, "name": "", "thumbnail": True}] * 3),
        "thumbnail of probe 0",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named(folder: Path, damage: str) -> None:
    act, message = DAMAGE[damage]
    act(folder)
    with pytest.raises(RecordingError, match=message) as caught:
        read_recording(folder)
    assert caught.value.exit_code == 65
    assert "\n" not in str(caught.value)


def test_arrays_of_another_shape_or_type_are_named(folder: Path) -> None:
    path = folder / "steps" / "0001.safetensors"
    good = load_file(path)
    wrong = {
        "activation/layer1": (np.zeros((3, 9), np.float32), "changes its shape"),
        "activation/layer2": (np.zeros((3, 8, 6, 6), np.float64), "no float32 values"),
        "weight/layer1.weight": (np.zeros(3, np.int32), "element type I32"),
    }
    for name, (array, message) in wrong.items():
        save_file({**good, name: array}, path)
        with pytest.raises(RecordingError, match=message):
            read_recording(folder)


def test_a_huge_header_is_refused(folder: Path) -> None:
    (folder / "steps" / "0000.safetensors").write_bytes(struct.pack("<Q", 2**40) + b"{}")
    with pytest.raises(LimitError, match="header"):
        read_recording(folder)


def test_missing_folders_and_other_folders(tmp_path: Path) -> None:
    with pytest.raises(InputMissingError):
        read_recording(tmp_path / "none")
    with pytest.raises(RecordingError, match="not a recording"):
        read_recording(tmp_path)
    assert not is_recording(tmp_path)
    assert not is_recording(tmp_path / "none")


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_no_damage_crashes(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp(
        "damaged", numbered=True
    )  # a fresh one: the same draws see the same bytes
    write_recording(MADE, folder)
    files = sorted(name for name in tree(folder) if name != LOCK_NAME)
    path = folder / data.draw(st.sampled_from(files))
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    else:
        for _ in range(data.draw(st.integers(1, 8))):
            content[data.draw(st.integers(0, min(len(content), 3000) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        recording = read_recording(folder)
        for layer_id in recording.recorded:
            assert recording.activation(layer_id, -1).dtype == np.float32
    except Nn2gltfError as error:
        assert "\n" not in str(error)


def test_a_shared_parameter_answers_to_each_name(tmp_path: Path) -> None:
    first = MADE.graph.layers[1]
    tied = replace(first.parameters[0], name="twin.weight", shared_with="layer1.weight")
    layers = (
        MADE.graph.layers[0],
        replace(first, parameters=(*first.parameters, tied)),
        *MADE.graph.layers[2:],
    )
    recording = replace(MADE, graph=replace(MADE.graph, layers=layers))
    write_recording(recording, tmp_path / "run")
    read = read_recording(tmp_path / "run")
    np.testing.assert_array_equal(read.weight("twin.weight"), MADE.weight("layer1.weight"))
    assert read.weight("nobody") is None
    assert "weight/twin.weight" not in load_file(tmp_path / "run" / "steps" / "0000.safetensors")


def test_metrics_that_are_not_finite_come_back_as_nan(tmp_path: Path) -> None:
    step = Step(epoch=1, metrics={"a": float("inf"), "b": 0.5, "c": float("nan")})
    write_recording(replace(MADE, steps=(step,)), tmp_path / "run")
    metrics = read_recording(tmp_path / "run").steps[0].metrics
    assert metrics["b"] == 0.5
    assert np.isnan([metrics["a"], metrics["c"]]).all()
