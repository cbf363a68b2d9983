"""Looking at a scene file: checking it, and showing it in a browser."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Callable
from pathlib import Path

from nn2gltf.api.outputs import read_scene_bytes
from nn2gltf.gltf import Report, check_glb
from nn2gltf.html import ViewServer, read_viewer


def validate(path: str | os.PathLike[str], *, khronos: bool = True) -> Report:
    """Check a scene file against the rules of glTF and our own.

    Args:
        khronos: Also run Khronos' validator when Node and its npm package are installed.

    Raises:
        InputMissingError, InputDataError, LimitError: It is no glTF file at all, or too large.
    """
    return check_glb(path, khronos=khronos)


def view(
    path: str | os.PathLike[str],
    *,
    port: int = 0,
    open_browser: bool = True,
    ready: Callable[[str], object] | None = None,
) -> None:
    """Show a scene in the browser until interrupted, from a server that only this machine reaches.

    Args:
        port: 0 takes a free one.
        open_browser: Open the page; else only ``ready`` learns the address.
        ready: Called with the address once the server listens.

    Raises:
        InputMissingError, InputDataError, LimitError: No scene there.
        DependencyError: The viewer is not built.
        UsageError: The port is taken.
    """
    scene = read_scene_bytes(path)
    page = read_viewer().encode("utf-8")
    with ViewServer(page=page, scene=scene, name=Path(path).name, port=port) as server:
        if ready is not None:
            ready(server.url)
        if open_browser:
            webbrowser.open(server.url)
        server.serve_forever()
