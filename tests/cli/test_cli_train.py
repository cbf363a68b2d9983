"""train, demo and export on the command line: files, next steps, interrupts, and nothing half done."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from decode import Decoded

from nn2gltf.cli import main
from nn2gltf.commands.progress import TrainingProgress
from nn2gltf.gltf import check_glb, read_glb
from nn2gltf.html import page
from nn2gltf.ir.recording import Step
from nn2gltf.record import read_recording

QUICK = ["--data", "digits", "--model", "mlp", "--epochs", "1"]
PAGE = '<!doctype html><script type="application/octet-stream;base64" id="nn2gltf-scene"></script>'


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test works in an empty folder, and sees no data set but the bundled one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NN2GLTF_DATA_DIR", str(tmp_path / "no-data"))
    return tmp_path


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("viewer")
    (folder / "viewer.html").write_text(PAGE, "utf-8")
    monkeypatch.setattr(page, "source_tree_viewer", lambda: folder / "viewer.html")
    monkeypatch.setattr(page, "installed_viewer", lambda: folder / "nowhere")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_train_writes_what_is_asked_and_says_what_is_next(
    in_a_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *QUICK, "-o", "m.glb", "--record", "m.nn2gltf", "--save", "m.pt"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "m.glb\nm.pt\nm.nn2gltf\n"
    assert "The bundled handwritten digits" in captured.err
    assert "Next: nn2gltf view m.glb" in captured.err
    assert names(in_a_folder) == ["m.glb", "m.nn2gltf", "m.pt"]
    recording = read_recording("m.nn2gltf")
    assert [step.epoch for step in recording.steps] == [0, 1]
    found = read_glb("m.glb").extras
    assert found is not None
    assert found["model"]["weights"] == "trained"
    assert found["options"]["train"]["epochs"] == 1
    assert found["steps"][1]["metrics"]["test_accuracy"] == recording.steps[1].metrics["test_accuracy"]
    assert [str(problem) for problem in check_glb("m.glb").problems] == []


def test_train_validate_inspect_export_follow_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *QUICK, "--record", "run.nn2gltf", "--save", "m.pt", "-o", "a.glb"]) == 0
    assert main(["export", "run.nn2gltf", "-o", "b.glb"]) == 0
    a, b = Decoded(Path("a.glb").read_bytes()), Decoded(Path("b.glb").read_bytes())
    assert bytes(a.binary) == bytes(b.binary), "the kept recording gives the same scene"
    assert main(["export", "m.pt"]) == 0
    assert Path("m.glb").is_file()
    capsys.readouterr()
    for source, kind in (("a.glb", "scene"), ("run.nn2gltf", "recording"), ("m.pt", "model")):
        assert main(["inspect", source, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["kind"] == kind
        assert main(["inspect", source]) == 0
        assert "101,770 parameters" in capsys.readouterr().out.replace("101770", "101,770")
    assert main(["validate", "m.glb"]) == 0


def test_the_same_seed_gives_the_same_bytes() -> None:
    for name in ("a.glb", "b.glb"):
        assert main(["train", *QUICK, "--seed", "5", "-o", name]) == 0
    assert main(["train", *QUICK, "--seed", "6", "-o", "c.glb"]) == 0
    assert Path("a.glb").read_bytes() == Path("b.glb").read_bytes()
    assert Path("a.glb").read_bytes() != Path("c.glb").read_bytes()


def test_demo_names_its_files_after_the_model(
    viewer: None, in_a_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", *QUICK]) == 0
    captured = capsys.readouterr()
    assert captured.out == "out/mlp.glb\nout/mlp.html\nout/mlp.pt\n"
    assert names(in_a_folder / "out") == ["mlp.glb", "mlp.html", "mlp.pt"]
    assert "epoch" not in captured.err.partition("test accuracy")[0], "progress on a pipe"
    assert main(["demo", *QUICK, "--json"]) == 0, "our own files are replaced"
    found = json.loads(capsys.readouterr().out)
    assert [file["path"] for file in found["files"]] == ["out/mlp.glb", "out/mlp.html", "out/mlp.pt"]
    assert [step["epoch"] for step in found["steps"]] == [0, 1]


def test_train_without_an_output_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *QUICK]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Nothing was written" in captured.err


def protect(name: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text("mine")


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["train", "-o", "mine.glb"], 73, "E_OUTPUT_EXISTS"),
        (["train", "--save", "mine.pt"], 73, "E_OUTPUT_EXISTS"),
        (["train", "--record", "mine.nn2gltf"], 73, "E_OUTPUT"),
        (["train", "-o", "no/folder/x.glb"], 73, "E_OUTPUT"),
        (["train", "-o", "x.obj"], 2, "E_USAGE"),
        (["train", "-o", "x.glb", "--style", "nope"], 2, "E_UNKNOWN_NAME"),
        (["train", "-o", "x.glb", "--model", "nope", "--data-dir", "none"], 2, "E_UNKNOWN_NAME"),
        (["train", "-o", "x.glb", "--layout", "nope"], 2, "E_UNKNOWN_NAME"),
        (["train", "-o", "x.glb", "--probe", "99"], 2, "E_USAGE"),
        (["demo", "-o", "mine.glb"], 73, "E_OUTPUT"),
        (["demo", "-o", "no/folder"], 73, "E_OUTPUT"),
        (["demo", "-o", "taken"], 73, "E_OUTPUT_EXISTS"),
        (["demo", "--model", "lenett"], 2, "E_UNKNOWN_NAME"),
        (["train", "--model", "lenett"], 2, "E_UNKNOWN_NAME"),
        (["train", "--data", "mnits"], 2, "E_UNKNOWN_NAME"),
        (["train", "--epochs", "0"], 2, "E_USAGE"),
        (["train", "--lr", "-1"], 2, "E_USAGE"),
    ],
)
def test_what_cannot_work_is_found_before_training(
    arguments: list[str],
    code: int,
    error: str,
    viewer: None,
    in_a_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def trained(*_: object, **__: object) -> None:
        raise AssertionError("it trained")

    monkeypatch.setattr("nn2gltf.train.run.Run.train_epoch", trained)
    for name in ("mine.glb", "mine.pt", "mine.nn2gltf", "taken/lenet.html"):
        protect(name)
    before = {path: path.read_text() for path in in_a_folder.rglob("*") if path.is_file()}
    assert main([*arguments, *(["--data", "digits"] if "--data" not in arguments else [])]) == code
    err = capsys.readouterr().err
    assert err.startswith(f"nn2gltf: error[{error}]")
    assert len(err.splitlines()) == 1
    assert {path: path.read_text() for path in in_a_folder.rglob("*") if path.is_file()} == before


def test_force_replaces_foreign_files() -> None:
    protect("mine.glb")
    assert main(["train", *QUICK, "-o", "mine.glb", "--force"]) == 0
    assert Path("mine.glb").read_bytes()[:4] == b"glTF"


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["export", "none.pt"], 66, "E_INPUT_MISSING"),
        (["export", "damaged.pt"], 65, "E_MODEL_FILE"),
        (["export", "notes.txt", "-o", "x.glb"], 65, "E_MODEL_FILE"),
        (["export", "folder", "-o", "x.glb"], 66, "E_INPUT_MISSING"),
        (["export", "lenet", "-o", "x.glb"], 2, "E_MODEL_SPEC"),
        (["export", "damaged.pt", "--input", "1xtwo"], 65, "E_MODEL_FILE"),
        (["inspect", "none.glb"], 66, "E_INPUT_MISSING"),
        (["inspect", "folder"], 65, "E_RECORDING"),
        (["export", "damaged.pt", "-o", "x.txt"], 2, "E_USAGE"),
    ],
)
def test_bad_models_are_one_coded_line_and_leave_nothing(
    arguments: list[str], code: int, error: str, in_a_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("damaged.pt").write_bytes(b"PK\x03\x04damaged")
    Path("notes.txt").write_text("no model")
    Path("folder").mkdir()
    before = names(in_a_folder)
    assert main(arguments) == code
    err = capsys.readouterr().err
    assert err.startswith(f"nn2gltf: error[{error}]"), err
    assert len(err.splitlines()) == 1
    assert names(in_a_folder) == before


def test_an_interrupted_training_writes_what_it_finished(in_a_folder: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from nn2gltf.cli import main\n"
        "from nn2gltf.commands.progress import TrainingProgress\n"
        "def watch(self, step):\n"
        "    if step.epoch == 2: os.kill(os.getpid(), signal.SIGINT)\n"
        "TrainingProgress.epoch_done = watch\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    arguments = [*QUICK[:-1], "50", "-o", "m.glb", "--save", "m.pt", "--record", "m.nn2gltf"]
    done = subprocess.run(
        [sys.executable, "-c", script, "train", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert done.stderr.startswith("nn2gltf: error[E_INTERRUPTED]: interrupted")
    assert "m.glb, m.pt, m.nn2gltf" in done.stderr
    found = read_glb("m.glb").extras
    assert found is not None
    assert [step["epoch"] for step in found["steps"]] == [0, 1, 2]
    assert len(read_recording("m.nn2gltf").steps) == 3


def test_a_killed_training_keeps_its_recording(in_a_folder: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from nn2gltf.cli import main\n"
        "from nn2gltf.commands.progress import TrainingProgress\n"
        "def watch(self, step):\n"
        "    if step.epoch == 2: os.kill(os.getpid(), int(sys.argv[1]))\n"
        "TrainingProgress.epoch_done = watch\n"
        "sys.exit(main(sys.argv[2:]))\n"
    )
    for number, code in ((signal.SIGKILL, -9), (signal.SIGTERM, 143)):
        arguments = [*QUICK[:-1], "50", "-o", "m.glb", "--record", f"{number:d}.nn2gltf"]
        done = subprocess.run(
            [sys.executable, "-c", script, str(int(number)), "train", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert len(read_recording(f"{number:d}.nn2gltf").steps) == 3
        assert not Path("m.glb").exists()


class Terminal:
    """A stand-in for a terminal's stderr."""

    def __init__(self, *, terminal: bool) -> None:
        self.text = ""
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_progress_shows_loss_and_accuracy_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for terminal in (True, False):
        stream = Terminal(terminal=terminal)
        progress = TrainingProgress(3, stream=stream)  # type: ignore[arg-type]
        progress.batch_done(1, 10, 40)
        progress.batch_done(1, 11, 40)
        progress.epoch_done(Step(epoch=1, metrics={"test_loss": 0.25, "test_accuracy": 0.875}))
        if terminal:
            assert stream.text.count("\r") == 2
            assert "epoch 1/3" in stream.text
            assert "25 %" in stream.text
            assert stream.text.endswith("epoch 1/3  loss 0.2500  accuracy 87.5%\n")
        else:
            assert stream.text == ""


def test_styles_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["styles", "--json"]) == 0
    assert {"stage", "paper"} <= {style["name"] for style in json.loads(capsys.readouterr().out)["styles"]}
    assert main(["styles"]) == 0
    assert "stage" in capsys.readouterr().out
