"""Hostile pickles and the reader that builds stubs: nothing runs, nothing is imported, nothing grows or hangs."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from model_files import Touch, zip_file
from torch import nn

from nn2gltf.errors import InputDataError, LimitError, Nn2gltfError, RefusedError
from nn2gltf.sources.pickle_stubs import read_stubs
from nn2gltf.sources.saved_model import read_saved_model

RAN = "nn2gltf_hostile_ran"
"""A module that must never be imported; the controls import it."""


def code(path: Path) -> dict[str, bytes]:
    """Ways of a pickle to call ``open(path, "w")``, one a kind of opcode."""
    name = str(path).encode()
    text = b"X" + struct.pack("<I", len(name)) + name + b"X\x01\x00\x00\x00w"
    return {
        "reduce": b"\x80\x02c__builtin__\nopen\n" + text + b"\x86R.",
        "stack_global": b"\x80\x04\x8c\x02io\x8c\x04open\x93" + text + b"\x86R.",
        "inst": b"(" + text + b"i__builtin__\nopen\n.",
        "obj": b"(c__builtin__\nopen\n" + text + b"o.",
        "nested": b"\x80\x02}X\x01\x00\x00\x00ac__builtin__\nopen\n" + text + b"\x86Rs.",
        "hidden_name": b"\x80\x04\x8c\x02io\x94\x8c\x04open\x94h\x00h\x01\x930h\x00h\x01\x93"
        + text
        + b"\x86R.",
    }


@pytest.mark.parametrize("kind", ["reduce", "stack_global", "inst", "obj", "nested", "hidden_name"])
def test_no_opcode_runs_code(tmp_path: Path, kind: str) -> None:
    ran = tmp_path / "ran"
    data = code(ran)[kind]
    tree = read_stubs(data, where="m.pt")
    assert not ran.exists()
    assert {name.rpartition(".")[2] for name in tree.names} == {"open"}
    pickle.loads(data)  # the control: Python's own loader makes the file
    assert ran.exists()


def test_nothing_is_imported_because_a_file_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{RAN}.py").write_text("class Net: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    data = f"c{RAN}\nNet\n)R.".encode()
    assert read_stubs(data, where="m").names == {f"{RAN}.Net"}
    assert RAN not in sys.modules
    pickle.loads(data)  # the control
    assert sys.modules.pop(RAN)


def test_a_file_of_code_alone_is_refused(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    torch.save(Touch(ran), tmp_path / "evil.pt")
    with pytest.raises(RefusedError, match="touch_file") as caught:
        read_saved_model(tmp_path / "evil.pt")
    assert caught.value.exit_code == 77
    assert not ran.exists()
    torch.load(tmp_path / "evil.pt", weights_only=False)  # the control
    assert ran.exists()


def test_code_beside_a_module_does_not_run_and_is_named(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    module = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    module.note = Touch(ran)  # type: ignore[assignment]
    torch.save(module, tmp_path / "m.pt")
    model = read_saved_model(tmp_path / "m.pt")
    assert [layer.op for layer in model.graph.layers] == ["Linear", "ReLU"]
    assert any("touch_file" in line for line in model.graph.report)
    assert not ran.exists()
    torch.load(tmp_path / "m.pt", weights_only=False)  # the control
    assert ran.exists()


def nested_tuples(depth: int, end: bytes) -> bytes:
    """A tuple that holds itself's elder twice, ``depth`` times: as large as 2^depth when it is walked or hashed."""
    return b"\x80\x02" + b")" + b"2\x86" * depth + end


