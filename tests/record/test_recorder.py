"""The recorder: true values, in any wrapper, with every misuse named."""

from __future__ import annotations

import math
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from recorders import IMAGES, make_recorder
from recordings import assert_same
from torch import Tensor, nn

from nn2gltf.errors import UsageError
from nn2gltf.record import choose_probes, name_probes
from nn2gltf.train.registry import build_model

NAMES = ["mlp", "lenet", "resnet"]


def plain_forward(model: nn.Module, images: Tensor) -> dict[str, np.ndarray]:
    """The oracle: outputs of leaf modules by plain hooks in a plain evaluation run."""
    outputs: dict[str, np.ndarray] = {}

    def keep(path: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            outputs[path] = output.numpy().copy()

        return hook

    leaves = [(path, m) for path, m in model.named_modules() if path and next(m.children(), None) is None]
    handles = [module.register_forward_hook(keep(path)) for path, module in leaves]
    was = model.training
    model.eval()
    with torch.no_grad():
        model(images)
    model.train(was)
    for handle in handles:
        handle.remove()
    return outputs


def perturb(model: nn.Module) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01)


@pytest.mark.parametrize("place", ["memory", "folder"])
@pytest.mark.parametrize("name", NAMES)
def test_recorded_values_equal_a_plain_forward(name: str, place: str, tmp_path: Path) -> None:
    model = build_model(name)
    expected = []
    with make_recorder(model, path=tmp_path / "run" if place == "folder" else None) as recorder:
        expected.append(
            (plain_forward(model, IMAGES), {n: p.detach().clone() for n, p in model.named_parameters()})
        )
        perturb(model)
        recorder.step(loss=0.5)
        expected.append((plain_forward(model, IMAGES), dict(model.named_parameters())))
    recording = recorder.recording()
    compared = 0
    for step, (outputs, parameters) in enumerate(expected):
        for path in recording.recorded & outputs.keys():
            np.testing.assert_array_equal(recording.activation(path, step), outputs[path])
            compared += 1
        np.testing.assert_array_equal(recording.activation("input", step), IMAGES.numpy())
        for key, parameter in parameters.items():
            np.testing.assert_array_equal(recording.weight(key, step), parameter.detach().numpy())
    leaves = [p for p, m in model.named_modules() if p and not list(m.children())]
    passed_through = [p for p in leaves if isinstance(model.get_submodule(p), nn.Flatten | nn.Identity)]
    assert compared == 2 * (len(leaves) - len(passed_through))


def test_an_addition_is_recorded() -> None:
    model = build_model("resnet").eval()
    recording = make_recorder(model).start().recording()
    outputs = plain_forward(model, IMAGES)
    np.testing.assert_array_equal(
        recording.activation("block1/add", 0), outputs["block1.norm2"] + outputs["relu"]
    )


def test_in_place_operations_do_not_change_what_was_recorded() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True))
    recording = make_recorder(model).start().recording()
    with torch.no_grad():
        expected = model[0](IMAGES).numpy()
    assert (expected < 0).any()
    np.testing.assert_array_equal(recording.activation("0", 0), expected)
    np.testing.assert_array_equal(recording.activation("1", 0), np.maximum(expected, 0))


def test_memory_and_folder_hold_the_same(tmp_path: Path) -> None:
    runs = []
    for path in (None, tmp_path / "run"):
        model = build_model("lenet")
        recorder = make_recorder(
            model, path=path, labels=[3, 1, 2], classes="abcd", meta={"dataset": "noise"}
        ).start(loss=2.0)
        perturb(model)
        recorder.step(2, global_step=10, loss=torch.tensor(1.5), accuracy=np.float32(0.5))
        recorder.close()
        runs.append(recorder.recording())
    assert_same(runs[0], runs[1])
    assert [(s.epoch, s.step, s.metrics) for s in runs[0].steps] == [
        (0, 0, {"loss": 2.0}),
        (2, 10, {"loss": 1.5, "accuracy": 0.5}),
    ]
    assert [(p.label, p.name) for p in runs[0].probes] == [(3, "d"), (1, "b"), (2, "c")]
    assert runs[0].meta == {"dataset": "noise"}


def test_a_recording_taken_before_does_not_grow() -> None:
    recorder = make_recorder(build_model("mlp")).start()
    early = recorder.recording()
    recorder.step()
    assert len(early.steps) == 1
    assert len(recorder.recording().steps) == 2


