"""Downloading a data set: torchvision does it, in a process of its own that can be stopped in time.

Files arrive in a temporary folder and are moved into place only when all four are there and verified.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nn2gltf.errors import InputDataError, LimitError, OutputError, safe
from nn2gltf.train.datasets import PARTS, IdxFamily

DOWNLOADER = [sys.executable, "-m", "nn2gltf.train.torch_download"]
"""Command of the process; it takes the data set's torchvision name and a folder."""

DEFAULT_TIMEOUT_S = 900.0
"""Longest download when a person asked for this data set, seconds."""


_PREFIX = ".nn2gltf-download-"


def download_idx(family: IdxFamily, root: Path, *, timeout_s: float | None = None) -> Path:
    """Download a data set into torchvision's layout below ``root``.

    NN2GLTF_DATA_MIRROR, an address that ends where the file names begin, replaces the usual servers; the
    check sums stay torchvision's.

    Args:
        timeout_s: Stop after so many seconds; :data:`DEFAULT_TIMEOUT_S` when None.

    Returns:
        The folder of the four files.

    Raises:
        OutputError: ``root`` cannot be written to.
        LimitError: It took too long.
        InputDataError: No server could be reached, or a check sum is wrong.
    """
    limit = DEFAULT_TIMEOUT_S if timeout_s is None else timeout_s
    folder = root / family.folder / "raw"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(root)
        arrived = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
    except OSError as error:
        raise OutputError(f"cannot write to it: {safe(error.strerror)}", where=str(root)) from error
    try:
        _run([*DOWNLOADER, family.folder, str(arrived)], limit)
        for part in PARTS:
            (arrived / family.folder / "raw" / part).replace(folder / part)
    except OSError as error:
        raise InputDataError(f"the download is incomplete: {safe(error)}", code="E_DATA_MISSING") from error
    finally:
        shutil.rmtree(arrived, ignore_errors=True)
        with contextlib.suppress(OSError):  # Left empty by a failure: nothing was there before.
            folder.rmdir()
            folder.parent.rmdir()
    return folder


def _run(command: list[str], limit: float) -> None:
    try:
        finished = subprocess.run(command, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired as error:
        raise LimitError(f"the download took longer than {limit:g} s", code="E_DATA_MISSING") from error
    if finished.returncode:
        lines = finished.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = safe(lines[-1]) if lines else f"the downloader ended with {finished.returncode}"
        raise InputDataError(reason, code="E_DATA_MISSING")


def _remove_leftovers(root: Path) -> None:
    """Folders of killed downloads: older than any download may take."""
    oldest = time.time() - 2 * DEFAULT_TIMEOUT_S
    for leftover in root.glob(f"{_PREFIX}*"):
        if leftover.stat().st_mtime < oldest:
            shutil.rmtree(leftover, ignore_errors=True)
