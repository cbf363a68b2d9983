"""The child process: sets its limits, runs one job, answers, ends."""

from __future__ import annotations

import importlib
import os
import re
import sys

from nn2gltf.bounded.frames import Block, decode_message, encode_message, read_all
from nn2gltf.bounded.limits import Limits, apply_limits
from nn2gltf.errors import InputDataError, InternalError, LimitError, Nn2gltfError, safe
from nn2gltf.ir.json import JsonObject

OUT_OF_MEMORY = re.compile(r"bad_alloc|allocate memory|out of memory|Failed to allocate", re.IGNORECASE)
"""How native code says that the limit on memory was reached."""


def main() -> None:
    """Read a request from stdin, write the answer to what was stdout; prints of libraries go nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    sys.stdout = open(silence, "w", closefd=False)  # noqa: SIM115  # for the rest of this process
    for piece in answer(read_all(sys.stdin.buffer.read)):
        answers.write(piece)
    answers.close()
    sys.stderr.flush()
    os._exit(0)  # native libraries may crash while they end


def answer(request: bytes) -> list[Block]:
    """Do what a request asks for, within its limits."""
    head, blocks = decode_message(request)
    apply_limits(Limits.from_json(head["limits"]))
    try:
        os.chdir(str(head["cwd"]))
        os.environ.update(head["environment"])
        module, _, name = str(head["job"]).partition(":")
        job = getattr(importlib.import_module(module), name)
        result, given = job(head["arguments"], blocks)
        return encode_message({"result": result}, given)
    except BaseException as error:  # whatever it is, the parent is told
        return encode_message({"error": error_to_json(_known(error))})


def _known(error: BaseException) -> Nn2gltfError:
    if isinstance(error, Nn2gltfError):
        return error
    if isinstance(error, MemoryError) or OUT_OF_MEMORY.search(str(error)):
        return out_of_memory()
    if isinstance(error, RecursionError):
        return InputDataError("it nests too deep", code="E_MODEL_FILE")
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame else None  # noqa: PTH119
    return InternalError(f"{type(error).__name__}: {safe(error)}", where=place)


def out_of_memory() -> LimitError:
    """The error for a job that needs more memory than it may have."""
    hint = "Raise with --max-memory GB if you trust the file."
    return LimitError("reading or running the model needs more memory than it may have", hint=hint)


def error_to_json(error: Nn2gltfError) -> JsonObject:
    """An error of ours as JSON."""
    return {
        "class": type(error).__name__,
        "message": error.message,
        "code": error.code,
        "where": error.where,
        "hint": error.hint,
    }
