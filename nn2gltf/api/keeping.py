"""A training is not lost with the scene that could not be written: its recording is kept, and the error says where."""

from __future__ import annotations

import contextlib
import os
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from nn2gltf.errors import LimitError, Nn2gltfError, WriteError
from nn2gltf.ir.recording import Recording
from nn2gltf.record.store import write_recording

SUFFIX = ".nn2gltf"


@contextlib.contextmanager
def keeping(
    recording: Recording,
    record: str | os.PathLike[str] | None,
    *,
    beside: Sequence[str | os.PathLike[str]],
) -> Iterator[None]:
    """Keep a recording when what is done with it fails.

    Args:
        record: Folder that holds it already, or None.
        beside: Outputs; without ``record`` it goes beside the first of them, else into the folder for temporary files.

    Raises:
        Nn2gltfError: What was raised inside, its hint with the place of the recording and the command that goes on.
    """
    try:
        yield
    except (Nn2gltfError, MemoryError, OSError) as error:
        failed = _known(error)
        kept = Path(record) if record is not None else _keep(recording, beside)
        failed.hint = f"{failed.hint} {_sentence(kept)}".strip()
        if failed is error:
            raise
        raise failed from error


def _known(error: Nn2gltfError | MemoryError | OSError) -> Nn2gltfError:
    if isinstance(error, Nn2gltfError):
        return error
    if isinstance(error, OSError):
        return WriteError((error.strerror or str(error)).lower(), where=error.filename)
    return LimitError("out of memory while the scene was made", hint="Draw fewer steps, probes or layers.")


def _keep(recording: Recording, beside: Sequence[str | os.PathLike[str]]) -> Path | None:
    """The folder it was written to, None where no disk takes it."""
    places = [Path(path).with_suffix(SUFFIX) for path in beside[:1]]
    for place in (*places, Path(tempfile.gettempdir()) / f"nn2gltf-{os.getpid()}{SUFFIX}"):
        folder = next(p for n in range(1, 1000) if not (p := _numbered(place, n)).exists())
        try:
            write_recording(recording, folder)
        except (Nn2gltfError, MemoryError, OSError):
            _remove(folder)
        else:
            return folder
    return None


def _numbered(place: Path, number: int) -> Path:
    return place if number == 1 else place.with_stem(f"{place.stem}-{number}")


def _remove(folder: Path) -> None:
    """What a failed attempt left: files of ours alone are in it."""
    for path in sorted(folder.rglob("*"), reverse=True):
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()


def _sentence(kept: Path | None) -> str:
    if kept is None:
        return "The training could not be kept either: no disk has room for its recording."
    return f"The training is kept in {kept}. Then: nn2gltf export {shlex.quote(str(kept))}"
