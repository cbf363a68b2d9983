"""Hostile and damaged model files: what is refused, with controls that show the danger is real."""

from __future__ import annotations

import io
import pickle
import random
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_files import Touch, touch_file, zip_file
from torch import nn

from nn2gltf.errors import (
    InputDataError,
    LimitError,
    Nn2gltfError,
    RefusedError,
)
from nn2gltf.sources import content
from nn2gltf.sources.content import detect_kind
from nn2gltf.sources.model_file import read_model
from nn2gltf.sources.pickle_names import read_pickle_names
from nn2gltf.train.models import LeNet

# ---------------------------------------------------------------- code in files


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before-1.6"])
def test_code_in_a_file_is_refused_and_does_not_run(tmp_path: Path, old: bool) -> None:
    ran, path = tmp_path / "ran", tmp_path / "evil.pt"
    torch.save({"state_dict": Touch(ran)}, path, _use_new_zipfile_serialization=not old)
    with pytest.raises(RefusedError, match="touch_file") as caught:
        read_model(str(path))
    assert caught.value.code == "E_UNTRUSTED"
    assert caught.value.exit_code == 77
    assert not ran.exists()
    torch.load(path, weights_only=False)  # the control: a loader that trusts the file runs it
    assert ran.read_text() == "ran"


def test_the_environment_cannot_turn_the_gate_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran, path = tmp_path / "ran", tmp_path / "evil.pt"
    torch.save(Touch(ran), path)
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    with pytest.raises(RefusedError):
        read_model(str(path))
    assert not ran.exists()
    torch.load(path)  # the control: torch's default follows the variable
    assert ran.exists()


