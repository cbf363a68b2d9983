"""What is taken out of a tensor stands on the edge, as it is written."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import nn2gltf
from nn2gltf.layout.stream import read_stream
from nn2gltf.sources.torch_ops import function_settings


@pytest.mark.parametrize(
    ("name", "args", "text"),
    [
        ("__getitem__", ((slice(None), 0),), "[:, 0]"),
        ("__getitem__", (-1,), "[-1]"),
        ("__getitem__", ((..., slice(1, None), None),), "[..., 1:, None]"),
        ("__getitem__", (slice(0, 9, 2),), "[0:9:2]"),
        ("select", (1, -1), "[:, -1]"),
        ("__getitem__", (torch.zeros(2, dtype=torch.long),), None),
        ("__getitem__", (tuple(range(20)),), None),
    ],
)
def test_index_text(name: str, args: tuple[object, ...], text: str | None) -> None:
    assert function_settings(name, (torch.zeros(3, 3), *args), {}).get("index") == text


class Reader(nn.Module):
    """Two blocks over tokens, and a head that reads one of them."""

    def __init__(self, token: int | None) -> None:
        super().__init__()
        self.start, self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)
        self.head, self.token = nn.Linear(4, 3), token

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.start(x)
        x = x + self.one(x)
        x = x + self.two(x)
        return self.head(x.mean(1) if self.token is None else x[:, self.token])  # type: ignore[no-any-return]


@pytest.mark.parametrize(("token", "found"), [(0, 0), (-1, 4), (2, 2), (None, None)])
def test_the_token_that_is_read_out(token: int | None, found: int | None) -> None:
    stream = read_stream(nn2gltf.trace(Reader(token), torch.zeros(1, 5, 4)))
    assert stream is not None
    assert stream.readout == found
