"""One writer per folder: a lock that ends with its process, whatever ends the process."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from nn2gltf.errors import OutputError, safe

LOCK_NAME = "writer.lock"
"""File in the folder that the writer holds locked."""

LOCK_TEXT = b"nn2gltf recording\nA run that writes here holds a lock on this file. It may be deleted when none does.\n"

_NO_LOCKS = {errno.ENOTSUP, errno.ENOLCK, errno.EINVAL}


class FolderLock:
    """Holds a folder for one writer.

    Args:
        folder: It must exist.

    Raises:
        OutputError: Another writer holds it, or the lock file cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
        try:
            self._descriptor = os.open(folder / LOCK_NAME, flags, 0o666)
        except OSError as error:
            raise OutputError(f"cannot write to it: {safe(error.strerror)}", where=str(folder)) from error
        try:
            _take(self._descriptor)
        except OSError as error:
            # A file system without locks: then nobody is refused.
            if error.errno not in _NO_LOCKS:
                self.release()
                hint = "Wait until it ends, or choose another folder."
                raise OutputError("another run is writing there", where=str(folder), hint=hint) from error
        if not os.fstat(self._descriptor).st_size:
            os.write(self._descriptor, LOCK_TEXT)

    def release(self) -> None:
        """Let others write; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_being_written(folder: Path) -> bool:
    """Whether a run holds the folder now; False where the file system has no locks."""
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return False
    try:
        _take(descriptor)
    except OSError as error:
        return error.errno not in _NO_LOCKS
    else:
        return False
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        # Beyond the text: Windows forbids reading a locked range.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
