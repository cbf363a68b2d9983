"""What a person sees: data on stdout, everything else on stderr, colour only where it is wanted."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from nn2gltf.errors import safe
from nn2gltf.ir.json import Json

if TYPE_CHECKING:
    from nn2gltf.api.outputs import WrittenFile
    from nn2gltf.api.preview import Preview
    from nn2gltf.api.torch_training import TrainedRun

_UNITS = ("bytes", "kB", "MB", "GB")


def paint(text: str, color: str, *, stream: TextIO) -> str:
    """Colour ``text`` when ``stream`` is a terminal and NO_COLOR is not set."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty():
        return text
    return click.style(text, fg=color)


def show_size(size: int) -> str:
    """Bytes as a person says them.

    >>> [show_size(n) for n in (999, 1_240_000)]
    ['999 bytes', '1.2 MB']
    """
    value, unit = float(size), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{size} bytes" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def note(text: str) -> None:
    """A line on stderr."""
    click.echo(safe_lines(text), err=True)


def put(text: str) -> None:
    """A line of data on stdout."""
    click.echo(safe_lines(text))


def put_json(value: Json) -> None:
    """One JSON object on stdout; names from files are escaped, so that no terminal obeys them."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False))


def show_file(written: WrittenFile, *, json: bool) -> None:
    """A written scene: its path on stdout, its size and notes on stderr."""
    if json:
        put_json(written.to_json())
        return
    put(str(written.path))
    note(show_size(written.size))
    for line in _file_notes(written):
        note(f"note: {line}")


def show_preview(found: Preview, *, json: bool) -> None:
    """What a scene would draw."""
    if json:
        put_json(found.to_json())
        return
    put(f"layout {found.layout}: {found.drawn:,} of {found.layers:,} layers, {found.parameters:,} parameters")
    put(f"{found.cells:,} tiles, units and bars; {found.texels:,} values a step")
    put(f"about {show_size(found.bytes)} for one step")
    for line in found.notes:
        note(f"note: {line}")


def show_run(run: TrainedRun, *, json: bool, folder: Path | None = None) -> None:
    """A finished training: the paths on stdout, what was learnt on stderr."""
    if json:
        put_json({**run.to_json(), "recording": None if folder is None else str(folder)})
        return
    note(run.data)
    last = run.steps[-1].metrics
    note(
        f"test accuracy {last['test_accuracy']:.1%} after {run.steps[-1].epoch:g} epochs, {run.seconds:.0f} s"
    )
    for line in dict.fromkeys(line for written in run.files for line in _file_notes(written)):
        note(f"note: {line}")
    for written in run.files:
        put(str(written.path))
    if folder is not None:
        put(str(folder))


def _file_notes(written: WrittenFile) -> list[str]:
    lost = written.not_finite
    warning = [f"{lost} numbers were not finite and are drawn as such"] if lost else []
    from nn2gltf.ir.graph import USUAL_REPORT

    return [*warning, *(line for line in written.notes if not line.startswith(USUAL_REPORT))]


def next_command(line: str) -> None:
    """Say what to type next, as it works in this shell: by its path where the program is not on PATH."""
    if line.startswith("nn2gltf ") and (program := running_program()) is not None:
        line = program + line.removeprefix("nn2gltf")
    click.echo(f"{paint('Next:', 'green', stream=sys.stderr)} {safe(line, limit=1000)}", err=True)


def running_program() -> str | None:
    """How this program was started, None where plain ``nn2gltf`` does it, too, or another program runs us."""
    started = Path(sys.argv[0])
    if shutil.which("nn2gltf") is not None:
        return None
    if started.name == "__main__.py" and started.parent.name == "nn2gltf":
        return f"{shlex.quote(sys.executable)} -m nn2gltf"
    return shlex.quote(str(started)) if started.stem == "nn2gltf" and started.is_file() else None


def safe_lines(text: str) -> str:
    """Keep line breaks, make everything else harmless."""
    return "\n".join(safe(line, limit=10_000) for line in text.split("\n"))
