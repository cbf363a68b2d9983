"""`nn2gltf view RUN`: a recording that is still being written appears step by step."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from graphs import chain, record

from nn2gltf.api.following import FollowedRun, run_command
from nn2gltf.api.viewing import view
from nn2gltf.errors import InputMissingError
from nn2gltf.gltf.read import parse_glb
from nn2gltf.html import ViewServer
from nn2gltf.ir.recording import Recording
from nn2gltf.record import RecordingWriter
from nn2gltf.record.store import RunHeader

META = {
    "model": "mlp",
    "dataset": "UCI digits",
    "training": {"epochs": 3, "batch_size": 32, "lr": 0.01, "seed": 7},
}


@pytest.fixture
def recording() -> Recording:
    return replace(record(chain((1, 6, 6), (12,), (10,)), steps=3), meta=META)


@contextmanager
def writing(recording: Recording, folder: Path) -> Iterator[tuple[RecordingWriter, list[int]]]:
    header = RunHeader(graph=recording.graph, probes=recording.probes, meta=recording.meta)
    with RecordingWriter(folder, header) as writer:
        yield writer, []


def write(writer: RecordingWriter, recording: Recording, step: int) -> None:
    arrays = {layer: recording.activation(layer, step) for layer in recording.recorded}
    writer.write_step(recording.steps[step], activations=arrays)


def steps_of(glb: bytes) -> int:
    extras = parse_glb(glb, where="served").json["scenes"][0]["extras"]["nn2gltf"]
    return len(extras["steps"])


def test_every_finished_step_appears(recording: Recording, tmp_path: Path) -> None:
    folder = tmp_path / "run.nn2gltf"
    with writing(recording, folder) as (writer, _):
        run = FollowedRun(folder)
        assert json.loads(run.status()) == {
            "version": 0,
            "steps": 0,
            "finished": False,
            "options": [],
            "command": "",
        }
        for step in range(3):
            write(writer, recording, step)
            state = json.loads(run.status())
            assert (state["steps"], state["finished"]) == (step + 1, False)
            assert steps_of(run.scene()) == step + 1
            assert run.scene() is run.scene(), "made once a step"
    assert json.loads(run.status())["finished"], "nobody holds the folder any more"


def test_the_command_to_run_it_again(recording: Recording, tmp_path: Path) -> None:
    line = (
        "nn2gltf train --model mlp --data digits --epochs 3 --batch-size 32 --lr 0.01 --seed 7 --record run"
    )
    assert run_command(recording, Path("run")) == line
    assert run_command(replace(recording, meta={}), Path("a run")) == "nn2gltf export 'a run'"


def test_the_server_answers_with_the_newest_scene(recording: Recording, tmp_path: Path) -> None:
    folder = tmp_path / "run.nn2gltf"
    with writing(recording, folder) as (writer, _):
        run = FollowedRun(folder)
        server = ViewServer(page=b"", scene=run.scene, name="run.glb", status=run.status)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base, _, query = server.url.partition("?")
        assert query == "src=run.glb&follow=run.json"
        with pytest.raises(urllib.error.HTTPError) as early:
            urllib.request.urlopen(base + "run.glb", timeout=10)
        assert early.value.code == 503, "no step yet: the page asks again"
        seen = []
        for step in range(3):
            write(writer, recording, step)
            with urllib.request.urlopen(base + "run.glb", timeout=20) as answer:
                seen.append(steps_of(answer.read()))
        assert seen == [1, 2, 3]
        server.shutdown()
        server.close()


def test_a_folder_that_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(InputMissingError, match="no recording"):
        view(tmp_path, open_browser=False)
