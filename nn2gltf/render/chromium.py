"""A headless Chromium, driven over its debugging protocol through two pipes: no port, nothing to install."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from nn2gltf.errors import DependencyError, InternalError, LimitError, safe

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "microsoft-edge",
)
INSTALL_LINE = (
    "apt install chromium (Debian, Ubuntu), dnf install chromium (Fedora), brew install --cask chromium"
)
CALL_SECONDS = 120.0
_ARGUMENTS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-background-networking",
    "--disable-extensions",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--mute-audio",
    "--no-first-run",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    # Frames are asked for one by one: a page in the background must not be slowed down.
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
)
# Chromium reads commands from descriptor 3 and answers on descriptor 4.
_LAUNCH = 'exec "$@" 3<&0 4>&1 0</dev/null 1>/dev/null'


def find_chromium() -> str | None:
    """Path of the Chromium to use: ``NN2GLTF_CHROMIUM``, else the first known name on PATH, else None."""
    named = os.environ.get("NN2GLTF_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """A Chromium for as long as the ``with`` block, with one empty page and a profile of its own that is removed.

    Raises:
        DependencyError: There is none, or it does not start.
    """

    def __enter__(self) -> Self:
        """Start it."""
        program = find_chromium()
        if program is None or shutil.which(program) is None or os.name == "nt":
            raise DependencyError(
                "pictures are drawn by Chromium, which is not installed"
                if os.name != "nt"
                else "pictures cannot be drawn on Windows yet",
                hint=f"Install it: {INSTALL_LINE}; or name it in NN2GLTF_CHROMIUM.",
            )
        self._profile = tempfile.TemporaryDirectory(prefix="nn2gltf-chromium-", ignore_cleanup_errors=True)
        sandbox = () if os.geteuid() else ("--no-sandbox",)
        own = (f"--user-data-dir={self._profile.name}", "about:blank")
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _LAUNCH, "sh", program, *_ARGUMENTS, *sandbox, *own],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._count = 0
        self._buffer = bytearray()
        self._session: str | None = None
        try:
            self._attach()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it, or end it when it does not answer."""
        self._end()

    def call(self, method: str, seconds: float = CALL_SECONDS, **parameters: Any) -> dict[str, Any]:
        """Run one command of the protocol in the page.

        Raises:
            InternalError: Chromium refused it or went away.
            LimitError: It did not answer in time.
        """
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        self._send(message)
        until = time.monotonic() + seconds
        while True:
            answer = self._receive(until, method)
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise InternalError(f"Chromium refused {method}: {safe(answer['error'].get('message'))}")
                result: dict[str, Any] = answer.get("result", {})
                return result

    def evaluate(self, expression: str, seconds: float = CALL_SECONDS) -> Any:
        """Value of a JavaScript expression in the page; promises are waited for.

        Raises:
            InternalError: It threw.
        """
        answer = self.call(
            "Runtime.evaluate", seconds, expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            details: Mapping[str, Any] = answer["exceptionDetails"].get("exception", {})
            raise InternalError(
                f"the page failed: {safe(details.get('description', answer['exceptionDetails']['text']))}"
            )
        return answer["result"].get("value")

    def _attach(self) -> None:
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next((target for target in targets if target["type"] == "page"), None)
        target = page["targetId"] if page else self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._process.stdin is None:
            raise InternalError("Chromium was not started")
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\0")
            self._process.stdin.flush()
        except OSError as error:
            raise self._gone() from error

    def _receive(self, until: float, method: str) -> dict[str, Any]:
        stream = self._process.stdout
        if stream is None:
            raise InternalError("Chromium was not started")
        while (end := self._buffer.find(b"\0")) < 0:
            left = until - time.monotonic()
            ready, _, _ = select.select([stream], [], [], max(0.0, left))
            if not ready:
                raise LimitError(f"Chromium did not answer {method} in time")
            chunk = os.read(stream.fileno(), 1 << 20)
            if not chunk:
                raise self._gone()
            self._buffer += chunk
        message: dict[str, Any] = json.loads(self._buffer[:end])
        del self._buffer[: end + 1]
        return message

    def _gone(self) -> DependencyError:
        return DependencyError(
            "Chromium ended without an answer", hint=f"Does it start by itself? {find_chromium()} --headless"
        )

    def _end(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._profile.cleanup()
