"""What tests of model files share: a module of the user's own, a pickle that runs code, and zip archives."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import nn

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


def same_weights(one: nn.Module, two: nn.Module) -> bool:
    a, b = one.state_dict(), two.state_dict()
    return list(a) == list(b) and all(torch.equal(a[key], b[key]) for key in a)


class Touch:
    """Writes a file when it is unpickled by a loader that runs code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return touch_file, (str(self.path),)


def touch_file(path: str) -> None:
    Path(path).write_text("ran")


def zip_file(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path
