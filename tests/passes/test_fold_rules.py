"""Laws of the passes on hard modules, and the folds that decide what an output layer shows."""

from __future__ import annotations

import pytest
import torch
from hard_models import CASES, make_case
from torch import Tensor, nn

from nn2gltf.ir.graph import Graph
from nn2gltf.passes import DEFAULT_PASSES, run_passes
from nn2gltf.sources.torch_trace import capture_torch, trace_torch


@pytest.mark.parametrize("name", sorted(CASES))
def test_folding_keeps_every_layer_every_parameter_and_all_paths(name: str) -> None:
    model, args = make_case(name)
    run = capture_torch(model, args, {}, values=True)
    before, after = run.graph, run_passes(run.graph)
    home = {folded.id: layer.id for layer in after.layers for folded in layer.folded}
    kept = {layer.id for layer in after.layers}
    dropped = {layer.id for layer in before.layers} - kept - set(home)
    assert all(before.layer_by_id[i].kind in ("dropout", "reshape") for i in dropped)
    assert after.parameter_count == before.parameter_count
    assert sum(layer.flops or 0 for layer in after.layers) == sum(layer.flops or 0 for layer in before.layers)
    for layer in after.layers:
        assert layer.value_id in run.values
        assert tuple(run.values[layer.value_id].shape) == layer.outputs[0].shape
    expected = {(home.get(e.source, e.source), home.get(e.target, e.target)) for e in before.edges}
    assert {(e.source, e.target) for e in after.edges} == {(s, t) for s, t in expected if s != t}
    assert set(after.outputs) == {home.get(i, i) for i in before.outputs}
    assert run_passes(after) == after, "nothing is left to fold"


@pytest.mark.parametrize("last", [nn.Softmax(-1), nn.LogSoftmax(-1)])
def test_a_softmax_at_the_end_folds_into_the_linear_layer(last: nn.Module) -> None:
    graph = run_passes(trace_torch(nn.Sequential(nn.Linear(4, 3), last), (torch.zeros(1, 4),)))
    assert [layer.id for layer in graph.layers] == ["input", "0"]
    assert graph.layer_by_id["0"].value_id == "1"
    assert graph.outputs == ("0",)


def test_a_softmax_inside_stays() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(-1), nn.Linear(3, 2))
    graph = run_passes(trace_torch(model, (torch.zeros(1, 4),)))
    assert [layer.id for layer in graph.layers] == ["input", "0", "1", "2"]


def test_a_value_that_the_model_returns_does_not_fold() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            y = self.layer(x)
            return y, torch.relu(y)

    graph = run_passes(trace_torch(Both(), (torch.zeros(1, 3),)))
    assert graph.outputs == ("layer", "relu")


def test_one_output_of_several_does_not_hide_the_others() -> None:
    class Split(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(3, 2)

        def forward(self, x: Tensor) -> Tensor:
            return torch.tanh(self.lstm(x)[0])

    graph = run_passes(trace_torch(Split(), (torch.zeros(2, 1, 3),)))
    assert [layer.id for layer in graph.layers] == ["input", "lstm", "tanh"]


def test_functional_dropout_at_evaluation_makes_no_layer() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = nn.functional.dropout(self.layer(x), training=self.training, inplace=True)
            return self.layer(nn.functional.dropout(x))

    traced = trace_torch(Net(), (torch.zeros(1, 3),))
    assert [layer.id for layer in traced.layers] == ["input", "layer", "dropout", "layer@2"], (
        "the second one drops"
    )
    graph = run_passes(traced, DEFAULT_PASSES)
    assert [layer.id for layer in graph.layers] == ["input", "layer", "layer@2"]
    assert graph.inputs_of["layer@2"][0].via == ("dropout",)
    assert Graph.from_json(graph.to_json()) == graph
