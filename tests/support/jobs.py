"""Jobs for the tests of bounded processes; each runs in a child."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nn2gltf.errors import InputDataError

Given = Mapping[str, Any]
Blocks = Sequence[memoryview]
Answer = tuple[Any, list[bytes]]


def double(arguments: Given, blocks: Blocks) -> Answer:
    print("noise of a library")
    os.write(1, b"noise of native code")
    print("more noise", file=sys.stderr)
    return {"twice": 2 * arguments["number"], "pid": os.getpid(), "cwd": str(Path.cwd())}, [
        bytes(b)[::-1] for b in blocks
    ]


def complain(_: Given, __: Blocks) -> Answer:
    raise InputDataError("no such\x1b[31m thing", code="E_MODEL_FILE", where="x.onnx", hint="Look again.")


def stumble(_: Given, __: Blocks) -> Answer:
    raise ZeroDivisionError("oops")


def crash(arguments: Given, _: Blocks) -> Answer:
    os.kill(os.getpid(), getattr(signal, arguments["signal"]))
    time.sleep(30)
    return None, []


def sleep(arguments: Given, _: Blocks) -> Answer:
    time.sleep(arguments["seconds"])
    return "awake", []


def spin(_: Given, __: Blocks) -> Answer:
    while True:
        pass


def eat(arguments: Given, _: Blocks) -> Answer:
    food = bytearray(arguments["bytes"])
    return len(food), []


def lie(arguments: Given, _: Blocks) -> Answer:
    """Writes something else than an answer where the answer belongs, as a process that was taken over might."""
    for fd in range(3, 64):
        try:
            os.write(fd, arguments["text"].encode())
        except OSError:
            continue
    os._exit(0)


def limits(_: Given, __: Blocks) -> Answer:
    import resource

    names = ("RLIMIT_DATA", "RLIMIT_CPU", "RLIMIT_CORE")
    return {name: resource.getrlimit(getattr(resource, name))[0] for name in names}, []
