"""Choosing names by patterns: what ``layers=`` and ``--layers`` mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from nn2gltf.errors import UsageError, safe


def select_names(names: Iterable[str], patterns: Sequence[str]) -> frozenset[str]:
    """Names that patterns choose: ``*``, ``?`` and ``[...]`` as in a shell, ``!`` in front takes names away again.

    Patterns act in order. Without any, or when the first one takes away, all names are chosen at first.

    Raises:
        UsageError: A pattern fits no name, so it is probably mistyped.

    >>> sorted(select_names(["conv1", "conv2", "fc"], ["conv*", "!conv2"]))
    ['conv1']
    """
    known = list(names)
    chosen = set(known) if not patterns or patterns[0].startswith("!") else set()
    for pattern in patterns:
        fitting = {name for name in known if fnmatchcase(name, pattern.removeprefix("!"))}
        if not fitting:
            shown = ", ".join(safe(name, limit=40) for name in known[:12])
            more = " …" if len(known) > 12 else ""
            raise UsageError(f"no layer fits {safe(pattern)!r}", hint=f"Layers: {shown}{more}.")
        chosen = chosen - fitting if pattern.startswith("!") else chosen | fitting
    return frozenset(chosen)
