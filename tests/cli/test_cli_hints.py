"""What a line of the command line suggests can be typed, and the source is looked at before the output."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from small_scenes import tiny_scene

from nn2gltf.cli import main
from nn2gltf.commands import terminal
from nn2gltf.commands.export import export
from nn2gltf.commands.shared import ANY_PATH
from nn2gltf.files import write_atomic
from nn2gltf.gltf import write_glb

NET = "from torch import nn\n\ndef make():\n    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NN2GLTF_DATA_DIR", str(tmp_path / "no-data"))
    Path("net.py").write_text(NET)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["export", "net.py:make", "--sample", "mnist"], 66, "or show the bundled digits: --sample digits"),
        (["export", "text.glb"], 65, "E_MODEL_FILE]: the file is of an unknown kind (text.glb)"),
        (["export", "text.pt"], 65, "E_MODEL_FILE]: the file is of an unknown kind (text.pt)"),
        (["export", "scene.glb"], 65, "Use nn2gltf inspect, view or html for scenes."),
        (["export", "none.pt"], 66, "E_INPUT_MISSING]: no such file or directory (none.pt). Check the path."),
        (["export", "empty.pt"], 65, "the model file is empty (empty.pt). Save or download it again"),
        (["export", "net.pt", "-o", "same.glb"], 2, "the output would replace the source (net.pt)"),
        (["export", "net.py:make", "--config", "text.pt"], 65, "is not TOML: Expected"),
        (
            ["export", "net.py:make", "--probe", "ten"],
            2,
            "'ten' is not a whole number. See: nn2gltf export --help",
        ),
        (["--versio"], 2, "No such option '--versio'; did you mean '--version'. See: nn2gltf --help"),
        (["validate", "cut.glb"], 65, "Export or download the file again"),
        (["validate", "text.glb"], 65, "Export or download the file again"),
    ],
)
def test_mistakes(arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("text.glb", "text.pt"):
        Path(name).write_text("just some text that is nothing else")
    Path("empty.pt").touch()
    write_atomic("scene.glb", write_glb(tiny_scene()))
    Path("cut.glb").write_bytes(Path("scene.glb").read_bytes()[:200])
    Path("net.pt").write_bytes(b"PK\x03\x04 an archive, as far as its first bytes tell")
    Path("same.glb").hardlink_to("net.pt")
    assert main(arguments) == code
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_a_file_of_options_uses_the_names_of_the_flags(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.toml").write_text('[export]\ninput = ["1x784"]\nmax-units = 64\ntitle = "By its flag"\n')
    assert main(["export", "net.py:make", "-o", "a.glb", "--config", "c.toml"]) == 0
    Path("c.toml").write_text('[export]\ninputs = ["1x784"]\n')
    assert main(["export", "net.py:make", "-o", "a.glb", "--config", "c.toml"]) == 2
    assert "unknown option 'inputs'" in capsys.readouterr().err.splitlines()[-1]


def test_no_path_is_opened_by_the_parser() -> None:
    assert ANY_PATH.readable is False
    paths = [p for p in export.params if type(p.type) is type(ANY_PATH)]
    assert len(paths) >= 4
    assert [p.name for p in paths if getattr(p.type, "readable", False)] == []


@pytest.mark.parametrize(
    ("started", "shown"),
    [
        ("bin/nn2gltf", "Next: bin/nn2gltf view a.glb"),
        ("nn2gltf/__main__.py", f"Next: {sys.executable} -m nn2gltf view a.glb"),
        ("bin/pytest", "Next: nn2gltf view a.glb"),
    ],
)
def test_the_next_command_works_where_the_program_is_not_on_path(
    started: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(started).parent.mkdir()
    Path(started).touch()
    monkeypatch.setattr(sys, "argv", [started])
    monkeypatch.setenv("PATH", "")
    terminal.next_command("nn2gltf view a.glb")
    assert capsys.readouterr().err == f"{shown}\n"
    monkeypatch.setattr(terminal.shutil, "which", lambda _: "/usr/bin/nn2gltf")
    terminal.next_command("nn2gltf view a.glb")
    assert capsys.readouterr().err == "Next: nn2gltf view a.glb\n"
