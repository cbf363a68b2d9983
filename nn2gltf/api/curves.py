"""The curves of a recording as a picture or a table."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from nn2gltf.errors import RecordingError, UsageError, safe
from nn2gltf.files import check_output, write_atomic
from nn2gltf.ir.recording import Recording

SUFFIXES = (".png", ".csv")
_HEADER = "epoch,quantity,name,value"


def plot_curves(
    recording: Recording, output: str | os.PathLike[str], *, style: str = "paper", force: bool = False
) -> Path:
    """Draw loss, accuracy and every recorded quantity over epochs, or write them as a table.

    Args:
        output: ``.png``, or ``.csv`` with a row for each epoch, quantity and layer or parameter.
        style: Whose ground and text the picture has.
        force: Replace a file that nn2gltf did not write.

    Raises:
        UsageError: Another suffix.
        RecordingError: There is no curve to draw.
        OutputError, WriteError: The file cannot be written.
    """
    target = check_curves_output(output, force=force)
    content = _table(recording) if target.suffix.lower() == ".csv" else _picture(recording, style)
    write_atomic(target, [content])
    return target


def check_curves_output(output: str | os.PathLike[str], *, force: bool = False) -> Path:
    """Make sure that curves can be written, before anything is read.

    Raises:
        UsageError: Another suffix than :data:`SUFFIXES`.
        OutputError: The file cannot be written, or is not ours.
    """
    if Path(output).suffix.lower() not in SUFFIXES:
        raise UsageError(f"curves are not written as {safe(Path(output).suffix)!r}", hint="Use .png or .csv.")
    return check_output(output, force=force, is_ours=_is_ours)


def _picture(recording: Recording, style: str) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    from nn2gltf.encode.chart import draw_charts
    from nn2gltf.encode.curves import metric_panels, quantity_panels
    from nn2gltf.encode.style import load_style

    look = load_style(style)
    panels = [*metric_panels(recording, look), *quantity_panels(recording, look)]
    if not panels:
        raise RecordingError("the recording has one step and no metric: there is no curve")
    last = recording.steps[-1]
    facts = [
        str(recording.meta.get("dataset") or ""),
        f"{last.epoch:g} epochs",
        f"{len(recording.steps)} steps",
    ]
    image = draw_charts(
        panels, look, title=safe(recording.graph.name, limit=40), subtitle=" · ".join(f for f in facts if f)
    )
    made = PngInfo()
    made.add_text("Software", "nn2gltf")
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True, pnginfo=made)
    return stream.getvalue()


def _table(recording: Recording) -> bytes:
    from nn2gltf.encode.curves import curve_rows

    stream = io.StringIO()
    stream.write(_HEADER + "\n")
    writer = csv.writer(stream, lineterminator="\n")
    for epoch, quantity, name, value in curve_rows(recording):
        writer.writerow([f"{epoch:g}", quantity, name, f"{value:.9g}"])
    return stream.getvalue().encode()


def _is_ours(path: Path) -> bool:
    head = path.read_bytes()[:4096]
    return head.startswith(_HEADER.encode()) or (head.startswith(b"\x89PNG") and b"Software\0nn2gltf" in head)
