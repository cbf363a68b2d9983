"""The parent's side: starts a child for each job, waits within limits, and turns crashes into errors of one line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nn2gltf import errors
from nn2gltf.bounded.child import OUT_OF_MEMORY, out_of_memory
from nn2gltf.bounded.frames import Block, decode_message, encode_message, read_all
from nn2gltf.bounded.limits import Limits
from nn2gltf.errors import InternalError, LimitError, Nn2gltfError, safe
from nn2gltf.ir.json import Json

START = "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); from nn2gltf.bounded.child import main; main()"
KEPT_STDERR = 65_536
OWN_VARIABLES = ("NN2GLTF_", "XDG_CACHE_HOME", "HOME")
"""A warm server was started with others."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a job gave: JSON and blocks of bytes."""

    result: Any
    blocks: Sequence[memoryview] = ()


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a child ended.

    Attributes:
        data: What it wrote.
        code: Exit code, negative for a signal; None when it was killed for taking too long.
        errors: The end of what it wrote on stderr.
    """

    data: bytes
    code: int | None
    errors: str = ""


class Runner(Protocol):
    """Starts a child, hands it a request and waits."""

    def __call__(self, request: Sequence[Block], limits: Limits) -> Ended:
        """The child's answer as bytes."""


@dataclass
class _Chosen:
    runner: Runner | None = None


_CHOSEN = _Chosen()


@contextlib.contextmanager
def use_runner(runner: Runner) -> Iterator[None]:
    """Run jobs some other way for a while: through a warm server (:mod:`nn2gltf.bounded.server`)."""
    before, _CHOSEN.runner = _CHOSEN.runner, runner
    try:
        yield
    finally:
        _CHOSEN.runner = before


def run_bounded(
    job: str,
    arguments: Mapping[str, Json],
    blocks: Sequence[Block] = (),
    *,
    limits: Limits | None = None,
    where: str | None = None,
) -> Answer:
    """Run ``job(arguments, blocks)`` in a child process.

    Args:
        job: ``module:function``; it gives a JSON value and blocks of bytes.
        where: The file it works on, for messages.

    Raises:
        Nn2gltfError: What the job raised.
        LimitError: It took too long or too much memory.
        InternalError: It crashed.
    """
    limits = limits or Limits()
    head: dict[str, Json] = {
        "job": job,
        "arguments": dict(arguments),
        "limits": limits.to_json(),
        "cwd": str(Path.cwd()),
        "environment": {name: text for name, text in os.environ.items() if name.startswith(OWN_VARIABLES)},
    }
    ended = (_CHOSEN.runner or spawn)(encode_message(head, blocks), limits)
    if ended.code != 0:
        raise _crash(ended, limits, where)
    try:
        answer, given = decode_message(ended.data)
        if "error" in answer:
            raise _raised(answer["error"])
        return Answer(result=answer["result"], blocks=given)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InternalError("a worker process gave an answer of no sense", where=where) from error


def spawn(request: Sequence[Block], limits: Limits) -> Ended:
    """Start a fresh Python, and wait for it."""
    path = json.dumps([entry for entry in sys.path if entry])
    with subprocess.Popen(
        [sys.executable, "-P", "-c", START, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            return _wait(process, request, limits)
        finally:
            if process.poll() is None:
                process.kill()


def _wait(process: subprocess.Popen[bytes], request: Sequence[Block], limits: Limits) -> Ended:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    answer, complaints = _Reader(process.stdout.read1), _Reader(process.stderr.read1)  # type: ignore[attr-defined]
    with contextlib.suppress(BrokenPipeError, OSError):  # it died already; its exit code says why
        for piece in request:
            process.stdin.write(piece)
        process.stdin.close()
    answer.thread.join(limits.seconds)
    late = answer.thread.is_alive()
    if late or answer.failed:
        process.kill()
    code = process.wait()
    complaints.thread.join(1)
    text = complaints.data[-KEPT_STDERR:].decode("utf-8", "replace")
    return Ended(data=answer.data, code=None if late else code, errors=text)


class _Reader:
    """Reads a pipe to its end in a thread, so that none of the child's pipes is ever full."""

    def __init__(self, read: Any) -> None:
        self.data, self.failed = b"", False
        self._read = read
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.data = read_all(self._read)
        except ValueError:
            self.failed = True


def _crash(ended: Ended, limits: Limits, where: str | None) -> Nn2gltfError:
    too_long = ended.code is None or ended.code == -getattr(signal, "SIGXCPU", 0)
    if too_long:
        return LimitError(
            f"reading or running the model took more than {limits.seconds} s",
            where=where,
            hint="Raise with --max-seconds if you trust the file.",
        )
    if OUT_OF_MEMORY.search(ended.errors) or "MemoryError" in ended.errors:
        error = out_of_memory()
        return LimitError(error.message, where=where, hint=error.hint)
    code = ended.code or 0
    how = _signal_name(-code) if code < 0 else f"exit {code}"
    return InternalError(
        f"a worker process crashed ({how}) on the model; nothing else is harmed", where=where
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _raised(error: Mapping[str, Any]) -> Nn2gltfError:
    kind = getattr(errors, str(error["class"]), None)
    known = isinstance(kind, type) and issubclass(kind, Nn2gltfError)
    chosen: type[Nn2gltfError] = kind if known and kind is not None else InternalError
    code = error["code"] if error["code"] in errors.CODES else chosen.default_code
    where, hint = (None if error[key] is None else safe(error[key], limit=2000) for key in ("where", "hint"))
    return chosen(safe(error["message"], limit=2000), code=code, where=where, hint=hint)
