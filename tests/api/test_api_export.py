"""Export: what a scene shows when a model comes with a sample, without one, or as a recording."""

from __future__ import annotations

import inspect as python_inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import nn2gltf
from nn2gltf.api.torch_model import FACTS, is_our_model, save_model
from nn2gltf.errors import InputDataError, Nn2gltfError, OutputError, TraceError, UsageError
from nn2gltf.gltf import check_glb, read_glb
from nn2gltf.train.data import load_dataset
from nn2gltf.train.loop import evaluate_model
from nn2gltf.train.registry import build_model


class Tiny(nn.Module):
    """Reads 4 numbers, gives 3: no digits."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 5)
        self.second = nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.second(torch.relu(self.first(x)))
        return result


@pytest.fixture
def no_mnist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No data set but the bundled digits is on this machine."""
    monkeypatch.setenv("NN2GLTF_DATA_DIR", str(tmp_path / "nothing"))


def extras(path: Path) -> Any:
    report = check_glb(path)
    assert [str(problem) for problem in report.problems] == []
    return read_glb(path).extras


def test_one_line_with_a_sample(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, x = Tiny(), torch.randn(2, 4)
    path = tmp_path / "net.glb"
    written = nn2gltf.export(model, path, sample=x, labels=[0, 2], classes=["a", "b", "c"])
    assert written.path == path
    assert written.size == path.stat().st_size
    found = extras(path)
    assert found["model"] == {"name": "Tiny", "parameters": 43, "weights": "given"}
    assert [probe["label"] for probe in found["probes"]] == [0, 2]
    scores = torch.softmax(model(x), 1)
    assert [p["predictions"] for p in found["probes"]] == [[int(row.argmax())] for row in scores]
    assert [p["confidences"][0] for p in found["probes"]] == pytest.approx(
        scores.max(1).values.tolist(), abs=1e-5
    )


def test_the_same_model_and_sample_give_the_same_bytes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, x = Tiny(), torch.randn(2, 4)
    for name in ("a.glb", "b.glb"):
        nn2gltf.export(model, tmp_path / name, sample=x)
    assert (tmp_path / "a.glb").read_bytes() == (tmp_path / "b.glb").read_bytes()


def test_exporting_leaves_the_model_alone(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5)).train()
    model[1].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random = torch.random.get_rng_state()
    nn2gltf.export(model, tmp_path / "net.glb", sample=torch.randn(2, 1, 8, 8, generator=torch.Generator()))
    assert [module.training for module in model.modules()] == [True, True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), random)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_digit_model_without_a_sample_reads_the_ten_probe_digits(tmp_path: Path, no_mnist: None) -> None:
    model = build_model("mlp")
    path = tmp_path / "net.glb"
    nn2gltf.export(model, path)
    found = extras(path)
    assert [probe["label"] for probe in found["probes"]] == list(range(10))
    assert found["data"]["name"] == "UCI digits"
    data = load_dataset("digits")
    images = torch.from_numpy(data.normalise(data.test_images))
    _, accuracy = evaluate_model(model, images, torch.from_numpy(data.test_labels))
    assert found["steps"][0]["metrics"]["test_accuracy"] == pytest.approx(accuracy)
    assert found["clips"][0]["kind"] == "forward"


def test_another_model_without_a_sample_shows_structure_and_no_data(tmp_path: Path) -> None:
    path = tmp_path / "net.glb"
    nn2gltf.export(Tiny(), path)
    found = extras(path)
    assert found["probes"] == []
    assert found["data"]["name"] is None
    assert [layer["id"] for layer in found["layers"] if "values" in layer] == []
    assert sum(edge["drawn"] for edge in found["edges"]) > 0, "the real weights are drawn"


def test_a_model_of_other_pictures_is_not_shown_digits(tmp_path: Path, no_mnist: None) -> None:
    """A model that was trained on Fashion-MNIST, which is not on this machine, gets no data, not wrong data."""
    path = tmp_path / "m.pt"
    save_model(build_model("mlp"), path, {"model": "mlp", "data": "fashion-mnist", "epochs": 3})
    nn2gltf.export(path, tmp_path / "m.glb")
    found = extras(tmp_path / "m.glb")
    assert found["data"]["name"] is None
    assert found["model"]["weights"] == "trained"
    assert found["steps"][0]["epoch"] == 3


def test_random_weights_are_labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.py").write_text(
        "from torch import nn\nclass Net(nn.Sequential):\n    def __init__(self):\n        super().__init__(nn.Linear(4, 3))\n"
    )
    monkeypatch.chdir(tmp_path)
    nn2gltf.export("net.py:Net", "net.glb")
    assert extras(tmp_path / "net.glb")["model"]["weights"] == "random"


