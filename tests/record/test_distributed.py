"""Two gloo ranks: the same weights with and without recording, merged statistics, and no rank left waiting."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from distributed_run import make_data, make_model

from nn2gltf.errors import WriteError
from nn2gltf.record import read_recording, torch_ranks
from nn2gltf.record.torch_ranks import _run

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "support" / "distributed_run.py"


def run_ranks(folder: Path, kind: str, record: str) -> list[tuple[int, str, str]]:
    """Status, stdout and stderr of both ranks."""
    ranks = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(rank), str(folder), kind, record],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        )
        for rank in (0, 1)
    ]
    answers = [rank.communicate(timeout=200) for rank in ranks]
    return [(rank.returncode, out, err) for rank, (out, err) in zip(ranks, answers, strict=True)]


@pytest.mark.parametrize("kind", ["ddp", "fsdp"])
def test_recording_on_two_ranks(tmp_path: Path, kind: str) -> None:
    for record in ("plain", "record"):
        answers = run_ranks(tmp_path, kind, record)
        assert [(status, out.strip()) for status, out, _ in answers] == [(0, "ok")] * 2, answers
    plain, recorded = (torch.load(tmp_path / f"{name}-0.pt") for name in ("plain", "record"))
    assert [name for name in plain if not torch.equal(plain[name], recorded[name])] == []
    assert any(not torch.equal(plain[name], value) for name, value in make_model().state_dict().items())

    recording = read_recording(tmp_path / "record")
    assert [step.epoch for step in recording.steps] == [0, 1, 2, 3]
    assert recording.graph.name == "Sequential"
    assert recording.graph.parameter_count == sum(p.numel() for p in make_model().parameters())
    # Rank 0 runs its own batch statistics, so its model is the one to compare with.
    model = make_model().eval()
    model.load_state_dict(recorded)
    images, labels = make_data()
    with torch.no_grad():
        expected = {"4": model(images), "0": model[0](images)}
        probes = model(images[:5])
    np.testing.assert_allclose(recording.activation("4", -1), probes, rtol=1e-5, atol=1e-6)
    for name, parameter in model.named_parameters():
        np.testing.assert_array_equal(recording.weight(name, -1), parameter.detach())
        assert recording.number("gradient", name, -1) is not None
        found = recording.number("weight-norm", name, -1)
        assert found is not None
        assert float(found) == pytest.approx(float(parameter.detach().norm()), rel=1e-5)
    # Sharded: batches beyond the shorter part are left out.
    used = range(24) if kind == "ddp" else [*range(10), *range(14, 24)]
    assert recording.number("samples", "all", -1) == len(used)
    if kind == "fsdp":
        return
    for layer_id in ("0",):
        values = expected[layer_id][list(used)]
        mean, deviation = recording.number("mean", layer_id, -1), recording.number("std", layer_id, -1)
        np.testing.assert_allclose(mean, values.mean(0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(deviation, values.std(0, correction=0), rtol=1e-4, atol=1e-5)
        by_class = recording.number("class-mean", layer_id, -1)
        assert by_class is not None
        np.testing.assert_allclose(by_class[1], values[labels == 1].mean(0), rtol=1e-4, atol=1e-5)


def test_a_collective_is_over_when_its_backend_lets_go() -> None:
    """Else gloo's thread drops the tensor while the interpreter ends, and aborts a run that is done."""
    tensor, released = torch.zeros(3), threading.Event()

    class Work:
        def wait(self) -> None:
            """Nothing to wait for: the reference is what matters."""

    def collective(given: torch.Tensor, async_op: bool) -> Work:
        assert async_op
        kept = [given]

        def let_go() -> None:
            released.set()
            kept.clear()

        threading.Timer(0.05, let_go).start()
        return Work()

    _run(collective, tensor)
    assert released.is_set()


@pytest.mark.parametrize("writing", [True, False])
def test_a_failure_is_raised_once_every_rank_has_heard_of_it(
    monkeypatch: pytest.MonkeyPatch, writing: bool
) -> None:
    """Else rank 0's end closes the connection, and a slower rank reports that instead of the full disk."""
    events: list[str] = []

    def meet(flag: bool) -> bool:
        events.append("met")
        raise RuntimeError("connection closed by peer")

    def action() -> None:
        raise WriteError("no space left")

    monkeypatch.setattr(torch_ranks, "is_distributed", lambda: True)
    monkeypatch.setattr(torch_ranks, "is_writing_rank", lambda: writing)
    monkeypatch.setattr(torch_ranks, "_from_first_rank", lambda _: "no space left")
    monkeypatch.setattr(torch_ranks, "all_ranks", meet)
    with pytest.raises(WriteError, match="no space left"):
        torch_ranks.run_on_writer(action)
    assert events == ["met"]


def test_a_killed_rank_ends_the_other_with_an_error(tmp_path: Path) -> None:
    (first, out, err), (second, _, _) = run_ranks(tmp_path, "ddp", "die")
    assert second == -9
    assert first != 0, (out, err)
    assert "ok" not in out
    assert len(read_recording(tmp_path / "die").steps) == 2


def test_a_full_disk_on_rank_0_is_raised_on_every_rank(tmp_path: Path) -> None:
    (first, out, _), (second, other, _) = run_ranks(tmp_path, "ddp", "full")
    assert (first, second) == (3, 3)
    assert out.startswith("WriteError no space left")
    assert other.startswith("WriteError rank 0 cannot record: no space left")
    assert len(read_recording(tmp_path / "full").steps) == 2
