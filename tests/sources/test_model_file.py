"""Model files and specifications: what loads, what is refused, and controls that show the danger is real."""

from __future__ import annotations

import io
import os
import pickle
import random
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from nn2gltf.errors import (
    InputDataError,
    InputMissingError,
    LimitError,
    Nn2gltfError,
    RefusedError,
    UsageError,
)
from nn2gltf.sources import content
from nn2gltf.sources.content import KINDS, detect_kind
from nn2gltf.sources.model_file import read_model
from nn2gltf.sources.pickle_names import read_pickle_names
from nn2gltf.torch_vision import require_torchvision
from nn2gltf.train.models import DeepMlp, LeNet, Mlp, ResNet

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=3):
        super().__init__()
        self.layer = nn.Linear(width, 4)

    def forward(self, x):
        return self.layer(x)

def trained():
    net = Net()
    with torch.no_grad():
        for p in net.parameters():
            p.fill_(0.25)
    return net

def fresh():
    return Net(5)

def needs(width, *, depth):
    return Net(width)

def number():
    return 3

def broken():
    raise ValueError("no such\\nlayer")

ready = Net()
"""


@pytest.fixture
def net_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.py"
    path.write_text(NET)
    return path


def same_weights(one: nn.Module, two: nn.Module) -> bool:
    a, b = one.state_dict(), two.state_dict()
    return list(a) == list(b) and all(torch.equal(a[key], b[key]) for key in a)


class Touch:
    """Writes a file when it is unpickled by a loader that runs code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _touch, (str(self.path),)


def _touch(path: str) -> None:
    Path(path).write_text("ran")


# ---------------------------------------------------------------- whole modules


@pytest.mark.parametrize("kind", [Mlp, DeepMlp, LeNet, ResNet])
def test_our_own_models_load(kind: Callable[[], nn.Module], tmp_path: Path) -> None:
    model = kind()
    torch.save(model, tmp_path / "m.pt")
    loaded = read_model(str(tmp_path / "m.pt"))
    assert type(loaded.module) is type(model)
    assert same_weights(loaded.module, model)
    assert (loaded.weights, loaded.kind, loaded.name) == ("given", "torch", "m")


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.LSTM(3, 2)),
        nn.TransformerEncoderLayer(8, 2, 16, activation="gelu"),
        nn.Transformer(8, 2, 1, 1, 16),
        nn.ModuleDict({"a": nn.MultiheadAttention(4, 2), "b": nn.Softmax(-1)}),
    ],
    ids=["sequential", "encoder-gelu", "transformer", "dict"],
)
def test_modules_of_torch_nn_load(model: nn.Module, tmp_path: Path) -> None:
    torch.save(model, tmp_path / "m.pt")
    assert same_weights(read_model(str(tmp_path / "m.pt")).module, model)


@pytest.mark.parametrize("name", ["resnet18", "vit_b_16", "mobilenet_v3_small", "squeezenet1_1"])
def test_torchvisions_models_load(name: str, tmp_path: Path) -> None:
    models = require_torchvision().models
    with torch.device("meta"):
        model = models.get_model(name, weights=None)
    torch.save(model, tmp_path / "m.pt")
    loaded = read_model(str(tmp_path / "m.pt")).module
    assert type(loaded) is type(model)
    assert [n for n, _ in loaded.named_parameters()] == [n for n, _ in model.named_parameters()]


def test_a_checkpoint_gives_its_module_and_its_facts(tmp_path: Path) -> None:
    torch.save({"model": LeNet(), "epoch": 3, "classes": ["a", "b"], "optimizer": {}}, tmp_path / "c.pt")
    loaded = read_model(str(tmp_path / "c.pt"))
    assert isinstance(loaded.module, LeNet)
    assert loaded.facts == {"epoch": 3, "classes": ["a", "b"]}


# ---------------------------------------------------------------- weights alone


