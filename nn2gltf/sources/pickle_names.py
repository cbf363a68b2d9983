"""The classes and functions that a pickle names, read from its opcodes: nothing is imported, built or run."""

from __future__ import annotations

import pickletools
from typing import IO, Any

MOVED = {"__builtin__": "builtins", "copy_reg": "copyreg"}
"""Modules that protocol 2 writes by their old names."""

OPAQUE = "an unreadable name"
"""Stands for a name that the pickle computes."""


def read_pickle_names(stream: IO[bytes], *, pickles: int = 1) -> frozenset[str]:
    """Qualified names (``torch.nn.modules.linear.Linear``) in the next pickles of a stream.

    Args:
        stream: At the start of a pickle; left behind the last one read.
        pickles: How many follow each other; the old format of torch.save has four before its data.

    Raises:
        ValueError: It is no pickle, or is cut short.

    >>> import collections, io, pickle
    >>> sorted(read_pickle_names(io.BytesIO(pickle.dumps(collections.OrderedDict(), protocol=2))))
    ['collections.OrderedDict']
    """
    found: set[str] = set()
    for _ in range(pickles):
        found |= _names_of_one(stream)
    return frozenset(found)


def _names_of_one(stream: IO[bytes]) -> set[str]:
    found: set[str] = set()
    strings: list[str] = []
    memo: dict[int, str] = {}
    last: Any = None
    for opcode, argument, _ in pickletools.genops(stream):
        name = opcode.name
        if name in ("GLOBAL", "INST"):
            found.add(_qualified(*str(argument).split(" ", 1)))
        elif name == "STACK_GLOBAL":
            found.add(_qualified(*strings[-2:]) if len(strings) > 1 else OPAQUE)
        elif name.endswith(("EXT1", "EXT2", "EXT4")):
            found.add(OPAQUE)
        if "UNICODE" in name or "STRING" in name:
            last = str(argument)
            strings.append(last)
        elif name == "MEMOIZE":
            memo[len(memo)] = last or ""
        elif "PUT" in name:
            memo[int(str(argument))] = last or ""
        elif "GET" in name and memo.get(int(str(argument))):
            strings.append(memo[int(str(argument))])
        elif name not in ("PROTO", "FRAME"):
            last = None
        del strings[:-2]
    return found


def _qualified(module: str, name: str) -> str:
    return f"{MOVED.get(module, module)}.{name}"
