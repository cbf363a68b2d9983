"""Files that come out: what may be written where, and pages made from scene files. Nothing heavy is imported."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nn2gltf.errors import InputDataError, InputMissingError, LimitError, UsageError, safe
from nn2gltf.files import check_input, check_output, write_atomic
from nn2gltf.gltf.read import is_ours, parse_glb, read_file_bytes, read_glb
from nn2gltf.html import is_our_page, read_viewer, write_html
from nn2gltf.ir.json import JsonObject

SUFFIXES = (".glb", ".gltf", ".html")
"""What can be written; the suffix of the output decides."""


@dataclass(frozen=True, kw_only=True)
class WrittenFile:
    """A file that was written.

    Attributes:
        size: Bytes.
        not_finite: NaN and infinite numbers of the scene that became 0 or null.
        notes: Sentences on what was pooled, thinned, left out or not captured.
    """

    path: Path
    size: int
    not_finite: int = 0
    notes: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        """JSON form."""
        return {
            "path": str(self.path),
            "size": self.size,
            "notFinite": self.not_finite,
            "notes": list(self.notes),
        }


def check_scene_output(path: str | os.PathLike[str], *, force: bool) -> Path:
    """Make sure, before any work, that a scene can be written at ``path``.

    Raises:
        UsageError: The suffix is none of :data:`SUFFIXES`.
        OutputError: The file cannot be created there.
        DependencyError: A page is asked for and the viewer is not built.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        hint = f"Use one of {', '.join(SUFFIXES)}."
        raise UsageError(
            f"a scene cannot be written as {safe(suffix or target.name)!r}", where=str(path), hint=hint
        )
    check_output(target, force=force, is_ours=is_our_page if suffix == ".html" else is_ours)
    if suffix == ".html":
        read_viewer()
    return target


def holds_training(path: Path) -> bool:
    """Whether a scene of ours that plays several recorded steps is at ``path``."""
    try:
        extras = read_glb(path).extras or {}
    except (InputDataError, InputMissingError, LimitError, OSError):
        return False
    return len(extras.get("steps") or ()) > 1


def write_page(
    scene: str | os.PathLike[str], output: str | os.PathLike[str] | None = None, *, force: bool = False
) -> WrittenFile:
    """Put a scene file into one self-contained offline page.

    Args:
        scene: A .glb or self-contained .gltf file.
        output: The page; the scene's name with ``.html`` when None.
        force: Replace a page that nn2gltf did not write.

    Raises:
        InputMissingError, InputDataError: No scene there.
        OutputError: The page cannot be created.
        DependencyError: The viewer is not built.
    """
    check_input(scene)
    target = Path(output) if output is not None else Path(scene).with_suffix(".html")
    if target.suffix.lower() != ".html":
        hint = f"Name it {safe(target.with_suffix('.html').name)}."
        raise UsageError("a page needs a name that ends in .html", where=str(target), hint=hint)
    check_scene_output(target, force=force)
    size = write_atomic(target, [write_html(read_viewer(), read_scene_bytes(scene), name=Path(scene).name)])
    return WrittenFile(path=target, size=size)


def read_scene_bytes(path: str | os.PathLike[str]) -> bytes:
    """Bytes of a scene file whose header and JSON are sound.

    Raises:
        InputMissingError, InputDataError, LimitError: No scene there, or a damaged or too large one.
    """
    data = read_file_bytes(path)
    parse_glb(data, where=str(path))
    return data
