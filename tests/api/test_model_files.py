"""Files as people have them: checkpoints of a run that is over, weights for a builder, and each kind of model file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from model_files import Touch
from onnx_models import digits_net, save
from torch import nn
from trained_run import EPOCHS, write_kinds, write_run

from nn2gltf.api.exporting import read_source
from nn2gltf.api.inspecting import inspect
from nn2gltf.cli import main
from nn2gltf.errors import InputDataError, RefusedError, UsageError
from nn2gltf.gltf import read_glb
from nn2gltf.sources.content import detect_kind

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    write_kinds(write_run(folder), folder)
    return folder


@pytest.fixture
def run(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(run_folder)
    return run_folder


def checkpoints() -> list[str]:
    """As the shell sorts them: ``epoch_10`` before ``epoch_2``."""
    found = sorted(str(path) for path in Path("ckpt").iterdir())
    assert found[2] == "ckpt/epoch_10.pt"
    return found


# ---------------------------------------------------------------- several checkpoints


def test_checkpoints_of_a_run_become_steps_in_the_order_people_count(run: Path) -> None:
    recording = read_source(checkpoints(), model="net.py:Net", sample="digits")
    assert [step.epoch for step in recording.steps] == [*EPOCHS]
    assert [round(step.metrics["val_accuracy"], 3) for step in recording.steps] == [0, 0.1, 0.2, 1.0]
    assert [recording.weight("fc.bias", i)[0] for i in range(4)] == [*EPOCHS]  # type: ignore[index]
    assert len(recording.probes) == 10
    first, last = recording.activation("fc", 0), recording.activation("fc", 3)
    assert np.allclose(last - first, 10, atol=1e-4)  # the values are those of each checkpoint's own weights
    assert any("stored in the checkpoints" in line for line in recording.graph.report)


def test_checkpoints_without_values_show_their_weights(run: Path) -> None:
    recording = read_source(checkpoints(), model="net.py:Net", inputs=["1x1x28x28"], epochs_from="count")
    assert [step.epoch for step in recording.steps] == [1, 2, 3, 4]
    assert recording.recorded == frozenset()
    assert recording.weight("fc.bias", 3)[0] == 10  # type: ignore[index]


def test_epochs_may_come_from_the_names(run: Path) -> None:
    recording = read_source(checkpoints(), model="net.py:Net", inputs=["1x1x28x28"], epochs_from="name")
    assert [step.epoch for step in recording.steps] == [*EPOCHS]


def test_checkpoints_need_their_model_and_must_fit_it(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="4 files are checkpoints of one run and need their model"):
        read_source(checkpoints(), sample="digits")
    torch.save({"other.weight": torch.zeros(2, 2)}, tmp_path / "odd.pt")
    with pytest.raises(InputDataError, match=r"do not fit Net.*odd\.pt"):
        read_source([*checkpoints(), str(tmp_path / "odd.pt")], model="net.py:Net")


def test_checkpoints_animate_through_the_command_line(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "run.glb"
    assert (
        main(["export", *checkpoints(), "--model", "net.py:Net", "--sample", "digits:0-2", "-o", str(out)])
        == 0
    )
    scene = read_glb(out).extras
    assert [step["epoch"] for step in scene["steps"]] == [*EPOCHS]
    assert len(scene["probes"]) == 3


# ---------------------------------------------------------------- weights and their module


@pytest.mark.parametrize("name", ["state.pth", "tensors.safetensors", "script.pt", "program.pt2"])
def test_every_file_of_weights_fills_a_builder(run: Path, name: str) -> None:
    expected = torch.load("state.pth", weights_only=True)
    for recording in (
        read_source(name, model="net.py:Net", inputs=["1x1x28x28"]),
        read_source("net.py:Net", weights=name, inputs=["1x1x28x28"]),
    ):
        assert recording.meta["weights"] == "given"
        for key in ("conv.weight", "norm.weight", "fc.bias"):
            assert np.array_equal(recording.weight(key), expected[key].numpy())  # type: ignore[arg-type]


def test_weights_beside_objects_of_unknown_classes_are_read_and_the_objects_left(
    run: Path, tmp_path: Path
) -> None:
    """Lightning checkpoints hold settings of any class; code in them does not run."""
    state, ran = torch.load("state.pth", weights_only=True), tmp_path / "ran"
    torch.save({"state_dict": state, "epoch": 4, "hyper_parameters": Touch(ran)}, tmp_path / "last.ckpt")
    recording = read_source(tmp_path / "last.ckpt", model="net.py:Net", inputs=["1x1x28x28"])
    assert np.array_equal(recording.weight("conv.weight"), state["conv.weight"].numpy())  # type: ignore[arg-type]
    assert not ran.exists()
    torch.load(tmp_path / "last.ckpt", weights_only=False)  # the control
    assert ran.exists()


def test_a_builder_without_weights_is_random_and_says_so(run: Path) -> None:
    assert read_source("net.py:Net", inputs=["1x1x28x28"]).meta["weights"] == "random"
    assert inspect("net.py:Net", inputs=("1x1x28x28",)).facts["weights"] == "random"


def test_weights_need_a_builder(run: Path) -> None:
    with pytest.raises(UsageError, match="belong to a specification"):
        read_source("state.pth", weights="state.pth")


# ---------------------------------------------------------------- each kind alone


def test_a_state_dict_alone_shows_its_weights(run: Path) -> None:
    recording = read_source("state.pth")
    graph, expected = recording.graph, torch.load("state.pth", weights_only=True)
    floats = {name: value.numpy() for name, value in expected.items() if value.is_floating_point()}
    assert [layer.id for layer in graph.layers] == [*floats]
    assert {layer.kind for layer in graph.layers} == {"weight"}
    assert [(edge.source, edge.target) for edge in graph.edges] == [
        ("conv.weight", "norm.weight"),
        ("norm.weight", "fc.weight"),
    ]
    assert any("Order inferred from names and shapes" in line for line in graph.report)
    assert any("--model pkg.mod:factory" in line for line in graph.report)
    assert "num_batches_tracked: not floating-point numbers, not drawn." in recording.reductions[""]
    for name, value in floats.items():
        assert np.array_equal(recording.activation(name, 0).reshape(value.shape), value)
    with pytest.raises(UsageError, match="needs a model that can run"):
        read_source("state.pth", sample="digits")


def test_safetensors_may_begin_with_the_first_bytes_of_any_other_format(tmp_path: Path) -> None:
    """Their header's length comes first: 128 looks like a pickle, 8 like ONNX. Lengths are multiples of 8."""
    for length in range(104, 104 + 2048, 8):
        header = b'{"a.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}'
        path = tmp_path / "m.safetensors"
        path.write_bytes(length.to_bytes(8, "little") + header.ljust(length) + b"\0" * 8)
        assert detect_kind(path) == "safetensors", length


