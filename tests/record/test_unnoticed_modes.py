"""Bit-identical training with and without recording in every mode that people train in, recording everything."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from recorders import make_recorder
from torch import Tensor, nn
from torch.nn import functional

from nn2gltf.record.torch_quiet import undisturbed

ROOT = Path(__file__).parents[2]
EVERYTHING = ("weights", "changes", "units", "predictions", "gradients", "updates", "statistics")
X = torch.rand(24, 1, 8, 8, generator=torch.Generator().manual_seed(0))
Y = torch.arange(24) % 3
TOKENS = torch.arange(24 * 5).reshape(24, 5) % 11


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, 16)
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.2, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(16, 3)

    def forward(self, tokens: Tensor) -> Tensor:
        result: Tensor = self.head(self.encoder(self.embed(tokens)).mean(dim=1))
        return result


def cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout2d(0.3), nn.Flatten(), nn.Linear(144, 3)
    )


def mlp() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))


def frozen() -> nn.Module:
    model = cnn()
    model[0].requires_grad_(False)
    return model


Loop = Callable[[nn.Module, Tensor, torch.optim.Optimizer], None]


def plainly(model: nn.Module, x: Tensor, optimizer: torch.optim.Optimizer) -> None:
    for chosen in torch.randperm(24).split(8):
        optimizer.zero_grad()
        functional.cross_entropy(model(x[chosen]), Y[chosen]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def with_autocast(model: nn.Module, x: Tensor, optimizer: torch.optim.Optimizer) -> None:
    for chosen in torch.randperm(24).split(8):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = functional.cross_entropy(model(x[chosen]), Y[chosen])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def accumulating(model: nn.Module, x: Tensor, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    for chosen in torch.randperm(24).split(8):
        (functional.cross_entropy(model(x[chosen]), Y[chosen]) / 3).backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


CASES: dict[str, tuple[Callable[[], nn.Module], Tensor, Loop]] = {
    "mlp": (mlp, X, plainly),
    "cnn": (cnn, X, plainly),
    "transformer": (Transformer, TOKENS, plainly),
    "amp": (cnn, X, with_autocast),
    "amp transformer": (Transformer, TOKENS, with_autocast),
    "accumulation": (cnn, X, accumulating),
    "frozen": (frozen, X, plainly),
}


def train(make: Callable[[], nn.Module], x: Tensor, loop: Loop, path: Path | None) -> dict[str, Tensor]:
    torch.manual_seed(0)
    model = make()
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.01)
    recorder = None
    if path is not None:
        loader = torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(x, Y), batch_size=10, shuffle=True
        )
        recorder = make_recorder(
            model, x[:4], path=path, record=EVERYTHING, evaluate=loader, optimizer=optimizer, max_values=2000
        ).start()
    for _ in range(3):
        loop(model, x, optimizer)
        if recorder is not None:
            recorder.step()
    if recorder is not None:
        recorder.close()
        assert len(recorder.recording().steps) == 4
    state = {name: value.clone() for name, value in model.state_dict().items()}
    return {**state, "random": torch.rand(1)}


@pytest.mark.parametrize("case", CASES)
def test_training_is_bit_identical(case: str, tmp_path: Path) -> None:
    plain, recorded = train(*CASES[case], None), train(*CASES[case], tmp_path / "run")
    assert [name for name in plain if not torch.equal(plain[name], recorded[name])] == []
    torch.manual_seed(0)
    fresh = CASES[case][0]().state_dict()
    assert any(not torch.equal(plain[name], fresh[name]) for name in fresh)


def test_inside_autocast_its_cache_is_left_alone() -> None:
    """Some releases of torch keep a weight that was cast without gradients, and then do not train it."""
    gradients = []
    for record in (False, True):
        torch.manual_seed(0)
        model = mlp().eval()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert torch.is_autocast_cache_enabled()
            if record:
                with undisturbed(model):
                    assert not torch.is_autocast_cache_enabled()
                    assert model(X[:2]).dtype == torch.bfloat16
                assert torch.is_autocast_cache_enabled()
            loss = functional.cross_entropy(model(X), Y)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients.append(model[1].weight.grad)
    assert gradients[0] is not None
    assert torch.equal(gradients[0], gradients[1])


def test_compiled_training_is_bit_identical(tmp_path: Path) -> None:
    """In a process of its own: importing dynamo slows everything that follows."""
    script = """
        import sys, torch
        sys.path.insert(0, "tests/support")
        from pathlib import Path
        from recorders import make_recorder
        from torch import nn
        from torch.nn import functional
        x = torch.rand(24, 1, 8, 8, generator=torch.Generator().manual_seed(0)); y = torch.arange(24) % 3
        results = []
        for record in (False, True):
            torch.manual_seed(0)
            inner = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.2),
                                  nn.Flatten(), nn.Linear(144, 3))
            torch._dynamo.reset()
            model = torch.compile(inner, backend="aot_eager")
            optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
            recorder = make_recorder(model, x[:4], path=Path(sys.argv[1]) / "run").start() if record else None
            for _ in range(3):
                for chosen in torch.randperm(24).split(8):
                    optimizer.zero_grad()
                    functional.cross_entropy(model(x[chosen]), y[chosen]).backward()
                    optimizer.step()
                if recorder: recorder.step()
            results.append(inner.state_dict())
        assert all(torch.equal(results[0][k], results[1][k]) for k in results[0])
        assert len(recorder.recording().steps) == 4
        assert {"0", "2", "5"} <= recorder.recording().recorded
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_two_models_that_train_against_each_other(tmp_path: Path) -> None:
    def adversaries(path: Path | None) -> list[dict[str, Tensor]]:
        torch.manual_seed(0)
        maker = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 8))
        judge = nn.Sequential(nn.Linear(8, 16), nn.LeakyReLU(), nn.Dropout(0.2), nn.Linear(16, 1))
        noise = torch.rand(5, 4, generator=torch.Generator().manual_seed(1))
        recorders = []
        if path is not None:
            recorders = [
                make_recorder(maker, noise, path=path / "maker").start(),
                make_recorder(judge, X[:5].flatten(1)[:, :8], path=path / "judge").start(),
            ]
        made, judged = torch.optim.Adam(maker.parameters()), torch.optim.Adam(judge.parameters())
        for _ in range(3):
            for batch in X.flatten(1)[:, :8].split(8):
                judged.zero_grad()
                fake = maker(torch.randn(8, 4))
                (
                    functional.softplus(-judge(batch)).mean()
                    + functional.softplus(judge(fake.detach())).mean()
                ).backward()
                judged.step()
                made.zero_grad()
                functional.softplus(-judge(maker(torch.randn(8, 4)))).mean().backward()
                made.step()
            for recorder in recorders:
                recorder.step()
        for recorder in recorders:
            recorder.close()
        return [{k: v.clone() for k, v in model.state_dict().items()} for model in (maker, judge)]

    for plain, recorded in zip(adversaries(None), adversaries(tmp_path), strict=True):
        assert [name for name in plain if not torch.equal(plain[name], recorded[name])] == []