def test_epochs_count_themselves_and_must_increase() -> None:
    recorder = make_recorder(build_model("mlp")).start()
    epochs = [recorder.step().epoch, recorder.step(1.5).epoch, recorder.step().epoch, recorder.step(7).epoch]
    assert epochs == [1, 1.5, 2, 7]
    for epoch in (7, 3, math.nan, math.inf):
        with pytest.raises(UsageError, match="does not follow 7"):
            recorder.step(epoch)
    assert len(recorder.recording().steps) == 5


class Compiled(nn.Module):
    """What torch.compile makes, without the compiler."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self._orig_mod = inner

    def forward(self, images: Tensor) -> Tensor:
        raise AssertionError("the wrapper must not run")


@pytest.mark.parametrize("wrap", [Compiled, nn.DataParallel, lambda m: Compiled(nn.DataParallel(m))])
def test_wrappers_are_looked_through(wrap: Any) -> None:
    model = build_model("lenet")
    plain, wrapped = make_recorder(model).start().recording(), make_recorder(wrap(model)).start().recording()
    assert wrapped.recorded == plain.recorded
    np.testing.assert_array_equal(wrapped.activation("out", 0), plain.activation("out", 0))
    assert wrapped.weight("conv1.weight") is not None


def test_compiled_models_run_eagerly(tmp_path: Path) -> None:
    """In a process of its own: importing dynamo slows everything that follows."""
    script = """
        import sys, torch
        from torch import nn
        from nn2gltf.record.torch_recorder import Recorder
        from nn2gltf.sources.torch_trace import capture_torch
        ran = []
        def backend(module, inputs):
            ran.append(1)
            return module.forward
        images = torch.rand(3, 1, 28, 28)
        inner = nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.ReLU(), nn.Linear(8, 2))
        model = torch.compile(inner, backend=backend)
        inner[1].compile(backend=backend)
        assert "torch._dynamo" in sys.modules
        model.train()
        model(images)
        compiled = len(ran)
        recorder = Recorder(model, probes=images, capture=capture_torch).start()
        assert len(ran) == compiled > 0, ran
        assert {"1", "2", "3"} <= recorder.recording().recorded, recorder.recording().recorded
        model(images[:2])
        assert inner.training
    """
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=root, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_named_and_several_arguments() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 2)

        def forward(self, x: Tensor, scale: float = 1.0, *, bias: Tensor) -> Tensor:
            return self.fc(x) * scale + bias

    x, bias = torch.rand(3, 4), torch.rand(3, 2)
    model = Two()
    expected = (model.fc(x) * 2.0 + bias).detach().numpy()
    recording = make_recorder(model, {"x": x, "scale": 2.0, "bias": bias}).start().recording()
    np.testing.assert_array_equal(recording.activation(recording.graph.outputs[0], 0), expected)

    class Positional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.both = nn.Bilinear(4, 2, 3)

        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return self.both(a, b)

    assert make_recorder(Positional(), (x, bias)).start().recording().activation("both", 0).shape == (3, 3)


def test_probes_are_copied(tmp_path: Path) -> None:
    images, model = IMAGES.clone(), build_model("mlp")
    recorder = make_recorder(model, images).start()
    images.zero_()
    recorder.step()
    recording = recorder.recording()
    np.testing.assert_array_equal(recording.activation("out", 0), recording.activation("out", 1))


def test_half_precision_becomes_float32() -> None:
    model = nn.Sequential(nn.Linear(4, 2)).to(torch.bfloat16)
    recording = make_recorder(model, torch.rand(3, 4, dtype=torch.bfloat16)).start().recording()
    assert recording.activation("0", 0).dtype == np.float32
    weight = recording.weight("0.weight")
    assert weight is not None
    assert weight.dtype == np.float32
    np.testing.assert_array_equal(weight, model[0].weight.detach().float().numpy())


def test_what_cannot_be_recorded_is_said() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(10, 4)

        def forward(self, tokens: Tensor) -> Tensor:
            values = self.embed(tokens)
            return values.transpose(0, 1).contiguous() * 2

    recording = make_recorder(Odd(), torch.tensor([[1, 2], [3, 4], [5, 6]])).start().recording()
    assert recording.reductions["input"] == "not recorded: its output is int64"
    assert any(
        "the first axis of its output is 2, not the 3 probes" in text
        for text in recording.reductions.values()
    )
    assert recording.recorded == {"embed"}


def test_large_models_are_recorded_without_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    from nn2gltf.record import torch_values

    model = nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 3))
    for limit, trained, expected, text in (
        (43, True, {"0.weight", "1.weight"}, ""),
        (42, True, set(), "weights are not recorded: 43 trainable numbers, more than 42"),
        (42, False, {"1.weight"}, "weights of frozen layers are not recorded"),
    ):
        monkeypatch.setattr(torch_values.collect_weights, "__defaults__", (limit,))
        model[0].requires_grad_(trained)
        recording = make_recorder(model, torch.rand(2, 4)).start().recording()
        kept = {name for name in ("0.weight", "1.weight") if recording.weight(name) is not None}
        assert (kept, recording.reductions.get("", "")) == (expected, text)


def test_shared_weights_are_kept_once() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
    model[2].weight = model[0].weight
    recording = make_recorder(model, torch.rand(2, 4)).start().recording()
    np.testing.assert_array_equal(recording.weight("2.weight"), recording.weight("0.weight"))


def test_layers_that_come_and_go() -> None:
    class Moody(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second, self.mood = nn.Linear(4, 4), nn.Linear(4, 4), 0

        def forward(self, x: Tensor) -> Tensor:
            return self.first(x) if self.mood == 0 else self.second(x[:, :4])

    model = Moody()
    recorder = make_recorder(model, torch.rand(2, 4)).start()
    model.mood = 1
    recorder.step()
    recording = recorder.recording()
    assert np.isfinite(recording.activation("first", 0)).all()
    assert np.isnan(recording.activation("first", 1)).all()
    assert recording.reductions["first"] == "did not run at epoch 1: shown as no value"
    assert "first ran at epoch 1" in recording.reductions["second"]


def test_thumbnails_of_images_and_of_other_things() -> None:
    grey = make_recorder(build_model("mlp")).start().recording().probes
    assert [p.thumbnail.shape for p in grey if p.thumbnail is not None] == [(28, 28)] * 3
    assert max(p.thumbnail.max() for p in grey if p.thumbnail is not None) == 255
    colour = make_recorder(nn.Conv2d(3, 1, 1), torch.rand(2, 3, 5, 4)).start().recording().probes
    assert [p.thumbnail.shape for p in colour if p.thumbnail is not None] == [(5, 4, 3)] * 2
    assert make_recorder(nn.Linear(4, 2), torch.rand(2, 4)).start().recording().probes[0].thumbnail is None
    given = [np.full((2, 2), i, np.uint8) for i in range(3)]
    assert make_recorder(build_model("mlp"), thumbnails=given).start().recording().probes[
        2
    ].thumbnail.tolist() == [
        [2, 2],
        [2, 2],
    ]


def test_every_rank_runs_and_rank_0_records(tmp_path: Path) -> None:
    script = """
        import sys, torch
        import torch.distributed as dist
        from torch import nn
        from nn2gltf.errors import RecordingError
        from nn2gltf.record.torch_recorder import Recorder
        from nn2gltf.sources.torch_trace import capture_torch
        rank, folder = int(sys.argv[1]), sys.argv[2]
        dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
        torch.manual_seed(0)
        model = nn.parallel.DistributedDataParallel(nn.Linear(4, 2))
        with Recorder(model, probes=torch.rand(3, 4), capture=capture_torch, path=f"{folder}/run") as recorder:
            model(torch.rand(5, 4)).sum().backward()
            recorder.step()
        try:
            print(rank, len(recorder.recording().steps), len(recorder.steps))
        except RecordingError as error:
            print(rank, "refused", len(recorder.steps))
        dist.destroy_process_group()
    """
    root = Path(__file__).parents[2]
    ranks = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script), str(rank), str(tmp_path)],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    answers = [rank.communicate(timeout=200) for rank in ranks]
    assert [out.strip() for out, _ in answers] == ["0 2 2", "1 refused 2"], answers


def test_chosen_probes_are_typical_and_deterministic() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([4, 1], 20)
    images = rng.integers(0, 50, (40, 8, 8)) + 100 * (labels == 1)[:, None, None]
    chosen = choose_probes(images.astype(np.uint8), labels, per_class=3)
    assert labels[chosen].tolist() == [1, 1, 1, 4, 4, 4]
    mean = images[labels == 4].mean(axis=0)
    distances = np.square(images - mean).sum(axis=(1, 2))
    assert distances[chosen[3]] == distances[labels == 4].min()
    np.testing.assert_array_equal(chosen, choose_probes(images.astype(np.uint8), labels, per_class=3))
    assert choose_probes(images[:0], labels[:0]).tolist() == []
    with pytest.raises(UsageError):
        choose_probes(images, labels, per_class=0)
    with pytest.raises(UsageError):
        choose_probes(images, labels[:3])
    assert name_probes([1, 1, None], ["a", "b"]) == ("b", "b (2)", "probe 2")
