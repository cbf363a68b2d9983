"""More modules that trip tracers: odd element types, wrappers, containers, and functions that hide what they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, parametrize


class Pair(NamedTuple):
    mean: Tensor
    scale: Tensor


class Complex(nn.Module):
    """A transform into complex numbers, a complex weight, and back."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = nn.Parameter(torch.randn(5, dtype=torch.complex64))
        self.out = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(torch.fft.irfft(torch.fft.rfft(x) * self.filter, n=8))


class Half(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 2)).to(torch.bfloat16)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x.to(torch.bfloat16)).float()


class Mapped(nn.Module):
    """vmap over an ensemble of weights."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 4, 4))
        self.out = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(torch.vmap(lambda w: torch.tanh(x @ w))(self.weight).mean(0))


class Symmetric(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return weight.triu() + weight.triu(1).transpose(-1, -2)


def parametrized() -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), parametrizations.orthogonal(nn.Linear(4, 4)))
    parametrize.register_parametrization(model[0], "weight", Symmetric())
    return model


def old_weight_norm() -> nn.Module:
    return nn.Sequential(nn.utils.weight_norm(nn.Conv1d(2, 3, 3)), nn.ReLU())


class NamedOutputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mean, self.scale = nn.Linear(4, 2), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Pair:
        return Pair(self.mean(x), F.softplus(self.scale(x)))


class Nested(nn.Module):
    """A list of dictionaries of tuples as input and output."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList(
            [nn.ModuleDict({"a": nn.Linear(3, 3), "b": nn.Linear(3, 3)}) for _ in range(2)]
        )

    def forward(self, items: list[dict[str, tuple[Tensor, Tensor]]]) -> list[dict[str, Tensor]]:
        return [
            {"sum": part["a"](item["x"][0]) + part["b"](item["x"][1])}
            for part, item in zip(self.parts, items, strict=True)
        ]


class Cells(nn.Module):
    """Recurrence by hand, with a state that starts from nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.lstm, self.out = nn.GRUCell(3, 4), nn.LSTMCell(4, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        hidden, state = None, None
        for step in x.unbind(1):
            hidden = self.gru(step, hidden)
            state = self.lstm(hidden, state)
        return self.out(state[0])


class Packed(nn.Module):
    """Sequences of different lengths, packed."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(3, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([4, 2]), batch_first=True)
        return nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True)[0]


class Einsum(nn.Module):
    """Attention written as products of named axes."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(8, 24)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, -1)
        weights = torch.einsum("bqd,bkd->bqk", q, k).softmax(-1)
        return torch.einsum("bqk,bkd->bqd", weights, v)


class Functional(nn.Module):
    """Weights stored in a plain parameter list and applied by functions."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ParameterList([nn.Parameter(torch.randn(4, 4)) for _ in range(3)])
        self.gates = nn.ParameterDict({"g": nn.Parameter(torch.ones(4))})

    def forward(self, x: Tensor) -> Tensor:
        for weight in self.weights:
            x = torch.tanh(F.linear(x, weight)) * self.gates["g"]
        return x


class Overwriting(nn.Module):
    """Scatters, masks and fills into a buffer made in the forward."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        board = torch.zeros(x.shape[0], 8)
        board[:, ::2] = self.layer(x)
        board[:, 1::2].copy_(x)
        return board.masked_fill_(board < 0, 0.0).index_select(1, torch.arange(6))


class Hooked(nn.Module):
    """Hooks of the user's that change what passes."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.body[0].register_forward_hook(lambda _m, _i, out: out * 2)
        self.body.register_forward_pre_hook(lambda _m, args: (args[0] + 1,))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class KeywordOnly(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor, *rest: Tensor, scale: float = 0.5, **extra: Any) -> Tensor:
        return self.layer(x) * scale + sum(rest)


class Checkpointed(nn.Module):
    """Activation checkpointing runs its function through an autograd function."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        from torch.utils.checkpoint import checkpoint

        return self.b(checkpoint(lambda y: torch.relu(self.a(y)), x, use_reentrant=False))


class Autograd(torch.autograd.Function):
    @staticmethod
    def forward(_context: Any, x: Tensor) -> Tensor:
        return x.clamp(min=0)

    @staticmethod
    def backward(_context: Any, gradient: Tensor) -> Tensor:
        return gradient


class OwnGradient(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(Autograd.apply(self.layer(x)))


def quantized() -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    return torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)


def compiled() -> nn.Module:
    """torch.compile's own wrapper around a part of a model."""
    inner = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    return nn.Sequential(torch.compile(inner), nn.Linear(4, 2))


class OddCase(NamedTuple):
    build: Callable[[], nn.Module]
    args: Callable[[], tuple[Any, ...]]
    fake: bool = True


def _rows(*shape: int) -> Callable[[], tuple[Any, ...]]:
    return lambda: (torch.randn(*shape, generator=torch.Generator().manual_seed(1)),)


def _nested() -> tuple[Any, ...]:
    x, y = torch.randn(2, 3), torch.randn(2, 3)
    return ([{"x": (x, y)}, {"x": (y, x * 2)}],)


ODD: dict[str, OddCase] = {
    "autograd_function": OddCase(OwnGradient, _rows(2, 4)),
    "cells": OddCase(Cells, _rows(2, 5, 3)),
    "checkpointed": OddCase(Checkpointed, _rows(2, 4)),
    "compiled": OddCase(compiled, _rows(2, 4)),
    "complex": OddCase(Complex, _rows(2, 8)),
    "data_parallel": OddCase(lambda: nn.DataParallel(nn.Sequential(nn.Linear(4, 4), nn.ReLU())), _rows(2, 4)),
    "einsum": OddCase(Einsum, _rows(2, 5, 8)),
    "functional_weights": OddCase(Functional, _rows(2, 4)),
    "half": OddCase(Half, _rows(2, 4)),
    "hooked": OddCase(Hooked, _rows(2, 4)),
    "keyword_only": OddCase(KeywordOnly, lambda: (torch.randn(2, 4), torch.ones(2, 4), torch.ones(2, 4))),
    "mapped": OddCase(Mapped, _rows(2, 4)),
    "named_outputs": OddCase(NamedOutputs, _rows(2, 4)),
    "nested": OddCase(Nested, _nested),
    "old_weight_norm": OddCase(old_weight_norm, _rows(2, 2, 9)),
    "overwriting": OddCase(Overwriting, _rows(2, 4)),
    "packed": OddCase(Packed, _rows(2, 4, 3), fake=False),
    "parametrized": OddCase(parametrized, _rows(2, 4)),
    "quantized": OddCase(quantized, _rows(2, 4), fake=False),
}
"""Name to a model, its arguments, and whether fake tensors can run it."""


def make_odd(name: str) -> tuple[nn.Module, tuple[Any, ...]]:
    """The same model and input every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ODD[name].build(), ODD[name].args()
