"""Hand-written modules that are awkward to trace."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


class FunctionalLeNet(nn.Module):
    """Everything but the weights is a function."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 5, padding=2), nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        x = functional.relu(self.fc1(x.flatten(1)))
        return self.fc3(functional.relu(self.fc2(x)))


class Residual(nn.Module):
    """x + f(x), and the same layer called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.relu(self.layer(torch.relu(self.layer(x))))


class InPlace(nn.Module):
    """Writes into a view; the whole tensor is read afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.layer(x)
        half = y[:, :2]
        half.mul_(2.0)
        return y.sum(1)


class InPlaceRelu(nn.Module):
    """The activation overwrites its producer's output."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True), nn.Flatten())

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class TupleAndDict(nn.Module):
    """Several inputs, a tuple inside, a dictionary out."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(3, 5), nn.Linear(3, 5)

    def forward(self, a: Tensor, b: Tensor) -> dict[str, Tensor]:
        pair = (self.left(a), self.right(b))
        return {"sum": pair[0] + pair[1], "both": torch.cat(pair, dim=1)}


@dataclass
class Answer:
    """A result that is neither tuple nor dictionary."""

    logits: Tensor


class DataclassOut(nn.Module):
    """Returns a dataclass."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Answer:
        return Answer(logits=self.head(x))


class Tied(nn.Module):
    """Two names for one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, 4)
        self.out = nn.Linear(4, 11, bias=False)
        self.out.weight = self.embed.weight

    def forward(self, ids: Tensor) -> Tensor:
        return self.out(self.embed(ids))


class Recurrent(nn.Module):
    """An LSTM whose outputs and state are both used."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(3, 4, batch_first=True)
        self.head = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        every, (last, _) = self.lstm(x)
        return self.head(torch.cat([every.mean(1), last[0]], dim=1))


class Attention(nn.Module):
    """Multi-head attention with a residual and a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = nn.LayerNorm(8)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x + self.attend(x, x, x, need_weights=False)[0])


class Masked(nn.Module):
    """A mask made in the forward that no input reaches."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(5, 5)

    def forward(self, x: Tensor) -> Tensor:
        mask = torch.tril(torch.ones(5, 5)).sum(0)
        return self.layer(x) * mask


class Failing(nn.Module):
    """Stops in its second layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(7, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x))


class Branching(nn.Module):
    """Control flow that depends on values."""

    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(2, 2), nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.up(x) if x.sum().item() > 0 else self.down(x)


def pictures(*shape: int) -> Tensor:
    """A fixed batch of numbers."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


HARD = {
    "functional": (FunctionalLeNet, (pictures(2, 1, 28, 28),)),
    "residual": (Residual, (pictures(3, 6),)),
    "in_place": (InPlace, (pictures(2, 4),)),
    "in_place_relu": (InPlaceRelu, (pictures(2, 1, 6, 6),)),
    "tuple_and_dict": (TupleAndDict, (pictures(2, 3), pictures(2, 3))),
    "dataclass": (DataclassOut, (pictures(2, 4),)),
    "tied": (Tied, (torch.tensor([[1, 2, 3]]),)),
    "lstm": (Recurrent, (pictures(2, 5, 3),)),
    "attention": (Attention, (pictures(2, 5, 8),)),
    "mask": (Masked, (pictures(2, 5),)),
    "branching": (Branching, (torch.ones(1, 2),)),
}
"""Name to class and arguments."""
