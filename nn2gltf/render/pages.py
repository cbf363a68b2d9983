"""The viewer page in a browser: opened from a file with a scene inside, asked for pictures."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nn2gltf.errors import InputDataError, InternalError, safe
from nn2gltf.render.chromium import Browser

Camera = Literal["hero", "front", "side", "top"]


@dataclass(frozen=True, kw_only=True)
class Shot:
    """What a picture shows.

    Attributes:
        size: Width and height, pixels.
        camera: From where; ``hero`` as the page opens.
        transparent: No background.
        labels: With the names of the layers.
        theme: ``dark`` or ``light``; the file's own when None.
    """

    size: tuple[int, int] = (1920, 1080)
    camera: Camera = "hero"
    transparent: bool = False
    labels: bool = True
    theme: str | None = None


class ViewerPage:
    """A page that has opened a scene.

    Attributes:
        epochs: Recorded epochs, empty for a file without values.
        duration: Seconds of its main clip.
    """

    def __init__(self, browser: Browser) -> None:
        """Use :meth:`opened`."""
        self._browser = browser
        state: dict[str, Any] = browser.evaluate("nn2gltf.state()")
        self.epochs: list[float] = state["epochs"]
        self.duration: float = state["duration"]

    @classmethod
    @contextmanager
    def opened(cls, page: bytes, shot: Shot, *, where: str) -> Iterator[ViewerPage]:
        """Open a page with a scene inside (see :func:`nn2gltf.html.write_html`) at rest.

        Raises:
            InputDataError: The page says that it cannot show the scene.
            DependencyError: No Chromium.
        """
        with tempfile.TemporaryDirectory(prefix="nn2gltf-render-") as folder, Browser() as browser:
            file = Path(folder, "scene.html")
            file.write_bytes(page)
            browser.call(
                "Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}]
            )
            browser.call(
                "Emulation.setDeviceMetricsOverride",
                width=1280,
                height=800,
                deviceScaleFactor=1,
                mobile=False,
            )
            browser.call("Page.navigate", url=file.as_uri())
            _wait_until_shown(browser, where)
            if shot.theme is not None:
                browser.evaluate(f"nn2gltf.theme({json.dumps(shot.theme)})")
            browser.evaluate(f"nn2gltf.look({json.dumps(shot.camera)})")
            yield cls(browser)

    def seek(self, epoch: float) -> None:
        """Stop at an epoch."""
        self._browser.evaluate(f"nn2gltf.seek({json.dumps(epoch)})")

    def seek_time(self, seconds: float) -> None:
        """Stop at a time of the main clip."""
        self._browser.evaluate(f"nn2gltf.seekTime({json.dumps(seconds)})")

    def picture(self, shot: Shot) -> bytes:
        """What it shows, as PNG bytes."""
        options = {
            "width": shot.size[0],
            "height": shot.size[1],
            "transparent": shot.transparent,
            "labels": shot.labels,
        }
        url: str = self._browser.evaluate(f"nn2gltf.picture({json.dumps(options)})")
        return base64.b64decode(url.partition(",")[2])


def _wait_until_shown(browser: Browser, where: str) -> None:
    state = browser.evaluate(
        "new Promise((done) => { const look = () => { const page = globalThis.nn2gltf; const view = page?.state().view;"
        " if (view === 'ready') page.settled().then(() => done({view}));"
        " else if (view === 'error') done({view, text: document.querySelector('.failure p')?.textContent});"
        " else setTimeout(look, 20); }; look(); })"
    )
    if not isinstance(state, dict):
        raise InternalError("the viewer page did not answer")
    if state["view"] == "error":
        raise InputDataError(f"the viewer cannot show it: {safe(state.get('text'))}", where=where)
