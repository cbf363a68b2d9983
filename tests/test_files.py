"""Files are whole or absent, whatever stops the writer, and unusable paths are found first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nn2gltf.errors import InputMissingError, OutputError, WriteError
from nn2gltf.files import check_input, check_output, check_output_folder, remove_leftovers, write_atomic

NOT_POSIX = os.name == "nt"


def leftovers(folder: Path) -> list[Path]:
    return sorted(folder.glob(".nn2gltf-*.tmp"))


def test_writes_all_chunks_and_replaces(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    assert write_atomic(target, [b"old"]) == 3
    assert write_atomic(target, (bytes([n]) * 3 for n in range(4))) == 12
    assert target.read_bytes() == b"\0\0\0\1\1\1\2\2\2\3\3\3"
    assert leftovers(tmp_path) == []


def test_keeps_permissions_of_the_file_it_replaces(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    target.chmod(0o640)
    write_atomic(target, [b"new"])
    assert target.stat().st_mode & 0o777 == 0o640


def test_exception_from_the_content_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def content() -> object:
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomic(target, content())  # type: ignore[arg-type]
    assert target.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


WRITE_MUCH = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
target, naive = Path(sys.argv[1]), sys.argv[2] == "naive"
if naive:
    with target.open("wb", buffering=0) as file:
        for _ in range(3): file.write(b"x" * 600)
from nn2gltf.errors import WriteError
from nn2gltf.files import write_atomic
try:
    write_atomic(target, [b"x" * 600] * 3)
except WriteError as error:
    print(error.exit_code, error)
"""


@pytest.mark.skipif(NOT_POSIX, reason="RLIMIT_FSIZE is POSIX only")
@pytest.mark.parametrize("writer", ["ours", "naive"])
def test_size_limit(tmp_path: Path, writer: str) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", WRITE_MUCH, str(target), writer],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if writer == "naive":  # The control: a plain open() does destroy the old file here.
        assert target.read_bytes() != b"old"
        return
    assert done.stdout.startswith("74 file too large")
    assert target.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux only")
def test_disk_full_is_a_write_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    full = os.open("/dev/full", os.O_WRONLY)
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda _, data: real_write(full, data))
    with pytest.raises(WriteError, match="no space left on device") as caught:
        write_atomic(target, [b"new"])
    monkeypatch.undo()
    os.close(full)
    assert (caught.value.exit_code, caught.value.code) == (74, "E_WRITE")
    assert target.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


SLOW_WRITER = """
import sys, time
from nn2gltf.files import write_atomic
def content():
    yield b"half"
    print("half", flush=True)
    time.sleep(60)
write_atomic(sys.argv[1], content())
"""


@pytest.mark.skipif(NOT_POSIX, reason="SIGKILL is POSIX only")
def test_leftover_of_a_killed_writer_is_removed_but_not_of_a_live_one(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    writer = subprocess.Popen(
        [sys.executable, "-c", SLOW_WRITER, str(target)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "half\n"
        assert len(leftovers(tmp_path)) == 1
        write_atomic(tmp_path / "other.bin", [b"x"])
        assert len(leftovers(tmp_path)) == 1, "a live writer's file was removed"
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait(timeout=30)
        if writer.stdout:
            writer.stdout.close()
    assert target.read_bytes() == b"old"
    assert len(leftovers(tmp_path)) == 1
    write_atomic(tmp_path / "other.bin", [b"x"])
    assert leftovers(tmp_path) == []


def test_foreign_files_are_not_leftovers(tmp_path: Path) -> None:
    (tmp_path / ".nn2gltf-notes").write_text("mine")
    (tmp_path / "x.tmp").write_text("mine")
    assert remove_leftovers(tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 2


def test_check_output_accepts_new_and_own_files(tmp_path: Path) -> None:
    target = tmp_path / "a.glb"
    assert check_output(target) == target
    target.write_bytes(b"glTF ours")
    assert check_output(target, is_ours=lambda path: path.read_bytes().endswith(b"ours")) == target
    assert check_output(target, force=True) == target
    assert [path.name for path in tmp_path.iterdir()] == ["a.glb"]


def test_check_output_refuses_a_foreign_file(tmp_path: Path) -> None:
    target = tmp_path / "a.glb"
    target.write_bytes(b"precious")
    with pytest.raises(OutputError, match="force=True") as caught:
        check_output(target, is_ours=lambda _: False)
    assert (caught.value.exit_code, caught.value.code) == (73, "E_OUTPUT_EXISTS")
    assert target.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.symlink_to("elsewhere"), "symbolic link"),
        (os.mkfifo, "not a regular file"),
    ],
)
def test_check_output_refuses_what_is_no_file_even_with_force(
    tmp_path: Path, make: object, message: str
) -> None:
    target = tmp_path / "a.glb"
    make(target)  # type: ignore[operator]
    with pytest.raises(OutputError, match=message) as caught:
        check_output(target, force=True, is_ours=lambda _: True)
    assert caught.value.exit_code == 73


def test_check_output_refuses_a_missing_folder_and_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="mkdir -p"):
        check_output(tmp_path / "no" / "a.glb")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        check_output(tmp_path / "file" / "a.glb")


def test_check_output_refuses_a_write_protected_file(tmp_path: Path) -> None:
    target = tmp_path / "a.glb"
    target.write_bytes(b"ours")
    target.chmod(0o444)
    with pytest.raises(OutputError, match="write-protected"):
        check_output(target, is_ours=lambda _: True)


@pytest.mark.parametrize("name", ["a" * 300 + ".glb", "nul\0byte.glb"])
def test_check_output_refuses_impossible_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError):
        check_output(tmp_path / name)


def test_read_only_folder_is_found_first(tmp_path: Path) -> None:
    folder = Path("/proc/self") if os.getuid() == 0 else tmp_path
    if folder == tmp_path:
        folder.chmod(0o500)
    with pytest.raises(OutputError) as caught:
        check_output(folder / "a.glb")
    assert caught.value.exit_code == 73


def test_check_output_folder(tmp_path: Path) -> None:
    target = tmp_path / "run.nn2gltf"
    assert check_output_folder(target) == target
    assert not target.exists()
    target.mkdir()
    assert check_output_folder(target) == target
    (target / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="force=True"):
        check_output_folder(target)
    assert check_output_folder(target, is_ours=lambda folder: (folder / "notes.txt").exists()) == target
    with pytest.raises(OutputError, match="not a folder"):
        check_output_folder(target / "notes.txt", force=True)


def test_check_input(tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_text("x")
    assert check_input(source) == source
    for missing in (tmp_path, tmp_path / "b", Path("/dev/null")):
        with pytest.raises(InputMissingError) as caught:
            check_input(missing)
        assert caught.value.exit_code == 66
