"""Tracing: ids, edges and shapes of awkward modules; values equal a plain forward; nothing is left behind."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from awkward_models import HARD, Failing, FunctionalLeNet, Tied
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from nn2gltf.errors import TraceError
from nn2gltf.ir.graph import Graph
from nn2gltf.sources.torch_trace import TraceOptions, capture_torch, trace_torch
from nn2gltf.torch_vision import require_torchvision


def build(name: str) -> tuple[nn.Module, tuple[Any, ...]]:
    torch.manual_seed(0)
    kind, args = HARD[name]
    return kind(), args


def edges(graph: Graph) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.edges}


def test_functional_layers_have_ids_and_plumbing_is_on_the_edge() -> None:
    model, args = build("functional")
    graph = trace_torch(model, args)
    ids = [layer.id for layer in graph.layers]
    assert ids == [
        "input", "conv1", "relu", "max_pool2d", "conv2", "relu@2", "max_pool2d@2", "fc1", "relu@3", "fc2", "relu@4", "fc3",
    ]  # fmt: skip
    flattened = next(edge for edge in graph.edges if edge.target == "fc1")
    assert flattened.via == ("flatten",)
    assert flattened.spec is not None
    assert flattened.spec.shape == (2, 16, 5, 5)
    assert graph.outputs == ("fc3",)
    assert graph.layer_by_id["conv1"].attributes["kernel_size"] == [5, 5]
    assert graph.layer_by_id["max_pool2d"].attributes["kernel_size"] == [2, 2]
    assert str(graph.layer_by_id["relu"].source).startswith("awkward_models.py:")


def test_a_reused_module_is_two_calls_of_one_set_of_weights() -> None:
    model, args = build("residual")
    graph = trace_torch(model, args)
    assert ("input", "add") in edges(graph)
    assert ("layer", "relu") in edges(graph)
    assert ("relu", "layer@2") in edges(graph)
    second = graph.layer_by_id["layer@2"]
    assert second.shares_weights_with == "layer"
    assert second.parameter_count == 0
    assert graph.parameter_count == 42


def test_writing_through_a_view_is_seen_by_readers_of_the_whole() -> None:
    model, args = build("in_place")
    assert ("mul", "sum") in edges(trace_torch(model, args))


def test_several_inputs_have_the_arguments_names() -> None:
    model, args = build("tuple_and_dict")
    graph = trace_torch(model, args)
    assert {("a", "left"), ("b", "right"), ("left", "add"), ("right", "cat")} <= edges(graph)
    assert set(graph.outputs) == {"add", "cat"}


def test_shared_weights_are_counted_once() -> None:
    graph = trace_torch(Tied(), (torch.tensor([[1, 2]]),))
    assert graph.parameter_count == 44
    shared = [p for layer in graph.layers for p in layer.parameters if p.shared_with]
    assert [p.name for p in shared] in ([], ["out.weight"])


def test_constants_that_no_input_reaches_are_not_drawn() -> None:
    model, args = build("mask")
    graph = trace_torch(model, args)
    assert [layer.id for layer in graph.layers] == ["input", "layer", "mul"]


@pytest.mark.parametrize("name", sorted(HARD))
def test_values_equal_a_plain_forward_and_nothing_changes(name: str) -> None:
    model, args = build(name)
    model.train()
    before = copy.deepcopy(model.state_dict())
    flags = {n: m.training for n, m in model.named_modules()}
    rng = torch.get_rng_state()
    call = nn.Module.__call__
    run = capture_torch(model, args, {}, values=True)
    assert nn.Module.__call__ is call
    assert torch.equal(torch.get_rng_state(), rng)
    assert flags == {n: m.training for n, m in model.named_modules()}
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    seen: dict[str, torch.Tensor] = {}

    def watch(path: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if torch.is_tensor(output):
                seen.setdefault(path, output.clone())

        return hook

    leaves = [(n, m) for n, m in model.named_modules() if not list(m.children())]
    hooks = [m.register_forward_hook(watch(n)) for n, m in leaves]
    model.eval()
    with torch.no_grad():
        model(*args)
    for hook in hooks:
        hook.remove()
    compared = [layer_id for layer_id in run.values if layer_id in seen]
    assert compared
    # while it is watched, torch's attention does not take its fused fast path, which rounds differently
    tolerance = 1e-6 if name == "attention" else 0.0
    for layer_id in compared:
        torch.testing.assert_close(run.values[layer_id], seen[layer_id], rtol=tolerance, atol=tolerance)


def test_an_in_place_activation_does_not_change_its_producers_recorded_value() -> None:
    model, args = build("in_place_relu")
    values = capture_torch(model, args, {}, values=True).values
    assert (values["body.0"] < 0).any()
    torch.testing.assert_close(values["body.1"], values["body.0"].relu())


def test_batch_norm_in_training_mode_keeps_its_statistics() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).train()
    before = copy.deepcopy(model.state_dict())
    trace_torch(model, (torch.randn(4, 1, 8, 8),))
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_a_failing_forward_gives_what_ran_and_says_where() -> None:
    graph = trace_torch(Failing(), (torch.zeros(1, 4),))
    assert [layer.id for layer in graph.layers] == ["input", "first"]
    assert any("second" in line for line in graph.report)
    with pytest.raises(TraceError, match="second"):
        capture_torch(Failing(), (torch.zeros(1, 4),), {}, values=True)
    with pytest.raises(TraceError, match="inputs="):
        trace_torch(Failing(), (torch.zeros(1, 4),), options=TraceOptions(partial=False))


def test_heavy_models_are_traced_without_computing() -> None:
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(40_000, 40_000), nn.ReLU(), nn.Linear(40_000, 10))
    graph = trace_torch(model, (torch.zeros(1, 40_000, device="meta"),))
    assert "fake" in graph.report[0]
    assert graph.layers[-1].outputs[0].shape == (1, 10)
    assert all(p.is_meta for p in model.parameters())


def test_fake_tracing_puts_every_parameter_back() -> None:
    model, args = build("functional")
    before = dict(model.named_parameters())
    trace_torch(model, args, options=TraceOptions(heavy_parameters=0))
    assert all(p is before[n] for n, p in model.named_parameters())
    torch.testing.assert_close(model(*args), model(*args))


def test_data_dependent_control_flow_falls_back_to_real_tensors_and_says_so() -> None:
    model, args = build("branching")
    graph = trace_torch(model, args, options=TraceOptions(heavy_parameters=0))
    assert [layer.id for layer in graph.layers] == ["input", "sum", "up"], (
        "the branch that was not taken is not drawn"
    )
    assert any("Fake tensors did not run" in line for line in graph.report)


def test_flops_agree_with_torchs_counter() -> None:
    model = FunctionalLeNet()
    sample = torch.zeros(1, 1, 28, 28)
    graph = trace_torch(model, (sample,))
    with FlopCounterMode(display=False) as counter:
        model(sample)
    assert sum(layer.flops or 0 for layer in graph.layers) == pytest.approx(
        counter.get_total_flops(), rel=0.01
    )


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small"])
def test_torchvision_parameters_are_all_read_and_the_output_is_reached(name: str) -> None:
    model = require_torchvision().models.get_model(name, weights=None)
    graph = trace_torch(model, (torch.zeros(1, 3, 64, 64),))
    read = {p.name for layer in graph.layers for p in layer.parameters if p.trainable}
    assert read == {n for n, _ in model.named_parameters()}
    assert graph.parameter_count == sum(p.numel() for p in model.parameters())
    reached = {"input"}
    for edge in graph.edges:
        if edge.source in reached:
            reached.add(edge.target)
    assert set(graph.outputs) <= reached
    assert Graph.from_json(graph.to_json()) == graph


def test_residual_additions_of_a_resnet_read_the_block_and_its_input() -> None:
    model = require_torchvision().models.resnet18(weights=None)
    graph = trace_torch(model, (torch.zeros(1, 3, 64, 64),))
    assert {("layer1.0.bn2", "layer1.0/add"), ("maxpool", "layer1.0/add")} <= edges(graph)
    assert ("layer2.0.downsample.1", "layer2.0/add") in edges(graph)
