"""Where in the user's code a call was made."""

from __future__ import annotations

import sys
from types import FrameType

HIDDEN = ("torch.", "nn2gltf.sources.")
OUTERMOST = "run_watched"
"""Function of :mod:`nn2gltf.sources.torch_run` that calls the model: nothing beyond it is the model's code."""


def find_user_line() -> str | None:
    """``net.py:12`` of the nearest caller outside torch, None if there is none inside the model."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # inspect.stack() reads every source file
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module == "torch" or str(module).startswith(HIDDEN):
            if frame.f_code.co_name == OUTERMOST:
                return None
            frame = frame.f_back
            continue
        file = frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
        return None if file.startswith("<") else f"{file}:{frame.f_lineno}"
    return None
