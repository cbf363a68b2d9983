"""Callbacks for Lightning and Hugging Face: they record, they change nothing, and nothing needs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

import nn2gltf
from nn2gltf.integrations.numbers import numbers_of
from nn2gltf.record import read_recording
from nn2gltf.torch_vision import require_torchvision

X = torch.rand(32, 4, generator=torch.Generator().manual_seed(0))
Y = torch.arange(32) % 3


def test_nothing_is_imported_until_it_is_asked_for() -> None:
    script = "import sys, nn2gltf, nn2gltf.api.recording; print([m for m in ('lightning', 'transformers') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_missing_framework_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from nn2gltf.errors import DependencyError

    for module, package in (("nn2gltf.lightning", "lightning"), ("nn2gltf.hf", "transformers")):
        for loaded in list(sys.modules):
            if loaded.partition(".")[0] == package:
                monkeypatch.delitem(sys.modules, loaded)
        monkeypatch.setitem(sys.modules, package, None)
        for name in (module, module.replace("nn2gltf.", "nn2gltf.integrations.")):
            monkeypatch.delitem(sys.modules, name, raising=False)
        with pytest.raises(DependencyError, match=package):
            getattr(nn2gltf, module.rpartition(".")[2])


def test_numbers_of_what_frameworks_log() -> None:
    logged = {"loss": torch.tensor(0.5), "steps": 3, "note": "1.5", "table": [1, 2], "many": torch.ones(2)}
    assert numbers_of(logged) == {"loss": 0.5, "steps": 3.0}


def fit(callbacks: list[Any]) -> dict[str, Tensor]:
    lightning = pytest.importorskip("lightning.pytorch", reason="Lightning is not installed")

    class Small(lightning.LightningModule):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(
                nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3)
            )

        def training_step(self, batch: list[Tensor]) -> Tensor:
            loss = nn.functional.cross_entropy(self.net(batch[0]), batch[1])
            self.log("train_loss", loss)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=0.01)

    torch.manual_seed(0)
    module = Small()
    trainer = lightning.Trainer(
        max_epochs=3,
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
    )
    trainer.fit(module, DataLoader(TensorDataset(X, Y), batch_size=8, shuffle=True))
    return {name: value.clone() for name, value in module.state_dict().items()}


def test_lightning_records_and_is_not_disturbed(tmp_path: Path) -> None:
    pytest.importorskip("lightning.pytorch", reason="Lightning is not installed")
    callback = nn2gltf.lightning.Callback(probes=X[:5], labels=Y[:5], model="net", path=tmp_path / "run")
    with pytest.raises(RuntimeError, match="not started"):
        _ = callback.recorder
    plain, recorded = fit([]), fit([callback])
    assert [name for name in plain if not torch.equal(plain[name], recorded[name])] == []
    recording = read_recording(tmp_path / "run")
    assert [(step.epoch, step.step) for step in recording.steps] == [(0, 0), (1, 4), (2, 8), (3, 12)]
    assert recording.steps[-1].metrics.keys() == {"train_loss"}
    weight = recording.weight("4.weight", -1)
    assert weight is not None
    assert torch.equal(torch.from_numpy(weight), recorded["net.4.weight"])


class Tokens(Dataset[dict[str, Tensor]]):
    def __len__(self) -> int:
        return 24

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {"input_ids": (torch.arange(6) * 7 + index) % 50, "labels": torch.tensor(index % 2)}


def train_bert(callbacks: list[Any], folder: Path) -> dict[str, Tensor]:
    require_torchvision()
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    model = transformers.BertForSequenceClassification(config)
    arguments = transformers.TrainingArguments(
        output_dir=str(folder / "hf"),
        num_train_epochs=2,
        per_device_train_batch_size=8,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
    )
    transformers.Trainer(model=model, args=arguments, train_dataset=Tokens(), callbacks=callbacks).train()
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_hugging_face_records_and_is_not_disturbed(tmp_path: Path) -> None:
    require_torchvision()
    pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    probes = {"input_ids": torch.stack([Tokens()[i]["input_ids"] for i in range(3)])}
    callback = nn2gltf.hf.Callback(probes=probes, path=tmp_path / "run")
    plain, recorded = train_bert([], tmp_path), train_bert([callback], tmp_path)
    assert [name for name in plain if not torch.equal(plain[name], recorded[name])] == []
    recording = read_recording(tmp_path / "run")
    assert [(step.epoch, step.step) for step in recording.steps] == [(0, 0), (1, 3), (2, 6)]
    assert "loss" in recording.steps[-1].metrics
    with pytest.raises(ValueError, match="on is 'batch'"):
        nn2gltf.hf.Callback(probes=probes, on="batch")
