"""One headless Chromium whose pages open scenes with three.js, Babylon.js or model-viewer and answer JSON."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from pathlib import Path
from typing import IO, Any, Self

JS = Path(__file__).resolve().parents[1] / "js"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
CALL_SECONDS = 120


class BrowserError(RuntimeError):
    """The page or the browser said no."""


def find_chromium() -> str | None:
    """Path of the Chromium to use: NN2GLTF_CHROMIUM, else the first known name on PATH."""
    named = os.environ.get("NN2GLTF_CHROMIUM")
    return named or next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def missing_tools() -> str | None:
    """What a browser test lacks on this machine, as a sentence, or None."""
    if shutil.which("node") is None:
        return "Node.js 20 is not installed"
    if not (JS / "node_modules" / "playwright-core").is_dir():
        return "tests/js is not installed (make node-tools)"
    if find_chromium() is None:
        return "Chromium is not installed, or NN2GLTF_CHROMIUM does not name it"
    return None


class Browser:
    """A Chromium for as long as the ``with`` block; pages are opened in tabs of their own."""

    def __enter__(self) -> Self:
        """Build the page programs and start Chromium."""
        if problem := missing_tools():
            raise BrowserError(problem)
        node = str(shutil.which("node"))
        subprocess.run([node, "build.mjs"], cwd=JS, check=True, timeout=120)
        self._process = subprocess.Popen(
            [node, str(JS / "browser.mjs"), str(find_chromium())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()
        self._count = 0
        return self

    def __exit__(self, *_: object) -> None:
        """Close the browser, or end it when it does not answer."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def open(self, page: str, *, width: int = 800, height: int = 400) -> Tab:
        """Open the page program tests/js/pages/<page>.page.js."""
        return Tab(self, self.ask("open", page=page, width=width, height=height))

    def ask(self, verb: str, **request: Any) -> Any:
        """Send one request and wait for its answer.

        Raises:
            BrowserError: The page threw, or nothing came within CALL_SECONDS.
        """
        if self._process.stdin is None:
            raise BrowserError("the browser was closed")
        self._count += 1
        self._process.stdin.write(json.dumps({"id": self._count, "verb": verb, **request}) + "\n")
        self._process.stdin.flush()
        try:
            answer = json.loads(self._answers.get(timeout=CALL_SECONDS))
        except queue.Empty:
            raise BrowserError(f"no answer to {verb} within {CALL_SECONDS} s") from None
        if "error" in answer:
            raise BrowserError(answer["error"])
        return answer["value"]

    def _listen(self, stream: IO[str]) -> None:
        for line in stream:
            self._answers.put(line)
        self._answers.put(json.dumps({"error": "the browser ended"}))


class Tab:
    """One page program; ``call`` runs a method of its ``window.consumer``."""

    def __init__(self, browser: Browser, number: int) -> None:
        self._browser = browser
        self._number = number

    def call(self, method: str, **argument: Any) -> Any:
        """Call ``consumer.<method>(argument)`` and give what it answers."""
        return self._browser.ask("call", tab=self._number, method=method, argument=argument)

    def shoot(self, path: Path) -> None:
        """Write the visible page as a PNG."""
        self._browser.ask("shoot", tab=self._number, path=str(path))

    def take_log(self) -> list[str]:
        """Errors, warnings and refused requests since the last call."""
        log: list[str] = self._browser.ask("log", tab=self._number)
        return log

    def close(self) -> None:
        """Close the tab."""
        self._browser.ask("close", tab=self._number)