def test_weights_alone_need_a_model(tmp_path: Path) -> None:
    torch.save(LeNet().state_dict(), tmp_path / "w.pt")
    with pytest.raises(InputDataError, match="--model"):
        read_model(str(tmp_path / "w.pt"))


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before-1.6"])
@pytest.mark.parametrize("key", [None, "state_dict", "model_state_dict"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod."])
def test_weights_go_into_the_model(tmp_path: Path, prefix: str, key: str | None, old: bool) -> None:
    model = LeNet()
    state: Any = {prefix + name: tensor for name, tensor in model.state_dict().items()}
    path = tmp_path / "w.pt"
    torch.save({key: state, "epoch": 1} if key else state, path, _use_new_zipfile_serialization=not old)
    loaded = read_model(str(path), model="nn2gltf.train.models:LeNet")
    assert same_weights(loaded.module, model)
    assert loaded.weights == "given"
    assert loaded.facts == ({"epoch": 1} if key else {})


def test_weights_go_into_a_torchvision_model(tmp_path: Path) -> None:
    built = read_model("torchvision:squeezenet1_1", seed=4)
    assert built.weights == "random"
    torch.save(built.module.state_dict(), tmp_path / "w.pt")
    loaded = read_model(str(tmp_path / "w.pt"), model="torchvision:squeezenet1_1")
    assert same_weights(loaded.module, built.module)
    assert loaded.weights == "given"


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    state = LeNet().state_dict()
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(InputDataError, match=r"missing hidden\.weight.*left over conv1\.weight.*and 5 more"):
        read_model(str(tmp_path / "w.pt"), model="nn2gltf.train.models:Mlp")
    state["out.weight"] = torch.zeros(3, 84)
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(InputDataError, match=r"out\.weight is 3x84 and must be 10x84"):
        read_model(str(tmp_path / "w.pt"), model="nn2gltf.train.models:LeNet")


@pytest.mark.parametrize("content_", [[1, 2], {"a": 1}, {}, 3, {"optimizer": {"state": {}}}])
def test_a_file_without_a_model_says_what_it_holds(content_: Any, tmp_path: Path) -> None:
    torch.save(content_, tmp_path / "x.pt")
    with pytest.raises(InputDataError, match=r"no model and no weights"):
        read_model(str(tmp_path / "x.pt"))


# ---------------------------------------------------------------- code in files


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before-1.6"])
def test_code_in_a_file_is_refused_and_does_not_run(tmp_path: Path, old: bool) -> None:
    ran, path = tmp_path / "ran", tmp_path / "evil.pt"
    torch.save({"state_dict": Touch(ran)}, path, _use_new_zipfile_serialization=not old)
    with pytest.raises(RefusedError, match="_touch") as caught:
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
    with pytest.raises(RefusedError, match=r"net\.Net.*--model pkg\.mod:factory.*--trust-model-code"):
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


# ---------------------------------------------------------------- told by content


def _zip(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


CONTENTS: dict[str, tuple[str, bytes]] = {
    "scene": ("x.pt", b"glTF\x02\x00\x00\x00"),
    "keras": ("x.pt", b"\x89HDF\r\n\x1a\n"),
    "lfs": ("x.pt", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
    "page": ("x.pt", b"\n<!DOCTYPE html><html><body>404</body></html>"),
    "safetensors": ("x.pt", struct.pack("<Q", 2) + b"{}" + b"\0" * 8),
    "onnx": ("x.pt", b"\x08\x08\x12\x07pytorch"),
    "pickle": ("x.pt", pickle.dumps({"a": 1})),
    "unknown": ("x.pt", b"hello, world"),
    "torch-tar": ("x.pt", b"\0" * 257 + b"ustar\0" + b"\0" * 64),
}


@pytest.mark.parametrize("kind", sorted(CONTENTS))
def test_files_are_told_by_content_not_by_name(kind: str, tmp_path: Path) -> None:
    name, data = CONTENTS[kind]
    path = tmp_path / name
    path.write_bytes(data)
    assert detect_kind(path) == kind
    with pytest.raises(Nn2gltfError) as caught:
        read_model(str(path))
    assert KINDS[kind] in str(caught.value)
    assert caught.value.exit_code == (77 if kind in ("pickle", "torch-tar") else 65)
    assert caught.value.hint


def test_zip_archives_are_told_by_their_names(tmp_path: Path) -> None:
    members = {
        "torch": {"m/data.pkl": b"", "m/version": b"3"},
        "torchscript": {"m/data.pkl": b"", "m/code/__torch__.py": b""},
        "pt2": {"m/models/model.json": b"{}", "m/archive_format": b"pt2"},
        "keras": {"config.json": b"", "model.weights.h5": b""},
        "npz": {"arr_0.npy": b""},
        "zip": {"readme.txt": b""},
    }
    for kind, files in members.items():
        assert detect_kind(_zip(tmp_path / f"{kind}.bin", files)) == kind


def test_torchscript_is_refused(tmp_path: Path) -> None:
    torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)).save(str(tmp_path / "ts.pt"))
    with pytest.raises(RefusedError, match="TorchScript"):
        read_model(str(tmp_path / "ts.pt"))


def test_missing_empty_and_odd_paths(tmp_path: Path) -> None:
    (tmp_path / "empty.pt").touch()
    with pytest.raises(InputDataError, match="empty"):
        read_model(str(tmp_path / "empty.pt"))
    with pytest.raises(InputMissingError, match="does not exist"):
        read_model(str(tmp_path / "nope.pt"))
    with pytest.raises(InputMissingError, match="folder"):
        read_model(str(tmp_path))
    os.mkfifo(tmp_path / "fifo.pt")
    with pytest.raises(InputMissingError, match="not a regular file"):
        read_model(str(tmp_path / "fifo.pt"))
    with pytest.raises(UsageError, match="neither a file nor a model"):
        read_model("lenett")


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
    path = _zip(
        tmp_path / "bomb.pt", {"m/data.pkl": b"\0" * 20_000_000, "m/version": b"3"}, zipfile.ZIP_DEFLATED
    )
    assert path.stat().st_size < 100_000  # the control: it is small on disk
    with pytest.raises(LimitError, match="200 times"):
        read_model(str(path))


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _zip(tmp_path / "many.pt", {f"m/{i}": b"" for i in range(50)} | {"m/data.pkl": b""})
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
    path = _zip(tmp_path / "memo.pt", {"m/data.pkl": bomb, "m/version": b"3", "m/byteorder": b"little"})
    with pytest.raises(InputDataError):
        read_model(str(path))


# ---------------------------------------------------------------- names in pickles


@pytest.mark.parametrize("protocol", range(6))
def test_names_are_read_in_every_protocol(protocol: int) -> None:
    data = pickle.dumps([_touch, random.Random, {"a": Path}, _touch], protocol=protocol)
    names = read_pickle_names(io.BytesIO(data))
    assert {f"{__name__}._touch", "random.Random"} <= names
    assert any(name.startswith("pathlib") for name in names)


def test_names_reused_through_the_memo_are_found() -> None:
    word = b"\x8c\x02os\x94\x8c\x06system\x94"  # SHORT_BINUNICODE, MEMOIZE twice
    data = b"\x80\x04" + word + b"00" + b"h\x00h\x01\x93."  # POP both, then BINGET them for STACK_GLOBAL
    assert read_pickle_names(io.BytesIO(data)) == {"os.system"}


# ---------------------------------------------------------------- code of the user's own choosing


def test_a_class_a_function_and_a_variable(net_file: Path) -> None:
    fresh, again = read_model("net.py:Net"), read_model(f"{net_file}:Net")
    assert (fresh.name, fresh.weights, fresh.kind) == ("Net", "random", "code")
    assert same_weights(fresh.module, again.module), "the same seed gives the same weights"
    assert not same_weights(fresh.module, read_model("net.py:Net", seed=1).module)
    assert read_model("net.py:trained").weights == "given"
    assert read_model("net.py:fresh").weights == "random"
    assert read_model("net.py:ready").weights == "given"
    assert read_model("net:Net").module.layer.out_features == 4


def test_the_random_state_is_the_callers(net_file: Path) -> None:
    before = torch.get_rng_state()
    read_model("net.py:fresh")
    read_model("torchvision:squeezenet1_1")
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("spec", "kind", "message"),
    [
        ("net.py:Nett", UsageError, "Did you mean Net"),
        ("net.py:needs", UsageError, "arguments width, depth"),
        ("net.py:number", InputDataError, "returned a int"),
        ("net.py:broken", InputDataError, r"ValueError: no such layer.*net\.py:\d+"),
        ("other.py:Net", InputMissingError, "does not exist"),
        ("nowhere:Net", UsageError, "no module 'nowhere'.*torchvision"),
        ("net.py:torch", InputDataError, "no factory"),
        ("torchvision:resnet19", UsageError, "Did you mean resnet18"),
        ("..:x", UsageError, "no name of a module"),
        ("net.py:", UsageError, "neither a file nor a model"),
    ],
)
def test_wrong_specifications_say_what_to_write(
    net_file: Path, spec: str, kind: type[Nn2gltfError], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        read_model(spec)
    assert "\n" not in str(caught.value)


def test_code_that_does_not_parse_is_one_line(net_file: Path) -> None:
    net_file.write_text("def f(:\n")
    with pytest.raises(InputDataError, match=r"SyntaxError.*net\.py:1"):
        read_model("net.py:f")


def test_files_of_one_name_in_two_folders_are_two_modules(tmp_path: Path) -> None:
    for index, folder in enumerate(("a", "b")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "net.py").write_text(NET.replace("self.layer", f"self.layer{index}"))
    one, two = (read_model(f"{tmp_path / folder}/net.py:Net").module for folder in ("a", "b"))
    assert hasattr(one, "layer0")
    assert hasattr(two, "layer1")


def test_siblings_of_the_code_are_found_and_the_path_is_put_back(tmp_path: Path) -> None:
    (tmp_path / "sibling_width.py").write_text("WIDTH = 7\n")
    (tmp_path / "net.py").write_text(
        "from sibling_width import WIDTH\n" + NET.replace("width=3", "width=WIDTH")
    )
    before = list(sys.path)
    assert read_model(f"{tmp_path}/net.py:Net").module.layer.in_features == 7
    assert sys.path == before
