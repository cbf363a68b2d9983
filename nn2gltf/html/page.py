"""The viewer page: where it is, and how a scene gets into it."""

from __future__ import annotations

import base64
import html
import mmap
import re
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from nn2gltf.errors import DependencyError, safe

SLOT_ID = "nn2gltf-scene"
"""The built page holds one empty ``<script type="application/octet-stream;base64" id="nn2gltf-scene">``.

A script of that type is a data block: no browser runs it, so the page's content-security policy does not concern it.
"""

_SLOT = re.compile(rf'(<script\b[^>]*\bid=["\']?{SLOT_ID}["\']?[^>]*>)\s*(</script>)', re.IGNORECASE)
_MARK = re.compile(rb'<script\b[^>]*\bid=["\']?nn2gltf-scene\b', re.IGNORECASE)
_BUILD_HINT = "Reinstall nn2gltf, or in a source tree build it: (cd viewer && npm ci && npm run build)"


def read_viewer() -> str:
    """The built viewer page: the installed package's, else the source tree's.

    Raises:
        DependencyError: It was not built (``NN2GLTF_SKIP_VIEWER`` does that).
    """
    installed = installed_viewer()
    if installed.is_file():
        return installed.read_text("utf-8")
    built = source_tree_viewer()
    if built.is_file():
        return built.read_text("utf-8")
    raise DependencyError("the viewer page is not built", hint=_BUILD_HINT)


def installed_viewer() -> Traversable:
    """Where an installed package has its built page."""
    return resources.files("nn2gltf").joinpath("_viewer", "index.html")


def source_tree_viewer() -> Path:
    """Where an editable installation has its built page."""
    return Path(__file__).resolve().parents[2] / "viewer" / "dist" / "index.html"


def write_html(viewer_html: str, glb: bytes, *, name: str | None = None) -> bytes:
    """One self-contained page: the viewer with the scene inside, which opens from ``file://``.

    Args:
        viewer_html: The built page with its empty slot.
        glb: The scene's bytes.
        name: What the page calls the scene, its file's name.

    Raises:
        DependencyError: The page has no slot, or more than one: it is not a viewer of this version.

    >>> page = '<script type="application/octet-stream;base64" id="nn2gltf-scene"></script>'
    >>> write_html(page, b"glTF")
    b'<script type="application/octet-stream;base64" id="nn2gltf-scene">Z2xURg==</script>'
    """
    slots = list(_SLOT.finditer(viewer_html))
    if len(slots) != 1:
        raise DependencyError(
            f"the viewer page has {len(slots)} empty slots for a scene, not one", hint=_BUILD_HINT
        )
    before, after = viewer_html[: slots[0].end(1)], viewer_html[slots[0].start(2) :]
    if name:
        before = f'{before[:-1]} data-name="{html.escape(safe(name), quote=True)}">'
    return b"".join((before.encode("utf-8"), base64.b64encode(glb), after.encode("utf-8")))


def is_our_page(path: Path) -> bool:
    """Tell whether the page at ``path`` is one that :func:`write_html` made."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _MARK.search(content) is not None
    except (OSError, ValueError):
        return False
