"""Recording a Lightning training: one callback. Needs: pip install lightning.

python samples/lightning_callback.py [OUTPUT.glb]
"""

import sys

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import nn2gltf
from nn2gltf.train.data import load_dataset
from nn2gltf.train.registry import build_model

digits = load_dataset("digits")
x, y = torch.from_numpy(digits.normalise(digits.train_images)), torch.from_numpy(digits.train_labels)
output = sys.argv[1] if len(sys.argv) > 1 else "lightning.glb"


class Digits(LightningModule):
    """A lenet that learns digits."""

    def __init__(self) -> None:
        super().__init__()
        self.net = build_model("lenet")

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (n, 10)."""
        logits: torch.Tensor = self.net(images)
        return logits

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """Cross entropy."""
        images, truth = batch
        logits = self(images)
        loss = nn.functional.cross_entropy(logits, truth)
        self.log("train_loss", loss, on_step=False, on_epoch=True)
        self.log("train_accuracy", (logits.argmax(1) == truth).float().mean(), on_step=False, on_epoch=True)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=3e-3)


recording = nn2gltf.lightning.Callback(
    probes=x[:10], labels=y[:10], classes=digits.classes, model="net", path="lightning.nn2gltf"
)
trainer = Trainer(
    max_epochs=5, callbacks=[recording], logger=False, enable_checkpointing=False, enable_progress_bar=False
)
trainer.fit(Digits(), DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True))
print(recording.recorder.export(output, title="Lightning").path)
