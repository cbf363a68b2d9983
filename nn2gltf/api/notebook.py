"""A recording in a notebook: a line of text, and the scene in a frame."""

from __future__ import annotations

import html
import tempfile
from pathlib import Path

from nn2gltf.api.scenes import export_recording
from nn2gltf.errors import Nn2gltfError, safe
from nn2gltf.ir.recording import Recording

MAX_FRAME_BYTES = 10_000_000
"""A larger page is not put into the notebook, whose file would grow by it at every run of the cell."""
HEIGHT_PX = 480


def show_recording(recording: Recording | None) -> dict[str, str]:
    """Representations by MIME type: always ``text/plain``, and ``text/html`` with the viewer where that is possible.

    Args:
        recording: None before the first step.
    """
    if recording is None:
        return {"text/plain": "Recorder: nothing is recorded yet."}
    last = recording.steps[-1]
    metrics = "  ".join(f"{safe(name, limit=40)} {value:.4g}" for name, value in last.metrics.items())
    steps = f"{len(recording.steps)} step{'s' if len(recording.steps) > 1 else ''}"
    text = f"{safe(recording.graph.name)}: {steps}, epoch {last.epoch:g}  {metrics}".rstrip()
    try:
        page = _page(recording)
    except Nn2gltfError as error:  # no built viewer, or a scene too large to draw
        return {"text/plain": f"{text}\n{error}"}
    if len(page) > MAX_FRAME_BYTES:
        size = f"{len(page) / 1e6:.0f} MB"
        hint = f"The scene is too large for a notebook ({size}): recorder.export('run.html') and open that."
        return {"text/plain": f"{text}\n{hint}", "text/html": f"<p>{html.escape(text)}<br>{hint}</p>"}
    frame = (
        f'<iframe srcdoc="{html.escape(page)}" width="100%" height="{HEIGHT_PX}" '
        f'style="border:0" title="{html.escape(text)}" sandbox="allow-scripts"></iframe>'
    )
    return {"text/plain": text, "text/html": frame}


def _page(recording: Recording) -> str:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "scene.html"
        export_recording(recording, output)
        return output.read_text("utf-8")