def test_shapes_alone(tmp_path: Path) -> None:
    path = tmp_path / "net.glb"
    nn2gltf.export(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), path, inputs=["1x3x20x12"])
    layers = {layer["id"]: layer for layer in extras(path)["layers"]}
    assert layers["0"]["outputs"][0]["shape"] == [1, 4, 18, 10]


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
def test_recorder_exports(tmp_path: Path, suffix: str) -> None:
    torch.manual_seed(0)
    model, x = Tiny(), torch.randn(3, 4)
    with nn2gltf.Recorder(model, probes=x, labels=[0, 1, 2], path=tmp_path / "run.nn2gltf") as recorder:
        for epoch in range(2):
            with torch.no_grad():
                model.first.weight += 0.1
            recorder.step(epoch + 1, loss=1 / (epoch + 1), accuracy=epoch / 2)
    path = tmp_path / f"run{suffix}"
    recorder.export(path, style="paper", title="Ours")
    found = extras(path)
    assert (found["title"], found["style"]["name"]) == ("Ours", "paper")
    assert [step["epoch"] for step in found["steps"]] == [0, 1, 2]
    assert found["model"]["weights"] == "trained"
    again = tmp_path / f"again{suffix}"
    nn2gltf.export(tmp_path / "run.nn2gltf", again, style="paper", title="Ours")
    assert again.read_bytes() == path.read_bytes()


def test_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nn2gltf.html import page

    slot = '<script type="application/octet-stream;base64" id="nn2gltf-scene"></script>'
    (tmp_path / "viewer.html").write_text(slot, "utf-8")
    monkeypatch.setattr(page, "source_tree_viewer", lambda: tmp_path / "viewer.html")
    monkeypatch.setattr(page, "installed_viewer", lambda: tmp_path / "nowhere")
    nn2gltf.export(Tiny(), tmp_path / "net.html")
    nn2gltf.export(Tiny(), tmp_path / "net.html")
    assert b"Z2xURg" in (tmp_path / "net.html").read_bytes()


def test_training_that_diverges_still_gives_a_valid_scene(tmp_path: Path) -> None:
    model, x = Tiny(), torch.randn(2, 4)
    with nn2gltf.Recorder(model, probes=x) as recorder:
        with torch.no_grad():
            model.first.weight.fill_(float("nan"))
        recorder.step(loss=float("nan"), accuracy=float("inf"))
    recorder.export(tmp_path / "net.glb")
    found = extras(tmp_path / "net.glb")
    assert found["steps"][1]["metrics"] == {"loss": None, "accuracy": None}
    assert sum(layer["values"]["notFinite"] for layer in found["layers"]) > 0


# Samples as text


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "mlp.pt"
    save_model(
        build_model("mlp"), path, {"model": "mlp", "data": "digits", "mean": 0.5, "std": 2.0, "epochs": 1}
    )
    return path


def test_samples_from_data_sets(saved: Path, tmp_path: Path) -> None:
    nn2gltf.export(saved, tmp_path / "a.glb", sample="digits:1,7-9")
    assert [probe["label"] for probe in extras(tmp_path / "a.glb")["probes"]] == [1, 7, 8, 9]


