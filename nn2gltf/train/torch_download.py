"""The downloading process: ``python -m nn2gltf.train.torch_download MNIST FOLDER``.

Its last line on stderr is the reason when it fails.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence
from urllib.error import URLError

from nn2gltf.torch_vision import require_torchvision

SILENCE_TIMEOUT_S = 20.0
"""A server that says nothing for so long counts as dead, seconds."""


def main(arguments: Sequence[str]) -> int:
    """Download one data set; return the exit status."""
    name, folder = arguments
    socket.setdefaulttimeout(SILENCE_TIMEOUT_S)
    dataset = getattr(require_torchvision().datasets, name)
    mirror = os.environ.get("NN2GLTF_DATA_MIRROR")
    if mirror:
        dataset.mirrors = [mirror.rstrip("/") + "/"]
    try:
        dataset(folder, train=True, download=True)
    except (RuntimeError, URLError, OSError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        # torchvision lists every server; which file, and what the last one said, is enough.
        sys.stderr.write("\n" + (lines[0] if len(lines) == 1 else f"{lines[0]} {lines[-1]}") + "\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
