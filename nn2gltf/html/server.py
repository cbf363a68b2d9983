"""A server for one person and one scene: loopback only, an unguessable path, a few entries, nothing else."""

from __future__ import annotations

import errno
import re
import secrets
import socketserver
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from nn2gltf.errors import Nn2gltfError, UsageError

HOST = "127.0.0.1"
SCENE_NAME = "scene.glb"
STATUS_NAME = "run.json"
_IDLE_SECONDS = 30
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,80}\.(glb|gltf)")
"""Names that mean the same in a URL, encoded or not."""

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Sent with every answer, errors included. The page's own policy (with its script's hash) is inside the page."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A thing to serve.

    Attributes:
        body: Its bytes, or what gives them when they are asked for.
    """

    content_type: str
    body: bytes | Callable[[], bytes]

    def read(self) -> bytes:
        """The bytes as they are now."""
        return self.body if isinstance(self.body, bytes) else self.body()


class ViewServer:
    """Serves a viewer page and one scene until it is closed.

    Attributes:
        url: What to open; holds the secret path.

    >>> with ViewServer(page=b"<!doctype html>", scene=b"glTF") as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        *,
        page: bytes,
        scene: bytes | Callable[[], bytes],
        name: str = SCENE_NAME,
        port: int = 0,
        status: Callable[[], bytes] | None = None,
    ) -> None:
        """Bind the port; 0 takes a free one. ``name`` is what the page calls the scene.

        Args:
            scene: Its bytes, or what gives its newest ones.
            status: JSON on a run that is still going; the page then asks for it again and again.

        Raises:
            UsageError: The port is taken or not allowed.
        """
        token = secrets.token_urlsafe(24)
        shown = name if _PLAIN_NAME.fullmatch(name) else SCENE_NAME
        entries = {
            f"/{token}/": Entry(content_type="text/html; charset=utf-8", body=page),
            f"/{token}/{shown}": Entry(content_type="model/gltf-binary", body=scene),
        }
        if status is not None:
            entries[f"/{token}/{STATUS_NAME}"] = Entry(content_type="application/json", body=status)
        try:
            self._server = _Server((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            reason = "is in use" if taken else "cannot be used"
            raise UsageError(f"port {port} {reason}", hint="--port 0 takes a free one.") from error
        self.port: int = self._server.server_address[1]
        self._server.entries = entries
        self._server.host_header = f"{HOST}:{self.port}"
        self.url = f"http://{HOST}:{self.port}/{token}/?src={shown}"
        if status is not None:
            self.url += f"&follow={STATUS_NAME}"

    def serve_forever(self) -> None:
        """Answer requests until :meth:`shutdown` is called from another thread, or an interrupt."""
        self._server.serve_forever(poll_interval=0.2)

    def shutdown(self) -> None:
        """Make :meth:`serve_forever` return."""
        self._server.shutdown()

    def close(self) -> None:
        """Free the port."""
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    entries: Mapping[str, Entry]
    host_header: str

    def server_bind(self) -> None:
        # The parent's asks the name service for this host's name, which can take seconds.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes a connection early is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "nn2gltf"
    sys_version = ""
    timeout = _IDLE_SECONDS

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def send_error(self, code: int, *_: object) -> None:
        """Plain text, and never a word of the request."""
        # The parent leaves out all headers when the request line was broken.
        self.request_version = "HTTP/1.1"
        self.close_connection = True
        status = HTTPStatus(code)
        if status is HTTPStatus.NOT_IMPLEMENTED and self.command:
            status = HTTPStatus.METHOD_NOT_ALLOWED
        entry = Entry(
            content_type="text/plain; charset=utf-8", body=f"{status.value} {status.phrase}\n".encode()
        )
        self._send(status, entry, with_body=self.command != "HEAD")

    def end_headers(self) -> None:
        for name, value in SECURITY_HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Silent: the terminal shows what the command says, not every request."""

    def _answer(self, *, with_body: bool) -> None:
        if self.headers.get_all("Host") != [self.server.host_header]:
            # Another name for this machine means that another site sent the browser here (DNS rebinding).
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        entry = self.server.entries.get(self.path.partition("?")[0])
        if entry is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            self._send(HTTPStatus.OK, entry, with_body=with_body)
        except Nn2gltfError:
            # A run whose newest step is not whole yet: the page asks again.
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)

    def _send(self, status: HTTPStatus, entry: Entry, *, with_body: bool) -> None:
        body = entry.read()
        self.send_response(status)
        self.send_header("Content-Type", entry.content_type)
        self.send_header("Content-Length", str(len(body)))
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if with_body:
            self.wfile.write(body)