def test_a_file_may_be_called_as_a_folder_of_torchscript_is(tmp_path: Path) -> None:
    torch.save({"a.weight": torch.zeros(2, 2)}, tmp_path / "code.pt")
    assert detect_kind(tmp_path / "code.pt") == "torch"
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), str(tmp_path / "script.pt"))  # type: ignore[no-untyped-call]
    assert detect_kind(tmp_path / "script.pt") == "torchscript"  # the control


def test_torchscript_is_a_layer_tree(run: Path) -> None:
    graph = read_source("script.pt").graph
    assert list(dict.fromkeys(layer.op for layer in graph.layers)) == ["Conv2d", "BatchNorm2d", "Linear"]
    assert "Layers without weights are not drawn: ReLU." in graph.report
    assert any("without running its code" in line for line in graph.report)
    found = inspect("script.pt").facts["graph"]
    assert [layer["op"] for layer in found["layers"]] == ["Conv2d", "BatchNorm2d", "ReLU", "Linear"]  # type: ignore[index, call-overload]


def test_an_exported_program_is_the_whole_graph(run: Path) -> None:
    recording = read_source("program.pt2")
    graph = recording.graph
    assert [layer.id for layer in graph.layers] == ["input", "conv", "norm", "act", "fc"]
    assert [(e.source, e.target) for e in graph.edges] == [
        ("input", "conv"), ("conv", "norm"), ("norm", "act"), ("act", "fc"),
    ]  # fmt: skip
    assert graph.layer_by_id["fc"].outputs[0].shape == (1, 10)
    assert recording.weight("fc.bias")[0] == 10  # type: ignore[index]


def test_a_module_of_ones_own_names_the_missing_class(run: Path, tmp_path: Path) -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))

    Own.__qualname__, Own.__module__ = "Own", "somewhere_models"
    sys.modules["somewhere_models"] = type(sys)("somewhere_models")
    sys.modules["somewhere_models"].Own = Own  # type: ignore[attr-defined]
    try:
        torch.save(Own(), tmp_path / "own.pt")
    finally:
        del sys.modules["somewhere_models"]
    graph = read_source(tmp_path / "own.pt").graph
    assert [layer.id for layer in graph.layers] == [
        f"net.{n}.{end}" for n in (0, 2) for end in ("weight", "bias")
    ]
    assert [(e.source, e.target, e.via) for e in graph.edges] == [("net.0.weight", "net.2.weight", ("ReLU",))]
    assert any("somewhere_models.Own" in line for line in graph.report)


def test_programs_never_run_even_when_trusted(run: Path) -> None:
    with pytest.raises(RefusedError, match="read without running its code"):
        read_source("program.pt2", trust_model_code=True)


# ---------------------------------------------------------------- inspect, and what is imported


@pytest.mark.parametrize(
    "name", ["state.pth", "tensors.safetensors", "script.pt", "program.pt2", "ckpt/epoch_1.pt"]
)
def test_inspect_tells_of_every_kind(run: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", name, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["file"], found["weights"]) == ("model", name, "given")
    assert {"conv", "norm", "fc"} <= {layer["id"] for layer in found["graph"]["layers"]}


def test_files_that_need_no_torch_import_none(run: Path, tmp_path: Path) -> None:
    """The job itself, in a process of its own: what the bounded worker imports."""
    save(digits_net(), tmp_path / "digits.onnx")
    program = (
        "import sys; from nn2gltf.api.file_job import read_files; from nn2gltf.api.file_request import FileRequest\n"
        "from nn2gltf.cli import main\n"
        "for path in sys.argv[1:]: read_files(FileRequest(paths=(path,))); print(path, 'torch' in sys.modules)"
    )
    names = [str(tmp_path / "digits.onnx"), "state.pth", "tensors.safetensors", "script.pt", "program.pt2"]
    done = subprocess.run([sys.executable, "-c", program, *names], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [word for name in names for word in (name, "False")]
    control = "import sys; import nn2gltf.api.torch_job; print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", control], capture_output=True, text=True, check=True).stdout
        == "True\n"
    )
