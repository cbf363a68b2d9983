"""A training that is over: its code, a checkpoint for each epoch, and its last weights in every kind of file."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

CODE = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.norm = nn.BatchNorm2d(2)
        self.act = nn.ReLU()
        self.fc = nn.Linear(2 * 28 * 28, 10)

    def forward(self, x):
        return self.fc(self.act(self.norm(self.conv(x))).flatten(1))
"""
EPOCHS = (0, 1, 2, 10)


def build(folder: Path) -> nn.Module:
    """Writes ``net.py`` and makes its network."""
    (folder / "net.py").write_text(CODE)
    spec = importlib.util.spec_from_file_location("trained_run_net", folder / "net.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    torch.manual_seed(0)
    made: nn.Module = module.Net().eval()
    return made


def write_run(folder: Path) -> nn.Module:
    """``ckpt/epoch_0.pt`` ... ``epoch_10.pt``; the bias of ``fc`` is the epoch, the loss falls."""
    net = build(folder)
    (folder / "ckpt").mkdir()
    for epoch in EPOCHS:
        nn.init.constant_(net.fc.bias, float(epoch))  # type: ignore[union-attr,arg-type]
        content = {
            "state_dict": net.state_dict(),
            "epoch": epoch,
            "val_acc": 10.0 * epoch,
            "loss": 1 / (1 + epoch),
        }
        torch.save(content, folder / "ckpt" / f"epoch_{epoch}.pt")
    return net


def write_kinds(net: nn.Module, folder: Path) -> dict[str, Path]:
    """The same weights as a state dict, safetensors, TorchScript and torch.export."""
    example = torch.zeros(1, 1, 28, 28)
    paths = {
        kind: folder / f"{kind}{suffix}"
        for kind, suffix in {
            "state": ".pth",
            "tensors": ".safetensors",
            "script": ".pt",
            "program": ".pt2",
        }.items()
    }
    torch.save(net.state_dict(), paths["state"])
    save_file(net.state_dict(), paths["tensors"])
    torch.jit.save(torch.jit.trace(net, example), str(paths["script"]))  # type: ignore[no-untyped-call]
    torch.export.save(torch.export.export(net, (example,)), str(paths["program"]))
    return paths