def test_trust_lets_the_file_run_its_code(net_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(net_file.parent)
    monkeypatch.delitem(sys.modules, "net", raising=False)
    import net  # type: ignore[import-not-found]

    torch.save(net.Net(), "own.pt")
    with pytest.raises(RefusedError, match=r'net\.Net.*model="pkg\.mod:factory".*trust_model_code=True'):
        read_model("own.pt")
    assert type(read_model("own.pt", trust=True).module) is net.Net


def test_generated_code_is_refused(tmp_path: Path) -> None:
    """A GraphModule is an nn.Module, and carries source code that loading runs."""
    module = torch.fx.symbolic_trace(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    torch.save(module, tmp_path / "fx.pt")
    with pytest.raises(RefusedError, match=r"torch\.fx"):
        read_model(str(tmp_path / "fx.pt"))


@pytest.mark.parametrize(
    "name",
    [
        "torch.nn.modules.module.warnings", "torch.nn.modules.container.Sequential.__init__", "torch.nn.modules.linear.math",
        "torchvision.models.feature_extraction.DualGraphModule", "torchvision.models._utils.OrderedDict", "os.system",
        "builtins.eval", "nn2gltf.train.models.nn", "torch.nn.modules.utils.consume_prefix_in_state_dict_if_present",
        "torch.nn.modules.lazy.nope", "torchvision.ops.boxes.nms", "torch.hub.load",
    ],
)  # fmt: skip
def test_only_module_classes_and_listed_helpers_are_allowed(name: str) -> None:
    from nn2gltf.sources.torch_allow import allow_names

    assert allow_names([name]) == []
    assert allow_names(["torch.nn.modules.linear.Linear"]) == [(nn.Linear, "torch.nn.modules.linear.Linear")]


def test_a_module_in_the_old_format_is_refused_with_what_to_do(tmp_path: Path) -> None:
    torch.save(LeNet(), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(RefusedError, match="Save it again with a newer torch"):
        read_model(str(tmp_path / "old.pt"))


# ---------------------------------------------------------------- damage and bombs


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "m.pt"
    torch.save(nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU()), path)
    return path.read_bytes()


def test_every_cut_of_a_file_is_one_coded_line(saved: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut.pt"
    for end in [*range(1, 64), *range(64, len(saved), 97), len(saved) - 1]:
        path.write_bytes(saved[:end])
        with pytest.raises(Nn2gltfError) as caught:
            read_model(str(path))
        assert "\n" not in str(caught.value)
    path.write_bytes(saved)
    assert isinstance(read_model(str(path)).module, nn.Sequential)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged") / "m.pt"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_damage_anywhere_gives_a_module_or_one_coded_line(damaged: Path, seed: int) -> None:
    chance = random.Random(seed)
    buffer = io.BytesIO()
    torch.save(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), buffer)
    data = bytearray(buffer.getvalue())
    for _ in range(chance.randint(1, 12)):
        # mostly in the pickle, where it hurts
        place = (
            data.find(b"data.pkl") + chance.randrange(2500)
            if chance.random() < 0.7
            else chance.randrange(len(data))
        )
        data[min(place, len(data) - 1)] = chance.randrange(256)
    damaged.write_bytes(data)
    try:
        loaded = read_model(str(damaged))
    except Nn2gltfError as error:
        assert "\n" not in str(error)
        assert error.exit_code in (65, 75, 77)
    else:
        assert isinstance(loaded.module, nn.Module)


def test_a_zip_bomb_is_stopped_before_unpacking(tmp_path: Path) -> None:
    path = zip_file(
        tmp_path / "bomb.pt", {"m/data.pkl": b"\0" * 20_000_000, "m/version": b"3"}, zipfile.ZIP_DEFLATED
    )
    assert path.stat().st_size < 100_000  # the control: it is small on disk
    with pytest.raises(LimitError, match="200 times"):
        read_model(str(path))


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zip_file(tmp_path / "many.pt", {f"m/{i}": b"" for i in range(50)} | {"m/data.pkl": b""})
    assert detect_kind(path) == "torch"
    monkeypatch.setattr(content, "MAX_ENTRIES", 20)
    with pytest.raises(LimitError, match="entries"):
        detect_kind(path)


def test_a_tensor_larger_than_its_data_is_refused(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(1).expand(10**12)}, tmp_path / "wide.pt")
    assert (
        torch.load(tmp_path / "wide.pt", weights_only=True)["w"].numel() == 10**12
    )  # the control: torch loads it
    with pytest.raises(LimitError, match="larger than the data"):
        read_model(str(tmp_path / "wide.pt"))
    module = nn.Linear(1, 1)
    module.weight.data = torch.zeros(1, 1).expand(10**6, 10**6)
    torch.save(module, tmp_path / "wide.pt")
    with pytest.raises(LimitError):
        read_model(str(tmp_path / "wide.pt"))


def test_contents_in_circles_are_no_model(tmp_path: Path) -> None:
    circle: dict[str, Any] = {"epoch": 1}
    circle["model"] = circle["state_dict"] = circle
    torch.save(circle, tmp_path / "circle.pt")
    with pytest.raises(InputDataError):
        read_model(str(tmp_path / "circle.pt"))


def test_a_module_of_a_damaged_state_is_one_coded_line(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Linear(2, 2))
    module.__dict__["_parameters"] = 3
    torch.save(module, tmp_path / "m.pt")
    with pytest.raises(InputDataError, match="damaged"):
        read_model(str(tmp_path / "m.pt"))


def test_a_pickle_that_claims_a_huge_memo_takes_no_memory(tmp_path: Path) -> None:
    """``LONG_BINPUT`` with index 2^31: nine bytes for which the C unpickler asks for gigabytes."""
    bomb = b"\x80\x02Nr\xff\xff\xff\x7f."
    path = zip_file(tmp_path / "memo.pt", {"m/data.pkl": bomb, "m/version": b"3", "m/byteorder": b"little"})
    with pytest.raises(InputDataError):
        read_model(str(path))


# ---------------------------------------------------------------- names in pickles


@pytest.mark.parametrize("protocol", range(6))
def test_names_are_read_in_every_protocol(protocol: int) -> None:
    data = pickle.dumps([touch_file, random.Random, {"a": Path}, touch_file], protocol=protocol)
    names = read_pickle_names(io.BytesIO(data))
    assert {"model_files.touch_file", "random.Random"} <= names
    assert any(name.startswith("pathlib") for name in names)


def test_names_reused_through_the_memo_are_found() -> None:
    word = b"\x8c\x02os\x94\x8c\x06system\x94"  # SHORT_BINUNICODE, MEMOIZE twice
    data = b"\x80\x04" + word + b"00" + b"h\x00h\x01\x93."  # POP both, then BINGET them for STACK_GLOBAL
    assert read_pickle_names(io.BytesIO(data)) == {"os.system"}
