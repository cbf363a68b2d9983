"""The command line as a person meets it: help, errors of one line, exit codes, NO_COLOR, environment, TOML."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import click
import pytest
from small_scenes import tiny_scene

from nn2gltf import cli
from nn2gltf.cli import COMMANDS, main
from nn2gltf.commands import shared, terminal
from nn2gltf.files import write_atomic
from nn2gltf.gltf import write_glb
from nn2gltf.html import page

PAGE = '<!doctype html><script type="application/octet-stream;base64" id="nn2gltf-scene"></script>'
HEAVY = {"torch", "numpy", "PIL", "pygltflib", "onnx", "trimesh", "safetensors", "jsonschema", "torchvision"}


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.glb"
    write_atomic(path, write_glb(tiny_scene()))
    return path


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stand-in for the built page, so that these tests do not need Node."""
    built = tmp_path / "viewer.html"
    built.write_text(PAGE, "utf-8")
    monkeypatch.setattr(page, "source_tree_viewer", lambda: built)
    monkeypatch.setattr(page, "installed_viewer", lambda: tmp_path / "nowhere")


def one_line(text: str) -> str:
    lines = text.splitlines()
    assert len(lines) == 1, text
    return lines[0]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], [], ["-h"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = "import sys; from nn2gltf.cli import main; code = main(sys.argv[1:]); "
    script += "print(chr(10) + 'LOADED', ' '.join(sorted({name.partition('.')[0] for name in sys.modules}))); sys.exit(code)"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.rpartition("LOADED ")[2].split())
    assert "click" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_that_imports_no_torch(name: str) -> None:
    script = "import sys; from nn2gltf.cli import main; code = main([sys.argv[1], '--help']); "
    script += "assert 'torch' not in sys.modules and 'numpy' not in sys.modules; sys.exit(code)"
    done = subprocess.run(
        [sys.executable, "-c", script, name], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"nn2gltf {name}" in done.stdout


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert [name for name in COMMANDS if f"  {name} " not in out] == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["exprot"], 2, "error[E_UNKNOWN_NAME]: unknown command 'exprot'. Did you mean 'export'?"),
        (["--nope"], 2, "error[E_USAGE]: No such option '--nope'. See: nn2gltf --help"),
        (["html"], 2, "error[E_USAGE]: Missing argument 'SCENE.glb'. See: nn2gltf html --help"),
        (["view", "x.glb", "--port", "70000"], 2, "error[E_USAGE]: Invalid value for '--port'"),
        (["completion", "tcsh"], 2, "error[E_USAGE]: Invalid value for"),
        (["html", "none.glb"], 66, "error[E_INPUT_MISSING]: no such file or directory (none.glb)"),
        (["view", "none.glb"], 66, "error[E_INPUT_MISSING]"),
        (["validate", "none.glb"], 66, "error[E_INPUT_MISSING]"),
        (["validate", "."], 66, "error[E_INPUT_MISSING]: not a regular file"),
    ],
)
def test_failures_are_one_coded_line(
    arguments: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    viewer: None,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == code
    captured = capsys.readouterr()
    assert one_line(captured.err).startswith(f"nn2gltf: {message}")
    assert captured.out == ""


def test_names_from_files_cannot_talk_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evil\x1b[2J\nnn2gltf: all is well.glb"
    path.write_bytes(b"glTF")
    assert main(["validate", str(path)]) == 65
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert one_line(err).startswith("nn2gltf: error[E_GLB]")


def test_a_bug_is_one_line_and_a_traceback_only_with_debug(
    scene: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("nn2gltf.api.viewing.check_glb", explode)
    assert main(["validate", str(scene)]) == 70
    assert one_line(capsys.readouterr().err).startswith("nn2gltf: error[E_INTERNAL]: ZeroDivisionError: oops")
    assert main(["validate", str(scene), "--debug"]) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (MemoryError(), 75), (click.Abort(), 130)]
)
def test_interrupts_and_memory(
    error: BaseException,
    code: int,
    scene: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("nn2gltf.api.viewing.check_glb", explode)
    assert main(["validate", str(scene)]) == code
    one_line(capsys.readouterr().err.strip())


def test_validate(scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(scene)]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{scene}: 0 errors, 0 warnings\n"
    assert "checked by nn2gltf" in captured.err
    assert "Khronos" in captured.err
    assert f"Next: nn2gltf view {scene}" in captured.err
    bad = tmp_path / "bad.glb"
    write_atomic(bad, write_glb(tiny_scene(extras={**tiny_scene().extras, "schema": 2})))
    assert main(["validate", str(bad), "--json"]) == 65
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (found["valid"], found["problems"][0]["code"]) == (False, "EXTRAS_SCHEMA")
    assert one_line(captured.err).startswith("nn2gltf: error[E_VALIDATION]: the scene breaks 1 rules")


def test_html(scene: Path, viewer: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["html", str(scene)]) == 0
    target = scene.with_suffix(".html")
    assert capsys.readouterr().out == f"{target}\n"
    assert b'id="nn2gltf-scene" data-name="tiny.glb">Z2xURg' in target.read_bytes()
    assert main(["html", str(scene), "--json"]) == 0, "our own page is replaced"
    assert json.loads(capsys.readouterr().out)["path"] == str(target)


def test_html_never_replaces_a_foreign_page(
    scene: Path, viewer: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "mine.html"
    target.write_text("<p>mine</p>")
    assert main(["html", str(scene), "-o", str(target)]) == 73
    assert one_line(capsys.readouterr().err).startswith("nn2gltf: error[E_OUTPUT_EXISTS]")
    assert target.read_text() == "<p>mine</p>"
    assert main(["html", str(scene), "-o", str(target), "--force"]) == 0
    assert b"nn2gltf-scene" in target.read_bytes()


def test_html_refuses_other_suffixes_and_damaged_scenes(
    scene: Path, viewer: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["html", str(scene), "-o", str(tmp_path / "x.txt")]) == 2
    (tmp_path / "bad.glb").write_bytes(scene.read_bytes()[:200])
    assert main(["html", str(tmp_path / "bad.glb")]) == 65
    capsys.readouterr()
    assert not (tmp_path / "bad.html").exists()


def test_html_without_a_viewer_names_the_fix(
    scene: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(page, "source_tree_viewer", lambda: tmp_path / "none.html")
    monkeypatch.setattr(page, "installed_viewer", lambda: tmp_path / "nowhere")
    assert main(["html", str(scene)]) == 69
    assert "npm run build" in one_line(capsys.readouterr().err)


@pytest.mark.parametrize(
    ("number", "code", "last"),
    [
        (signal.SIGINT, 0, "Stopped."),
        (signal.SIGTERM, 143, "nn2gltf: error[E_INTERRUPTED]: stopped by SIGTERM."),
    ],
)
def test_view_serves_until_it_is_stopped(
    number: int, code: int, last: str, scene: Path, tmp_path: Path
) -> None:
    script = (
        "import sys; from pathlib import Path; from nn2gltf.html import page; from nn2gltf.cli import main;"
    )
    script += "built = Path(sys.argv[1]); page.source_tree_viewer = lambda: built;"
    script += "page.installed_viewer = lambda: built.parent / 'nowhere'; sys.exit(main(sys.argv[2:]))"
    built = tmp_path / "viewer.html"
    built.write_text(PAGE, "utf-8")
    server = subprocess.Popen(
        [sys.executable, "-c", script, str(built), "view", str(scene), "--no-browser", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        text = server.stdout.readline()
        while not text.rstrip().endswith("}"):
            text += server.stdout.readline()
        url = json.loads(text)["url"]
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.read().decode() == PAGE
        with urllib.request.urlopen(url.replace("?src=", ""), timeout=10) as answer:
            assert answer.read() == scene.read_bytes()
    finally:
        server.send_signal(number)
        _, err = server.communicate(timeout=30)
    assert (server.returncode, one_line(err)) == (code, last)


def test_inspect_a_scene(scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(scene)]) == 0
    captured = capsys.readouterr()
    assert "Tiny: 3 parameters, weights trained" in captured.out
    assert "clips: epochs" in captured.out
    assert main(["inspect", str(scene), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["counts"]["animatedNodes"]) == ("scene", 3)
    assert found["scene"] == tiny_scene().extras


def test_doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nn2gltf.commands.examine._try_import", _fine)
    assert main(["doctor", "--json"]) == 0
    found = {item["name"]: item for item in json.loads(capsys.readouterr().out)["findings"]}
    assert found["nn2gltf"]["state"] == "ok"
    assert {"torch", "torchvision", "viewer", "node", "chromium", "blender", "ffmpeg", "limits"} <= set(found)
    monkeypatch.setenv("PATH", "")
    assert main(["doctor"]) == 0
    assert "missing  blender" in capsys.readouterr().out


def _fine(name: str, version: str) -> object:
    from nn2gltf.commands.examine import Finding

    return Finding(name=name, state="ok", detail=version)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "_NN2GLTF_COMPLETE" in capsys.readouterr().out


def test_colour_only_on_a_terminal_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert terminal.paint("x", "red", stream=Terminal()) != "x"  # type: ignore[arg-type]
    assert terminal.paint("x", "red", stream=io.StringIO()) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.paint("x", "red", stream=Terminal()) == "x"  # type: ignore[arg-type]


@pytest.fixture
def colour_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command of our kinds of options, to test where values come from."""

    @click.command()
    @shared.option("--style", default="stage")
    @shared.option("--max-units", type=int, default=512)
    @click.option("--trust-model-code", is_flag=True)
    @shared.common_options(config=True)
    def export(style: str, max_units: int, trust_model_code: bool) -> None:
        click.echo(f"{style} {max_units} {trust_model_code}")

    monkeypatch.setattr(cli, "COMMANDS", {"export": ("stub:export", "")})
    monkeypatch.setattr(cli.importlib, "import_module", lambda _: type("Stub", (), {"export": export}))


def test_flags_beat_environment_beat_toml_beat_defaults(
    colour_command: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "c.toml"
    config.write_text('[export]\nstyle = "paper"\nmax-units = 7\n[train]\nepochs = 3\n')
    shown = []
    assert main(["export"]) == 0
    shown.append(capsys.readouterr().out)
    assert main(["export", "--config", str(config)]) == 0
    shown.append(capsys.readouterr().out)
    monkeypatch.setenv("NN2GLTF_STYLE", "clay")
    assert main(["export", "--config", str(config)]) == 0
    shown.append(capsys.readouterr().out)
    assert main(["export", "--config", str(config), "--style", "print"]) == 0
    shown.append(capsys.readouterr().out)
    assert shown == ["stage 512 False\n", "paper 7 False\n", "clay 7 False\n", "print 7 False\n"]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("[export]\nstile = 'x'\n", 2, "unknown option 'stile' in the configuration"),
        ("[export]\ntrust-model-code = true\n", 2, "unknown option 'trust-model-code'"),
        ("style = 'x'\n", 2, "'style' stands outside a command's table"),
        ("[export\n", 65, "the configuration is not TOML"),
        ("[export]\nmax-units = 'many'\n", 2, "Invalid value for '--max-units'"),
    ],
)
def test_wrong_configurations(
    text: str,
    code: int,
    message: str,
    colour_command: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = tmp_path / "c.toml"
    config.write_text(text)
    assert main(["export", "--config", str(config)]) == code
    assert message in one_line(capsys.readouterr().err)


def test_nothing_but_a_flag_trusts_model_code(
    colour_command: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NN2GLTF_TRUST_MODEL_CODE", "1")
    assert main(["export"]) == 0
    assert capsys.readouterr().out == "stage 512 False\n"
    assert main(["export", "--trust-model-code"]) == 0
    assert capsys.readouterr().out == "stage 512 True\n"


def test_a_reader_that_leaves_early_is_no_error(scene: Path) -> None:
    command = f"{sys.executable} -m nn2gltf inspect --json {scene} | head -c 10"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""


def test_a_terminal_without_unicode_gets_escapes(tmp_path: Path) -> None:
    layer = {**tiny_scene().extras["layers"][0], "title": "层 π"}  # type: ignore[index]
    path = tmp_path / "net.glb"
    write_atomic(path, write_glb(tiny_scene(extras={**tiny_scene().extras, "layers": [layer]})))
    done = subprocess.run(
        [sys.executable, "-m", "nn2gltf", "inspect", str(path)],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, "\\u5c42 \\u03c0" in done.stdout) == (0, True), done.stderr
