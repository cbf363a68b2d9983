"""What a child process may use, and how the system is told."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from nn2gltf.ir.json import JsonObject


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one job (RELIABILITY: Trust).

    Attributes:
        memory_bytes: Of data; on systems other than Linux this may not be enforced.
        seconds: Of processor time, and of waiting.
    """

    memory_bytes: int = 4 * 2**30
    seconds: int = 120

    def to_json(self) -> JsonObject:
        """JSON form, inverse of :meth:`from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Limits:
        """Rebuild from :meth:`to_json`'s form."""
        return cls(memory_bytes=int(data["memory_bytes"]), seconds=int(data["seconds"]))


def apply_limits(limits: Limits) -> None:
    """Limit this process for the rest of its life, as far as the system can."""
    if importlib.util.find_spec("resource") is None:
        return
    import resource

    wanted = {
        "RLIMIT_DATA": (limits.memory_bytes, limits.memory_bytes),
        "RLIMIT_CPU": (limits.seconds, limits.seconds + 5),
        "RLIMIT_CORE": (0, 0),
    }
    for name, pair in wanted.items():
        with contextlib.suppress(ValueError, OSError, AttributeError):  # stricter already, or unknown here
            resource.setrlimit(getattr(resource, name), pair)
