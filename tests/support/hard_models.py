"""Small modules that trip tracers, each with an input; used by several tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # its usual name
from torch.nn.utils import parametrizations


class FunctionalNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5, padding=2)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x
        return self.relu(out)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.layer1 = nn.Sequential(Block(4), Block(4))
        self.fc = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.layer1(self.stem(x)).mean((2, 3)))


class Reused(nn.Module):
    """One module called three times, under a name that a function also has."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.relu(x))
        return F.relu(self.relu(F.relu(self.relu(x))))


class InPlaceViews(nn.Module):
    """Writes through one view are read through another."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(4, 4), nn.Linear(4, 2), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.a(x)
        left = y[:, :2]
        left += self.b(x)
        y[:, 3] = 0.5
        return self.c(F.hardtanh_(y))


class PositionalInPlace(nn.Module):
    """Activations whose ``inplace`` goes positionally, so that no keyword tells."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(4, 4), nn.ReLU6(inplace=True), nn.Linear(4, 4), nn.ELU(inplace=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class ManyOutputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(4, 8)
        self.heads = nn.ModuleDict({"mean": nn.Linear(8, 2), "scale": nn.Linear(8, 2)})

    def forward(self, x: Tensor, *, temperature: float = 1.0) -> dict[str, Any]:
        hidden = torch.tanh(self.body(x))
        low, high = hidden.chunk(2, -1)
        return {
            "mean": self.heads["mean"](hidden),
            "pair": (self.heads["scale"](hidden), low * high / temperature),
        }


class SharedWeights(nn.Module):
    """Two modules, one weight; and a module that is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, 6)
        self.mix = nn.Linear(6, 6)
        self.head = nn.Linear(6, 11, bias=False)
        self.head.weight = self.embed.weight
        self.unused = nn.Linear(3, 3)

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(F.gelu(self.mix(self.embed(ids))))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(5, 7, num_layers=2, batch_first=True, bidirectional=True)
        self.out = nn.Linear(14, 3)

    def forward(self, x: Tensor) -> Tensor:
        states = x.new_zeros(4, x.shape[0], 7)
        sequence, (hidden, _) = self.lstm(x, (states, torch.zeros_like(states)))
        return self.out(sequence[:, -1]) + hidden.mean()


class Attention(nn.Module):
    """MultiheadAttention, a learned table without an input, a class token and a mask."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.positions = nn.Embedding(32, 8)
        self.norm = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.out = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
        x = x + self.positions(torch.arange(x.shape[1]))
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        normed = self.norm(x)
        return self.out(x + self.attention(normed, normed, normed, attn_mask=mask)[0])[:, 0]


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.encoder(x)


class Prepared(nn.Module):
    """Weights computed before use: a mask, a parametrisation, the old weight_norm, a raw parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mask", torch.ones(5, 5).tril())
        self.weight = nn.Parameter(torch.randn(5, 5))
        self.normed = parametrizations.weight_norm(nn.Linear(5, 5))
        self.spectral = parametrizations.spectral_norm(nn.Linear(5, 4))
        self.gain = nn.Parameter(torch.ones(4))

    def forward(self, x: Tensor) -> Tensor:
        return self.spectral(self.normed(F.linear(x, self.weight * self.mask))) * self.gain


class OnTheFly(nn.Module):
    """Modules made inside the forward, and a module whose ``forward`` is called past ``__call__``."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.Identity(), nn.Dropout(0.5))
        self.direct = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.ReLU()(self.body(x))
        return nn.ReLU()(self.direct.forward(x))


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(3, 4), nn.Linear(5, 4)

    def forward(self, text: Tensor, image: Tensor) -> Tensor:
        return torch.einsum("ni,nj->nij", self.left(text), self.right(image)).flatten(1).softmax(-1)


class Gather(nn.Module):
    """An index from an input, into a parameter and into a tensor: no plumbing."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(9, 4))
        self.out = nn.Linear(4, 4)

    def forward(self, ids: Tensor) -> Tensor:
        rows = self.out(self.table[ids])
        return rows[torch.arange(len(ids)), ids.argmax(-1)]


class Case(NamedTuple):
    build: Callable[[], nn.Module]
    args: Callable[[], tuple[Any, ...]]


def _rows(*shape: int) -> Callable[[], tuple[Any, ...]]:
    return lambda: (torch.randn(*shape, generator=torch.Generator().manual_seed(1)),)


def _ids(*shape: int) -> Callable[[], tuple[Any, ...]]:
    return lambda: (torch.randint(0, 9, shape, generator=torch.Generator().manual_seed(1)),)


CASES: dict[str, Case] = {
    "functional": Case(FunctionalNet, _rows(2, 1, 28, 28)),
    "residual": Case(Residual, _rows(2, 3, 8, 8)),
    "reused": Case(Reused, _rows(2, 6)),
    "in_place_views": Case(InPlaceViews, _rows(2, 4)),
    "positional_in_place": Case(PositionalInPlace, _rows(2, 4)),
    "many_outputs": Case(ManyOutputs, _rows(2, 4)),
    "shared_weights": Case(SharedWeights, _ids(2, 5)),
    "recurrent": Case(Recurrent, _rows(2, 6, 5)),
    "attention": Case(Attention, _rows(2, 6, 8)),
    "encoder": Case(Encoder, _rows(2, 6, 8)),
    "prepared": Case(Prepared, _rows(2, 5)),
    "on_the_fly": Case(OnTheFly, _rows(2, 4)),
    "two_inputs": Case(TwoInputs, lambda: (torch.randn(2, 3), torch.randn(2, 5))),
    "gather": Case(Gather, _ids(3, 4)),
}


def make_case(name: str) -> tuple[nn.Module, tuple[Any, ...]]:
    """The same model and input every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return CASES[name].build(), CASES[name].args()