def test_samples_from_pictures_and_arrays(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    ramp = np.arange(784, dtype=np.uint8).reshape(28, 28)
    for name in ("b.png", "a.png"):
        Image.fromarray(ramp).save(folder / name)
    (folder / "notes.txt").write_text("not a picture")
    nn2gltf.export(saved, tmp_path / "folder.glb", sample=str(folder))
    np.save(
        tmp_path / "x.npy",
        ((ramp / np.float32(255) - np.float32(0.5)) / np.float32(2)).reshape(1, 784).repeat(2, 0),
    )
    nn2gltf.export(saved, tmp_path / "array.glb", sample=str(tmp_path / "x.npy"))
    pictures, array = extras(tmp_path / "folder.glb"), extras(tmp_path / "array.glb")
    assert len(pictures["probes"]) == len(array["probes"]) == 2
    out = [layer["values"]["maximum"] for layer in pictures["layers"]]
    assert out == pytest.approx([layer["values"]["maximum"] for layer in array["layers"]], rel=1e-5)


@pytest.mark.parametrize(
    ("sample", "code", "exit_code", "message"),
    [
        ("nothing-here", "E_SAMPLE", 66, "no such sample"),
        ("digits:12", "E_USAGE", 2, "outside the classes"),
        ("digits:x", "E_USAGE", 2, "names no classes"),
        ("bad.png", "E_SAMPLE", 65, "not a picture"),
        ("bad.npy", "E_SAMPLE", 65, "not an array"),
        ("empty", "E_SAMPLE", 65, "holds no pictures"),
        ("wrong.npy", "E_TRACE", 65, "the forward raised"),
    ],
)
def test_bad_samples(
    sample: str,
    code: str,
    exit_code: int,
    message: str,
    saved: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.png").write_bytes(b"no")
    (tmp_path / "bad.npy").write_bytes(b"no")
    (tmp_path / "empty").mkdir()
    np.save(tmp_path / "wrong.npy", np.zeros((2, 5), np.float32))
    with pytest.raises(Nn2gltfError, match=message) as caught:
        nn2gltf.export(saved, "out.glb", sample=sample)
    assert (caught.value.code, caught.value.exit_code) == (code, exit_code)
    assert not (tmp_path / "out.glb").exists()


def test_a_model_of_other_sizes_refuses_digits(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match="the model reads 4") as caught:
        nn2gltf.export(Tiny(), tmp_path / "x.glb", sample="digits")
    assert caught.value.code == "E_SAMPLE"


# Errors come before work, and nothing is left behind


class Untouchable(nn.Module):
    """Fails the test if anything runs it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise AssertionError("the model was run")


@pytest.mark.parametrize(
    ("output", "options", "error"),
    [
        ("no/x.glb", {}, OutputError),
        ("x.obj", {}, UsageError),
        ("x", {}, UsageError),
        ("x.glb", {"stile": "paper"}, UsageError),
    ],
)
def test_usage_is_checked_first(
    output: str, options: dict[str, Any], error: type[Nn2gltfError], tmp_path: Path
) -> None:
    with pytest.raises(error):
        nn2gltf.export(Untouchable(), tmp_path / output, sample=torch.zeros(1), **options)
    assert list(tmp_path.iterdir()) == []


def test_unknown_options_name_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean style"):
        nn2gltf.export(Tiny(), tmp_path / "x.glb", styl="paper")


@pytest.mark.parametrize("source", [42, None, nn.Linear])
def test_what_is_no_model(source: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no model"):
        nn2gltf.export(source, tmp_path / "x.glb")


def test_wrong_shapes_are_named(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="the forward raised"):
        nn2gltf.export(Tiny(), tmp_path / "x.glb", sample=torch.zeros(2, 7))
    with pytest.raises(TraceError, match="the forward raised"):
        nn2gltf.export(Tiny(), tmp_path / "x.glb", inputs=["1x7"])
    assert not (tmp_path / "x.glb").exists()


# The model file


def test_our_model_files_load_anywhere_and_are_known(tmp_path: Path) -> None:
    model = build_model("lenet", seed=3)
    ours, foreign = tmp_path / "ours.pt", tmp_path / "foreign.pt"
    save_model(model, ours, {"model": "lenet", "epochs": 2})
    assert not hasattr(model, FACTS)
    torch.save(model, foreign)
    assert [is_our_model(path) for path in (ours, foreign, tmp_path / "none.pt")] == [True, False, False]
    loaded = torch.load(ours, weights_only=False)
    assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), model.parameters(), strict=True))


# The facade


def test_facade_is_pinned() -> None:
    assert nn2gltf.__all__ == sorted(nn2gltf.__all__)
    assert set(nn2gltf.__all__) == {*nn2gltf._HOMES, "__version__"}
    for name in nn2gltf.__all__:
        assert getattr(nn2gltf, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        nn2gltf.nope  # noqa: B018
    assert set(nn2gltf.__all__) <= set(dir(nn2gltf))


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (
            lambda: nn2gltf.export,
            (
                "source output sample labels classes inputs model data_dir weights epochs_from steps max_nodes"
                " max_memory_gb max_seconds trust_model_code verify force options"
            ),
        ),
        (lambda: nn2gltf.trace, "model args kwargs"),
        (
            lambda: nn2gltf.Recorder,
            (
                "model probes labels path classes names thumbnails meta layers record every evaluate optimizer "
                "max_values resume force"
            ),
        ),
        (
            lambda: nn2gltf.train_model,
            "model data data_dir options output record save resume image_size progress force scene_options",
        ),
        (lambda: nn2gltf.demo, "folder model data data_dir options progress force scene_options"),
        (lambda: nn2gltf.inspect, "source model inputs max_nodes trust_model_code verify"),
        (lambda: nn2gltf.validate, "path khronos"),
        (lambda: nn2gltf.view, "path port open_browser ready"),
        (lambda: nn2gltf.write_page, "scene output force"),
    ],
)
def test_signatures_are_pinned(function: Callable[[], Any], parameters: str) -> None:
    assert list(python_inspect.signature(function()).parameters) == parameters.split()


def test_trace_infers_an_input_and_takes_one() -> None:
    graph = nn2gltf.trace(Tiny())
    assert [layer.id for layer in graph.layers] == ["input", "first", "relu", "second"]
    assert nn2gltf.trace(Tiny(), torch.zeros(7, 4)).layers[-1].outputs[0].shape == (7, 3)


def test_a_model_does_not_take_the_place_of_its_training(tmp_path: Path) -> None:
    from nn2gltf.api.exporting import default_output

    model = tmp_path / "net.pt"
    torch.save(nn.Linear(4, 2), model)
    assert default_output(str(model)) == tmp_path / "net.glb"
    nn2gltf.export(nn.Linear(4, 2), tmp_path / "net.glb", sample=torch.rand(2, 4))
    assert default_output(str(model)) == tmp_path / "net.glb", "one step may be replaced by another"
    with nn2gltf.Recorder(nn.Linear(4, 2), probes=torch.rand(2, 4)) as recorder:
        recorder.step()
    recorder.export(tmp_path / "net.glb")
    assert default_output(str(model)) == tmp_path / "net-model.glb"
