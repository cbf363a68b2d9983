"""The server answers its two paths on the loopback address to the right Host, and nothing else."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator

import pytest

from nn2gltf.errors import UsageError
from nn2gltf.html.server import HOST, SECURITY_HEADERS, ViewServer

PAGE, SCENE = b"<!doctype html>page", b"glTF scene"


@pytest.fixture
def server() -> Iterator[ViewServer]:
    with ViewServer(page=PAGE, scene=SCENE) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join(timeout=10)


def path_of(server: ViewServer) -> str:
    return server.url.partition(f":{server.port}")[2].partition("?")[0]


def ask(server: ViewServer, method: str, path: str, *, host: str | None = None) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"{HOST}:{server.port}")
    connection.endheaders()
    return connection.getresponse()


def raw(server: ViewServer, request: bytes) -> bytes:
    with socket.create_connection((HOST, server.port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while block := connection.recv(65536):
            answer += block
    return answer


def test_serves_the_page_and_the_scene(server: ViewServer) -> None:
    base = path_of(server)
    page = ask(server, "GET", base + "?src=scene.glb")
    assert (page.status, page.read()) == (200, PAGE)
    assert page.getheader("Content-Type") == "text/html; charset=utf-8"
    scene = ask(server, "GET", base + "scene.glb")
    assert (scene.status, scene.read()) == (200, SCENE)
    assert scene.getheader("Content-Type") == "model/gltf-binary"
    head = ask(server, "HEAD", base + "scene.glb")
    assert (head.status, head.read(), head.getheader("Content-Length")) == (200, b"", str(len(SCENE)))


@pytest.mark.parametrize(
    "path",
    ["/", "/scene.glb", "/../../etc/passwd", "{}..%2f..%2fetc/passwd", "{}other.glb", "/x{}", "//", "*"],
)
def test_everything_else_is_not_found(server: ViewServer, path: str) -> None:
    assert ask(server, "GET", path.format(path_of(server))).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"])
def test_other_methods_are_refused(server: ViewServer, method: str) -> None:
    answer = ask(server, method, path_of(server))
    assert (answer.status, answer.getheader("Allow")) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "host", ["localhost:{}", "evil.example:{}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:{}.evil"]
)
def test_other_hosts_are_refused(server: ViewServer, host: str) -> None:
    answer = ask(server, "GET", path_of(server), host=host.format(server.port))
    assert (answer.status, answer.read()) == (421, b"421 Misdirected Request\n")


def test_missing_and_double_hosts_are_refused(server: ViewServer) -> None:
    line = f"GET {path_of(server)} HTTP/1.1\r\n".encode()
    host = f"Host: {HOST}:{server.port}\r\n".encode()
    assert b" 421 " in raw(server, line + b"\r\n").partition(b"\r\n")[0]
    assert b" 421 " in raw(server, line + host + host + b"\r\n").partition(b"\r\n")[0]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b" 421 "),
        (b"<script>\r\n\r\n", b" 400 "),
        (b"GET <script> HTTP/9.9\r\n\r\n", b" 505 "),
        (b"GET / BAD/1.1\r\n\r\n", b" 400 "),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b" 414 "),
        (b"BREW / HTTP/1.1\r\n\r\n", b" 405 "),
    ],
)
def test_every_error_has_the_headers_and_repeats_nothing(
    server: ViewServer, request_bytes: bytes, status: bytes
) -> None:
    head, _, body = raw(server, request_bytes).partition(b"\r\n\r\n")
    assert status in head.partition(b"\r\n")[0]
    for name, value in SECURITY_HEADERS.items():
        assert f"{name}: {value}".encode() in head
    assert b"<" not in body
    assert b"Python" not in head


def test_every_success_has_the_headers(server: ViewServer) -> None:
    for path in (path_of(server), path_of(server) + "scene.glb"):
        answer = ask(server, "GET", path)
        assert {name: answer.getheader(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("lenet.glb", "lenet.glb"),
        ("a b.glb", "scene.glb"),
        ("../x.glb", "scene.glb"),
        ("é#.glb", "scene.glb"),
    ],
)
def test_the_scene_keeps_a_plain_name(name: str, shown: str) -> None:
    with ViewServer(page=PAGE, scene=SCENE, name=name) as server:
        assert server.url.endswith(f"/?src={shown}")


def test_paths_are_secret_and_new_each_time() -> None:
    with ViewServer(page=PAGE, scene=SCENE) as one, ViewServer(page=PAGE, scene=SCENE) as other:
        assert len(path_of(one)) >= 32
        assert path_of(one) != path_of(other)


def test_listens_on_the_loopback_address_only(server: ViewServer) -> None:
    assert server._server.server_address[0] == HOST
    assert server._server.socket.getsockname()[0] == HOST


def test_a_taken_port_is_a_usage_error(server: ViewServer) -> None:
    with pytest.raises(UsageError, match="in use") as caught:
        ViewServer(page=PAGE, scene=SCENE, port=server.port)
    assert caught.value.exit_code == 2
    with pytest.raises(UsageError, match="cannot be used"):
        ViewServer(page=PAGE, scene=SCENE, port=99_999)
