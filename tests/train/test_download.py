"""Downloading, against a server on this machine: torchvision's own code in the real process."""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from idx_files import make_parts

from nn2gltf.errors import InputMissingError
from nn2gltf.train import download
from nn2gltf.train.data import load_dataset

FILES = {f"{name}.gz": gzip.compress(content) for name, content in make_parts().items()}


class Server(ThreadingHTTPServer):
    """Serves ``FILES`` below /mnist/; ``wait`` seconds late."""

    wait = 0.0
    requests: list[str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/mnist"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        time.sleep(self.server.wait)
        content = FILES.get(self.path.removeprefix("/mnist/"))
        self.send_response(200 if content else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        pass


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.requests = []
        running.daemon_threads = True
        threading.Thread(target=running.serve_forever, daemon=True).start()
        monkeypatch.setenv("NN2GLTF_DATA_MIRROR", running.address)
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield running
        running.shutdown()


@pytest.fixture
def known_sums(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The real downloader, with the check sums of our files in place of the official ones."""
    sums = [(name, hashlib.md5(content).hexdigest()) for name, content in FILES.items()]
    script = tmp_path / "downloader.py"
    script.write_text(
        textwrap.dedent(f"""
            import sys
            from nn2gltf.torch_vision import require_torchvision
            from nn2gltf.train.torch_download import main
            require_torchvision().datasets.MNIST.resources = {sums!r}
            raise SystemExit(main(sys.argv[1:]))
        """)
    )
    monkeypatch.setattr(download, "DOWNLOADER", [sys.executable, str(script)])
    root = str(Path(download.__file__).parents[2])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]))


@pytest.mark.usefixtures("known_sums")
def test_missing_files_are_downloaded_and_verified(server: Server, tmp_path: Path) -> None:
    root = tmp_path / "data"
    data = load_dataset("mnist", data_dir=root)
    assert "downloaded to" in data.source
    assert data.train_images.shape == (30, 28, 28)
    assert names(root / "MNIST" / "raw") == sorted(make_parts())
    assert names(root) == ["MNIST"]
    asked = len(server.requests)
    assert "read from" in load_dataset("mnist", data_dir=root).source
    assert len(server.requests) == asked


def test_a_wrong_check_sum_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputMissingError) as caught:
        load_dataset("mnist", data_dir=tmp_path / "data")
    assert server.requests
    assert caught.value.code == "E_DATA_MISSING"
    assert "train-images-idx3-ubyte.gz: File not found or corrupted" in str(caught.value)
    assert 'data="digits"' in str(caught.value)
    assert "\n" not in str(caught.value)
    assert names(tmp_path / "data") == []


def test_nobody_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("NN2GLTF_DATA_MIRROR", f"http://127.0.0.1:{taken.getsockname()[1]}/mnist")
        data = load_dataset("auto", data_dir=tmp_path / "data", auto_timeout_s=60)
    assert data.name == "UCI digits"
    assert "since MNIST is not on disk and cannot be downloaded" in data.source


def test_auto_does_not_wait_for_a_silent_server(server: Server, tmp_path: Path) -> None:
    server.wait = 60
    began = time.monotonic()
    data = load_dataset("auto", data_dir=tmp_path / "data", auto_timeout_s=6)
    assert time.monotonic() - began < 20
    assert data.name == "UCI digits"
    assert "longer than 6 s" in data.source
    assert names(tmp_path / "data") == []


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(InputMissingError, match="cannot write to it"):
        load_dataset("mnist", data_dir=blocked)


def test_leftovers_of_killed_downloads_are_removed(server: Server, tmp_path: Path) -> None:
    old, young = tmp_path / ".nn2gltf-download-old", tmp_path / ".nn2gltf-download-young"
    old.mkdir()
    young.mkdir()
    os.utime(old, (0, 0))
    with pytest.raises(InputMissingError):
        load_dataset("mnist", data_dir=tmp_path)
    assert not old.exists()
    assert young.exists()
