"""Looking at a scene file or at a run that is still going: checking it, and showing it in a browser."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Callable
from pathlib import Path

from nn2gltf.api.following import FollowedRun
from nn2gltf.api.outputs import read_scene_bytes
from nn2gltf.files import check_input, check_readable
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
    """Show a scene or a recording in the browser until interrupted, from a server that only this machine reaches.

    A recording is followed: steps that are written while the page is open appear in it.

    Args:
        path: A .glb or .gltf file, or the folder of a recording.
        port: 0 takes a free one.
        open_browser: Open the page; else only ``ready`` learns the address.
        ready: Called with the address once the server listens.

    Raises:
        InputMissingError, InputDataError, LimitError: No scene or recording there.
        DependencyError: The viewer is not built.
        UsageError: The port is taken.
    """
    check_readable(path)
    if not Path(path).is_dir():
        check_input(path)
    page = read_viewer().encode("utf-8")
    if Path(path).is_dir():
        run = FollowedRun(path)
        opened = ViewServer(page=page, scene=run.scene, name=f"{run.name}.glb", port=port, status=run.status)
    else:
        opened = ViewServer(page=page, scene=read_scene_bytes(path), name=Path(path).name, port=port)
    with opened as server:
        if ready is not None:
            ready(server.url)
        if open_browser:
            webbrowser.open(server.url)
        server.serve_forever()
