"""Tracing of odd models: element types, wrappers, containers, hooks; real and fake alike, replayed, nothing left behind."""

from __future__ import annotations

import copy
import weakref
from typing import Any

import pytest
import torch
from odd_models import ODD, make_odd
from torch import Tensor, nn

from nn2gltf.ir.graph import Graph
from nn2gltf.sources.torch_trace import TraceOptions, trace_torch
from nn2gltf.sources.torch_verify import verify_torch

pytestmark = pytest.mark.filterwarnings("ignore")

EDGES: dict[str, set[str]] = {
    "autograd_function": {"input>layer", "layer>clamp", "clamp>layer@2"},
    "checkpointed": {"input>a", "a>relu", "relu>b"},
    "complex": {"input>fft_rfft", "fft_rfft>mul", "mul>fft_irfft", "fft_irfft>out"},
    "einsum": {"input>qkv", "qkv>/einsum", "/einsum>softmax", "softmax>/einsum@2", "qkv>/einsum@2"},
    "hooked": {"input>body/add", "body/add>body.0", "body.0>body.1"},
    "keyword_only": {"x>layer", "layer>mul", "rest1>add", "add>add@2", "rest2>add@2", "mul>add@3", "add@2>add@3"},
    "mapped": {"input>matmul", "matmul>tanh", "tanh>mean", "mean>out"},
    "named_outputs": {"input>mean", "input>scale", "scale>softplus"},
    "nested": {
        "items1>parts.0.a", "items2>parts.0.b", "parts.0.a>add", "parts.0.b>add",
        "items2>parts.1.a", "items4>parts.1.b", "parts.1.a>add@2", "parts.1.b>add@2",
    },
    "parametrized": {"input>0", "0>1", "1>2"},
    "quantized": {"input>0", "0>1", "1>2"},
}  # fmt: skip
NOT_REPLAYED = {"mapped"}
NOT_EXPORTED = {"packed", "quantized"}


def pairs(graph: Graph) -> set[str]:
    return {f"{edge.source}>{edge.target}" for edge in graph.edges}


@pytest.mark.parametrize("name", sorted(EDGES))
def test_edges_are_exactly_these(name: str) -> None:
    model, args = make_odd(name)
    assert pairs(trace_torch(model, args)) == EDGES[name]


@pytest.mark.parametrize("name", sorted(ODD))
def test_fake_tensors_give_the_same_graph_or_say_why_not(name: str) -> None:
    model, args = make_odd(name)
    real, fake = trace_torch(model, args), trace_torch(model, args, options=TraceOptions(tensors="fake"))
    if name == "packed":  # the lengths are values
        assert "The forward stopped in " in fake.report[0]
        return
    assert fake.report[0].startswith("Traced with fake tensors")
    assert (fake.layers, fake.edges, fake.scopes, fake.outputs) == (
        real.layers, real.edges, real.scopes, real.outputs,
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted(ODD))
def test_every_edge_and_layer_has_a_shape_and_every_parameter_a_reader(name: str) -> None:
    model, args = make_odd(name)
    graph = trace_torch(model, args)
    assert all(edge.spec is not None for edge in graph.edges)
    assert all(layer.outputs for layer in graph.layers)
    assert graph.parameter_count == sum(p.numel() for p in model.parameters())
    assert {layer.scope for layer in graph.layers} <= {scope.path for scope in graph.scopes}


@pytest.mark.parametrize("name", sorted(ODD))
def test_odd_models_are_verified(name: str) -> None:
    model, args = make_odd(name)
    found = verify_torch(model, trace_torch(model, args), args)
    assert found.replay["result"] == ("not run" if name in NOT_REPLAYED else "equal"), found
    assert found.export["result"] == ("not run" if name in NOT_EXPORTED else "equal"), found
    assert found.passed is True


@pytest.mark.parametrize("tensors", ["real", "fake"])
@pytest.mark.parametrize("name", sorted(ODD))
def test_a_trace_leaves_nothing_behind(name: str, tensors: Any) -> None:
    model, args = make_odd(name)
    model.train()
    before, state = _everything(model), copy.deepcopy(model.state_dict())
    random_state, call = torch.get_rng_state(), nn.Module.__call__
    trace_torch(model, args, options=TraceOptions(tensors=tensors))
    assert _everything(model) == before
    assert torch.equal(torch.get_rng_state(), random_state)
    assert nn.Module.__call__ is call
    after = model.state_dict()
    assert list(after) == list(state)
    tensors_of = [(state[key], after[key]) for key in state if isinstance(state[key], Tensor)]
    assert all(torch.equal(old, new) for old, new in tensors_of)
    assert all(p.grad is None for p in model.parameters())


def _everything(model: nn.Module) -> list[Any]:
    return [
        (
            path,
            module.training,
            {key: id(value) for key, value in module._parameters.items()},
            {key: id(value) for key, value in module._buffers.items()},
            {
                key: len(value)
                for key, value in vars(module).items()
                if key.endswith("_hooks") and value is not None
            },
            sorted(vars(module)),
        )
        for path, module in model.named_modules()
    ]


def test_packed_weights_are_counted_apart() -> None:
    model, args = make_odd("quantized")
    told = "Not among the parameters: 58 packed weights of 2 quantised modules (0 ...)."
    assert told in trace_torch(model, args).report


def test_nothing_is_kept_alive_that_the_forward_lets_go() -> None:
    """Neither a tensor nor, after a write in place, its storage: tracing needs no more memory than a forward."""

    class Letting(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            big = x + 1
            big.relu_()
            tensor, storage = weakref.ref(big), weakref.ref(big.untyped_storage())
            total = big.sum()
            held = tensor() is not None and storage() is not None
            del big
            self.alive = (held, tensor() is not None, storage() is not None)
            return total

    model = Letting()
    trace_torch(model, (torch.ones(4),))
    assert model.alive == (True, False, False)
