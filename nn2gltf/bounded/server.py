"""A warm server: it has imported the heavy packages and forks a child for each job, in milliseconds.

For tests and for whoever reads thousands of files. POSIX only.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nn2gltf.bounded.child import answer
from nn2gltf.bounded.frames import Block, decode_message, read_all
from nn2gltf.bounded.limits import Limits
from nn2gltf.bounded.parent import Ended, Runner

START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from nn2gltf.bounded.server import main; main()"
)
_ENDED = struct.Struct("<?iQ")
"""Late, exit code, bytes on stderr."""


@contextlib.contextmanager
def warm_server(preload: Sequence[str] = ("onnx", "torch")) -> Iterator[Runner]:
    """A runner for :func:`nn2gltf.bounded.use_runner`; the server ends with the context."""
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder) / "jobs")
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", START, json.dumps([p for p in sys.path if p]), place, *preload],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdout.readline()  # it says when it is ready

            def run(request: Sequence[Block], limits: Limits) -> Ended:
                return _ask(place, request, limits)

            yield run
        finally:
            process.stdin.close()  # the server ends when its stdin does
            process.stdout.close()
            process.terminate()
            process.wait()


def _ask(place: str, request: Sequence[Block], limits: Limits) -> Ended:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(limits.seconds + 30)
        connection.connect(place)
        for piece in request:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        data = read_all(connection.recv)
    late, code, noise = _ENDED.unpack(data[: _ENDED.size])
    body = data[_ENDED.size :]
    return Ended(
        data=body[noise:], code=None if late else code, errors=body[:noise].decode("utf-8", "replace")
    )


def main() -> None:
    """Serve until stdin ends."""
    place, *preload = sys.argv[2:]
    for name in preload:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors are reaped by the system
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen(16)
        print("ready", flush=True)  # noqa: T201  # for the parent
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _supervise(connection)
            connection.close()


def _supervise(connection: socket.socket) -> None:
    """Fork the worker, wait for it within its limits, pass on what it wrote. Never returns."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        request = read_all(connection.recv)
        limits = Limits.from_json(decode_message(request)[0]["limits"])
        out, errors = os.pipe(), os.pipe()
        worker = os.fork()
        if worker == 0:
            connection.close()
            os.close(out[0])
            os.close(errors[0])
            _work(request, out[1], errors[1])
        os.close(out[1])
        os.close(errors[1])
        data, noise, late = _collect(out[0], errors[0], limits.seconds)
        if late:
            os.kill(worker, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
        connection.sendall(_ENDED.pack(late, code, len(noise)) + noise + data)
        status = 0
    finally:
        os._exit(status)


def _work(request: bytes, out: int, errors: int) -> None:
    """The worker itself. Never returns."""
    status = 1
    try:
        silence = os.open(os.devnull, os.O_RDWR)
        for target, source in ((0, silence), (1, silence), (2, errors)):
            os.dup2(source, target)
        with os.fdopen(out, "wb") as answers:
            for piece in answer(request):
                answers.write(piece)
        status = 0
    finally:
        os._exit(status)


def _collect(out: int, errors: int, seconds: float) -> tuple[bytes, bytes, bool]:
    """Everything from both pipes, and whether it took too long."""
    found: dict[int, list[bytes]] = {out: [], errors: []}
    waiting: list[Any] = [out, errors]
    end = time.monotonic() + seconds
    while waiting:
        ready, _, _ = select.select(waiting, [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return b"".join(found[out]), b"".join(found[errors]), True
        for pipe in ready:
            piece = os.read(pipe, 2**20)
            if piece:
                found[pipe].append(piece)
            else:
                waiting.remove(pipe)
    return b"".join(found[out]), b"".join(found[errors])[-65_536:], False