BOMBS: dict[str, Callable[[], bytes]] = {
    "memory of nine bytes": lambda: b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b".",
    "bytes of 4 GB": lambda: b"\x80\x04\x8e" + struct.pack("<Q", 2**32) + b".",
    "a memo entry far away": lambda: b"]r\xff\xff\xff\x7f.",
    "a number of many digits": lambda: (
        b"\x80\x02\x8b" + struct.pack("<i", 500_000) + b"\x7f" * 500_000 + b"."
    ),
    "decimal digits": lambda: b"L" + b"9" * 500_000 + b"L\n.",
    "a key that hashes forever": lambda: b"\x80\x02}" + nested_tuples(60, b"")[2:] + b"Ns.",
    "a set that hashes forever": lambda: b"\x80\x04\x8f(" + nested_tuples(60, b"")[2:] + b"\x90.",
    "a frozen set that hashes forever": lambda: b"\x80\x04(" + nested_tuples(60, b"")[2:] + b"\x91.",
    "a dictionary from a list that hashes forever": lambda: (
        b"\x80\x02ccollections\nOrderedDict\n](" + nested_tuples(60, b"")[2:] + b"N\x86e\x85R."
    ),
    "walked forever": lambda: nested_tuples(60, b"."),
    "lists in lists": lambda: b"]" * 200_000 + b"a" * 199_999 + b".",
    "an extension code": lambda: b"\x80\x02\x82\x01.",
    "no end": lambda: b"]" * 1000,
    "an empty stack": lambda: b"0.",
    "a mark that is not there": lambda: b"e.",
    "a class that is changed": lambda: b"c__builtin__\nobject\n}X\x01\x00\x00\x00aNsb.",
    "a tensor without storage": lambda: b"ctorch._utils\n_rebuild_tensor_v2\n(NK\x00)))NtR.",
    "a reference to nowhere": lambda: b"(NtQ.",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_in_one_line_or_in_nothing(tmp_path: Path, name: str) -> None:
    path = zip_file(tmp_path / "m.pt", {"m/data.pkl": BOMBS[name](), "m/version": b"3"}, zipfile.ZIP_DEFLATED)
    with pytest.raises(Nn2gltfError) as caught:
        read_saved_model(path)
    assert caught.value.exit_code in (65, 75, 77)
    assert "\n" not in str(caught.value)


def test_the_control_of_the_bombs_is_read(tmp_path: Path) -> None:
    """The same way of writing a file, with an honest pickle: small tuples, sets and dictionaries are fine."""
    state = {"a.weight": torch.ones(3, 2), "a.bias": torch.zeros(3)}
    buffer = io.BytesIO()
    torch.save(state | {"note": (1, (2, (3,))), ("a", 1): {4, 5}}, buffer)
    (tmp_path / "m.pt").write_bytes(buffer.getvalue())
    assert [layer.op for layer in read_saved_model(tmp_path / "m.pt").graph.layers] == ["Linear"]


@pytest.mark.timeout(30)
def test_shared_modules_do_not_expand_without_end(tmp_path: Path) -> None:
    module: nn.Module = nn.Linear(1, 1)
    for _ in range(40):
        module = nn.Sequential(module, module)
    torch.save(module, tmp_path / "m.pt")
    assert len(read_saved_model(tmp_path / "m.pt").graph.layers) < 1000
    paths = [name for name, _ in module.named_modules(remove_duplicate=True)]
    assert len(paths) == 41  # the control: 2^40 paths lead to the layer, torch itself visits each module once


def test_a_module_inside_itself_ends(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Linear(1, 1))
    module.add_module("again", module)
    torch.save(module, tmp_path / "m.pt")
    try:
        assert len(read_saved_model(tmp_path / "m.pt").graph.layers) <= 2
    except LimitError as error:
        assert error.exit_code == 75


def test_tensors_cannot_claim_more_than_is_stored(tmp_path: Path) -> None:
    honest = {"a.weight": torch.ones(2, 2)}
    torch.save(honest, tmp_path / "m.pt")
    read_saved_model(tmp_path / "m.pt")  # the control
    with zipfile.ZipFile(tmp_path / "m.pt") as archive:
        members = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    for data in (b"", b"\0" * 15):
        cut = {f"m/{name}": (data if name == "data/0" else body) for name, body in members.items()}
        with pytest.raises(LimitError):
            read_saved_model(zip_file(tmp_path / "cut.pt", cut))
    missing = {f"m/{name}": body for name, body in members.items() if name != "data/0"}
    with pytest.raises((InputDataError, LimitError)):
        read_saved_model(zip_file(tmp_path / "cut.pt", missing))


def test_a_repeated_tensor_is_no_memory_bomb(tmp_path: Path) -> None:
    torch.save({"a.weight": torch.zeros(1).expand(2**20, 2**20)}, tmp_path / "m.pt")
    with pytest.raises(LimitError, match="larger than the data stored"):
        read_saved_model(tmp_path / "m.pt")
