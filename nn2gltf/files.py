"""Files: every output is whole or absent, and an unusable path is found before any work.

A file is written under a temporary name in the folder it belongs to, flushed to disk and renamed. The
writer holds a lock on its temporary file, so that a later run can tell the left-over of a killed process
(no lock) from the file of one that is still at work.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from nn2gltf.errors import InputMissingError, OutputError, WriteError, safe

# Windows has none: it refuses to delete a file that is open, which serves as the lock there.
fcntl: Any = import_module("fcntl") if find_spec("fcntl") else None

TEMPORARY_PREFIX = ".nn2gltf-"
TEMPORARY_SUFFIX = ".tmp"
"""Names of unfinished files: ``.nn2gltf-<random>.tmp``."""

_UNREACHABLE = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.EISDIR,
    errno.ENAMETOOLONG,
}
_LOCK_ATTEMPTS = 8


def write_atomic(path: str | os.PathLike[str], chunks: Iterable[bytes | memoryview]) -> int:
    """Write a file so that ``path`` holds all of ``chunks`` or what it held before.

    Left-overs of killed writers in the same folder are removed first.

    Args:
        path: The file; its folder must exist. A symbolic link there is replaced, not followed.
        chunks: The content, consumed once, in order. An exception from it leaves ``path`` untouched.

    Returns:
        Number of bytes written.

    Raises:
        OutputError: Nothing can be created in the folder.
        WriteError: The disk is full, a size limit or an I/O error was hit; the old file is intact.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> write_atomic(Path(folder.name) / "a.txt", [b"one ", b"two"])
    7
    """
    target = Path(path)
    remove_leftovers(target.parent)
    temporary, descriptor = _create_temporary(target)
    try:
        total = _write_chunks(descriptor, chunks, target)
        with _as_write_error(target):
            _copy_permissions(target, descriptor)
            os.fsync(descriptor)
            # Renamed while still locked: otherwise another run could take the file for a left-over.
            if fcntl is None:
                os.close(descriptor)
                descriptor = -1
            temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    _sync_folder(target)
    return total


def check_output(
    path: str | os.PathLike[str],
    *,
    force: bool = False,
    is_ours: Callable[[Path], bool] | None = None,
) -> Path:
    """Make sure that a file can be written at ``path``, before any work is done for it.

    Args:
        path: The file to be written.
        force: Replace a file that nn2gltf did not write, or that is write-protected.
        is_ours: Tells whether an existing regular file was written by nn2gltf; nothing is, when None.

    Returns:
        The path.

    Raises:
        OutputError: The folder is missing or cannot be written to, or ``path`` is a folder, a symbolic
            link, not a regular file, or holds something that nn2gltf did not write.
    """
    target = Path(path)
    status = _status(target)
    if status is not None:
        _check_replaceable(target, status, force=force, is_ours=is_ours)
    _check_folder_writable(target)
    return target


def check_output_folder(
    path: str | os.PathLike[str],
    *,
    force: bool = False,
    is_ours: Callable[[Path], bool] | None = None,
) -> Path:
    """Make sure that a folder of nn2gltf's can be made at ``path``; an empty one may exist.

    Raises:
        OutputError: The parent is missing or cannot be written to, or ``path`` is a file, a symbolic
            link, or a folder with content that nn2gltf did not write.
    """
    target = Path(path)
    status = _status(target)
    if status is None:
        _check_folder_writable(target)
        return target
    if not stat.S_ISDIR(status.st_mode):
        raise OutputError(
            "the output folder exists and is not a folder", where=str(path), hint="Choose another name."
        )
    with _as_output_error(target):
        empty = next(target.iterdir(), None) is None
    if not (empty or force or (is_ours is not None and is_ours(target))):
        raise _exists(target)
    _check_folder_writable(target / "file")
    return target


def check_input(path: str | os.PathLike[str]) -> Path:
    """Return ``path`` as a Path when it is a readable regular file.

    Raises:
        InputMissingError: It does not exist, is not a regular file, or cannot be read.
    """
    source = Path(path)
    try:
        regular = stat.S_ISREG(source.stat().st_mode)
    except OSError as error:
        check_readable(source)
        raise InputMissingError(_reason(error), where=str(path), hint="Check the path.") from error
    if not regular:
        raise InputMissingError("not a regular file", where=str(path), hint="Give the path of a file.")
    check_readable(source)
    return source


def check_readable(path: str | os.PathLike[str]) -> None:
    """Make sure that what is at ``path``, a file or a folder, may be read; nothing there is no failure here.

    Raises:
        InputMissingError: It, or a folder on the way to it, may not be read.
    """
    what = "folder it is in"
    try:
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            what = "folder"
            os.scandir(path).close()
        elif stat.S_ISREG(mode):
            what = "file"
            os.close(os.open(path, os.O_RDONLY))
    except PermissionError as error:
        hint = f"Make the {what} readable."
        raise InputMissingError("permission denied", where=os.fspath(path), hint=hint) from error
    except (OSError, ValueError):
        return


def remove_leftovers(folder: Path) -> int:
    """Delete unfinished files of dead processes in ``folder``; return how many."""
    removed = 0
    with contextlib.suppress(OSError):
        for leftover in sorted(folder.glob(f"{TEMPORARY_PREFIX}*{TEMPORARY_SUFFIX}")):
            removed += _remove_if_unlocked(leftover)
    return removed


def _create_temporary(target: Path) -> tuple[Path, int]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    for _ in range(_LOCK_ATTEMPTS):
        temporary = target.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
        with _as_output_error(target):
            descriptor = os.open(temporary, flags, 0o666)
        if fcntl is None:
            return temporary, descriptor
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        except OSError:
            return (
                temporary,
                descriptor,
            )  # A file system without locks; then left-overs are not removed either.
        # Another run may have taken it for a left-over between its creation and the lock: then make another.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), temporary.stat()):
                return temporary, descriptor
        with contextlib.suppress(OSError):
            temporary.unlink()
        os.close(descriptor)
    raise WriteError("temporary files vanish as soon as they are made", where=str(target.parent))


def _remove_if_unlocked(leftover: Path) -> bool:
    try:
        descriptor = os.open(leftover, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return False
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(descriptor), leftover.stat()):
                return False
            leftover.unlink()
            return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    try:
        leftover.unlink()
    except OSError:
        return False
    return True


def _write_chunks(descriptor: int, chunks: Iterable[bytes | memoryview], target: Path) -> int:
    total = 0
    for chunk in chunks:
        view = memoryview(chunk).cast("B")
        with _as_write_error(target):
            while view:
                written = os.write(descriptor, view)
                view = view[written:]
                total += written
    return total


def _copy_permissions(target: Path, descriptor: int) -> None:
    status = _status(target)
    if status is not None and stat.S_ISREG(status.st_mode) and hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


def _sync_folder(target: Path) -> None:
    if os.name == "nt":
        return
    try:
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        # Some file systems cannot sync a folder; the file itself is on the disk by then.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EACCES):
            hint = "The file is whole, but its name may be lost in a power cut."
            raise WriteError(_reason(error), where=str(target), hint=hint) from error


def _check_replaceable(
    target: Path, status: os.stat_result, *, force: bool, is_ours: Callable[[Path], bool] | None
) -> None:
    where = str(target)
    if stat.S_ISLNK(status.st_mode):
        raise OutputError(
            "the output is a symbolic link", where=where, hint="Give the path that it points to."
        )
    if stat.S_ISDIR(status.st_mode):
        raise OutputError("the output is a folder", where=where, hint="Give the path of a file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise OutputError("the output is not a regular file", where=where, hint="Choose another name.")
    if force:
        return
    if not status.st_mode & 0o222:
        raise OutputError("the output is write-protected", where=where, hint="Add --force to replace it.")
    if is_ours is None or not is_ours(target):
        raise _exists(target)


def _exists(target: Path) -> OutputError:
    return OutputError(
        "the output exists and nn2gltf did not write it",
        code="E_OUTPUT_EXISTS",
        where=str(target),
        hint="Add --force to replace it, or choose another name.",
    )


def _check_folder_writable(target: Path) -> None:
    folder = target.parent
    if not folder.is_dir():
        raise OutputError(
            "the folder of the output does not exist",
            where=str(target),
            hint=f"Make it first: mkdir -p {safe(folder)}",
        )
    if len(os.fsencode(target.name)) > _name_limit(folder):
        raise OutputError("the output's name is too long", where=str(target), hint="Choose a shorter name.")
    temporary, descriptor = _create_temporary(target)
    os.close(descriptor)
    temporary.unlink(missing_ok=True)


def _name_limit(folder: Path) -> int:
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):
        return 255


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise OutputError(_reason(error), where=str(path), hint="Choose another name.") from error


@contextlib.contextmanager
def _as_output_error(target: Path) -> Iterator[None]:
    """A folder that cannot be written to is an output error; anything else went wrong while writing."""
    try:
        yield
    except OSError as error:
        if error.errno not in _UNREACHABLE:
            _raise_write_error(target, error)
        hint = "Choose a folder that exists and that you may write to."
        raise OutputError(_reason(error), where=str(target), hint=hint) from error


@contextlib.contextmanager
def _as_write_error(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _raise_write_error(target, error)


def _raise_write_error(target: Path, error: OSError) -> NoReturn:
    kept = "The old file is intact." if target.exists() else "Nothing was left behind there."
    kept += " Free space, or choose another disk."
    raise WriteError(_reason(error), where=str(target), hint=kept) from error


def _reason(error: OSError | ValueError) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text[:1].lower() + text[1:]
