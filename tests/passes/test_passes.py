"""Passes: what folds, what stays, and that the graph is valid and says what was folded."""

from __future__ import annotations

import pytest
import torch
from awkward_models import HARD, FunctionalLeNet, Residual
from torch import nn

from nn2gltf.errors import UsageError
from nn2gltf.ir.graph import Graph
from nn2gltf.passes import pass_names, run_passes
from nn2gltf.sources.torch_trace import trace_torch


def folded(model: nn.Module, *args: torch.Tensor) -> Graph:
    return run_passes(trace_torch(model, args))


def test_an_activation_folds_into_its_producer_which_then_shows_its_value() -> None:
    graph = folded(FunctionalLeNet(), torch.zeros(1, 1, 28, 28))
    conv = graph.layer_by_id["conv1"]
    assert [f.op for f in conv.folded] == ["ReLU"]
    assert conv.value_id == "relu"
    assert [layer.id for layer in graph.layers] == [
        "input", "conv1", "max_pool2d", "conv2", "max_pool2d@2", "fc1", "fc2", "fc3",
    ]  # fmt: skip


def test_norm_and_activation_fold_in_a_row_with_their_parameters() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU())
    graph = folded(model, torch.zeros(1, 1, 6, 6))
    conv = graph.layer_by_id["0"]
    assert [f.op for f in conv.folded] == ["BatchNorm2d", "ReLU"]
    assert conv.value_id == "2"
    assert conv.parameter_count == sum(p.numel() for p in model.parameters())
    assert graph.outputs == ("0",)


def test_a_value_that_somebody_else_reads_does_not_fold() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.layer(x)
            return torch.relu(y) + y

    graph = folded(Both(), torch.zeros(1, 3))
    assert "relu" in graph.layer_by_id


def test_an_activation_after_an_addition_folds_into_it() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(2, 2, 3, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.conv(x) + x)

    graph = folded(Block(), torch.zeros(1, 2, 4, 4))
    assert [layer.id for layer in graph.layers] == ["input", "conv", "add"]
    assert graph.layer_by_id["add"].value_id == "relu"
    assert {(e.source, e.target) for e in graph.edges} == {
        ("input", "conv"),
        ("conv", "add"),
        ("input", "add"),
    }


def test_dropout_and_reshape_become_part_of_the_edge() -> None:
    model = nn.Sequential(
        nn.Linear(4, 4), nn.Unflatten(1, (2, 2)), nn.Dropout(), nn.Flatten(), nn.Linear(4, 2)
    )
    graph = folded(model, torch.zeros(1, 4))
    assert [layer.id for layer in graph.layers] == ["input", "0", "4"]
    assert {(e.source, e.target) for e in graph.edges} == {("input", "0"), ("0", "4")}


@pytest.mark.parametrize("name", sorted(HARD))
def test_every_pass_keeps_every_hard_graph_valid_and_lists_what_it_folded(name: str) -> None:
    kind, args = HARD[name]
    graph = trace_torch(kind(), args)
    for pass_name in pass_names():
        result = run_passes(graph, [pass_name])
        assert Graph.from_json(result.to_json()) == result
    result = run_passes(graph)
    listed = {f.id for layer in result.layers for f in layer.folded} | {layer.id for layer in result.layers}
    gone = {layer.id for layer in graph.layers} - listed
    assert all(graph.layer_by_id[i].kind in ("dropout", "reshape") for i in gone)


def test_residual_graphs_keep_their_skip() -> None:
    graph = folded(Residual(), torch.zeros(1, 6))
    assert ("input", "add") in {(e.source, e.target) for e in graph.edges}


def test_an_unknown_pass_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="fold_activations"):
        run_passes(folded(Residual(), torch.zeros(1, 6)), ["fold_everything"])
