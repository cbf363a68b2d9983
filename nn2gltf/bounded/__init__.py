"""Work on strangers' files in a child process with limits, which answers JSON and raw bytes, never a pickle."""

from __future__ import annotations

from nn2gltf.bounded.limits import Limits
from nn2gltf.bounded.parent import Answer, Runner, run_bounded, use_runner

__all__ = ["Answer", "Limits", "Runner", "run_bounded", "use_runner"]