def test_modules_swapped_and_added_are_reported() -> None:
    model = nn.Sequential()
    model.add_module("body", nn.Linear(4, 8))
    model.add_module("head", nn.Linear(8, 2))
    recorder = make_recorder(model, torch.rand(3, 4)).start()
    model.head = nn.Linear(8, 3)
    model.add_module("extra", nn.Linear(3, 3))
    recorder.step()
    model.body = nn.Linear(4, 8)
    recorder.step()
    recording = recorder.recording()
    notes = recording.reductions
    assert notes["head"].startswith(
        "replaced by epoch 1: Linear(in_features=8, out_features=2, bias=True), "
        "now Linear(in_features=8, out_features=3, bias=True)"
    )
    assert notes["body"].startswith("replaced by epoch 2: Linear(in_features=4, out_features=8, bias=True)")
    assert "absent, now Linear" in notes["extra"]
    assert "has shape (3, 8) from epoch 1, not (2, 8)" in notes["head.weight"]
    assert np.isfinite(recording.activation("body", 2)).all()
    assert np.isnan(recording.activation("head", 1)).all()
    assert recording.weight("head.weight", 0) is not None
    assert recording.weight("head.weight", 1) is None


def test_a_table_and_a_dictionary_of_inputs() -> None:
    class Tabular(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kind, self.mix = nn.Embedding(5, 3), nn.Linear(7, 2)

        def forward(self, numbers: Tensor, kind: Tensor) -> Tensor:
            result: Tensor = self.mix(torch.cat([numbers, self.kind(kind)], dim=1))
            return result

    probes = {"numbers": torch.rand(6, 4), "kind": torch.arange(6) % 5}
    batches = [{**probes, "labels": torch.arange(6) % 2}]
    recording = make_recorder(Tabular(), probes, evaluate=batches, classes=["no", "yes"]).start().recording()
    assert recording.activation("mix", 0).shape == (6, 2)
    by_class = recording.number("class-mean", "mix")
    assert by_class is not None
    np.testing.assert_allclose(by_class[1], recording.activation("mix", 0)[1::2].mean(axis=0), rtol=1e-5)
