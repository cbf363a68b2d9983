"""Tracing of modules that trip tracers: exact layers and edges, fake equal to real, nothing left on the user's tensors."""

from __future__ import annotations

import copy
import io
import random
import threading
from typing import Any

import numpy as np
import pytest
import torch
from hard_models import CASES, FunctionalNet, Residual, make_case
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from nn2gltf.errors import TraceError
from nn2gltf.ir.graph import Graph
from nn2gltf.sources.torch_marks import MARK
from nn2gltf.sources.torch_trace import TraceOptions, capture_torch, trace_torch

FAKE = TraceOptions(heavy_parameters=-1)

EDGES: dict[str, set[str]] = {
    "reused": {
        "input>relu", "relu>/relu", "/relu>relu@2", "relu@2>/relu@2", "/relu@2>relu@3", "relu@3>/relu@3",
    },
    "in_place_views": {
        "input>a", "input>b", "a>add", "b>add", "a>setitem", "add>setitem", "setitem>hardtanh", "hardtanh>c",
    },
    "positional_in_place": {"input>net.0", "net.0>net.1", "net.1>net.2", "net.2>net.3"},
    "many_outputs": {"input>body", "body>tanh", "tanh>heads.mean", "tanh>heads.scale", "tanh>mul", "mul>div"},
    "shared_weights": {"input>embed", "embed>mix", "mix>gelu", "gelu>head"},
    "recurrent": {"input>lstm", "lstm>out", "lstm>mean", "out>add", "mean>add"},
    "attention": {
        "input>cat", "cat>add", "positions>add", "add>norm", "norm>attention", "add>add@2", "attention>add@2",
        "add@2>out",
    },
    "prepared": {"input>linear", "linear>normed", "normed>spectral", "spectral>mul"},
    "on_the_fly": {"input>body.0", "body.0>ReLU", "ReLU>linear", "linear>ReLU@2"},
    "two_inputs": {"text>left", "image>right", "left>einsum", "right>einsum", "einsum>softmax"},
    "gather": {"input>getitem", "getitem>out", "input>argmax", "out>getitem@2", "argmax>getitem@2"},
}  # fmt: skip

OUTPUTS: dict[str, tuple[str, ...]] = {
    "many_outputs": ("heads.mean", "heads.scale", "div"),
    "recurrent": ("add",),
    "attention": ("out",),
    "gather": ("getitem@2",),
}


def pairs(graph: Graph) -> set[str]:
    return {f"{edge.source}>{edge.target}" for edge in graph.edges}


@pytest.mark.parametrize("name", sorted(EDGES))
def test_edges_are_exactly_these(name: str) -> None:
    model, args = make_case(name)
    graph = trace_torch(model, args)
    assert pairs(graph) == EDGES[name]
    assert name not in OUTPUTS or graph.outputs == OUTPUTS[name]


@pytest.mark.parametrize("name", sorted(CASES))
def test_fake_tensors_give_the_same_graph(name: str) -> None:
    model, args = make_case(name)
    real, fake = trace_torch(model, args), trace_torch(model, args, options=FAKE)
    assert fake.report[0] == "Traced with fake tensors: nothing was computed."
    assert fake.layers == real.layers
    assert fake.edges == real.edges
    assert fake.scopes == real.scopes
    assert fake.outputs == real.outputs


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_parameter_is_read_or_listed(name: str) -> None:
    model, args = make_case(name)
    graph = trace_torch(model, args)
    read = {p.shared_with or p.name for layer in graph.layers for p in layer.parameters if p.trainable}
    unread = {n for n, _ in model.named_parameters()} - read
    listed = " ".join(graph.report)
    assert all(n in listed for n in unread)
    assert unread == ({"unused.weight", "unused.bias"} if name == "shared_weights" else set())
    assert graph.parameter_count == sum(p.numel() for n, p in model.named_parameters() if n not in unread)


@pytest.mark.parametrize("name", sorted(CASES))
def test_values_are_those_of_a_plain_forward_and_of_each_layers_own_shape(name: str) -> None:
    model, args = make_case(name)
    model.eval()
    run = capture_torch(model, args, {}, values=True)
    # torch takes its fused attention only while nobody watches, and that rounds differently
    tolerance = (
        {"rtol": 1e-4, "atol": 1e-5} if name in ("attention", "encoder") else {"rtol": 0.0, "atol": 0.0}
    )
    with torch.no_grad():
        plain = _first(model(*args))
    output = run.values[run.graph.outputs[0]]
    torch.testing.assert_close(output[:, 0] if name == "attention" else output, plain, **tolerance)
    assert set(run.values) == {layer.id for layer in run.graph.layers}
    for layer in run.graph.layers:
        assert tuple(run.values[layer.id].shape) == layer.outputs[0].shape
    assert trace_torch(model, args).layers == run.graph.layers


def _first(result: Any) -> Tensor:
    while not isinstance(result, Tensor):
        result = next(iter(result.values())) if isinstance(result, dict) else result[0]
    return result


@pytest.mark.parametrize("options", [TraceOptions(), FAKE], ids=["real", "fake"])
@pytest.mark.parametrize("name", sorted(CASES))
def test_a_trace_leaves_nothing_behind(name: str, options: TraceOptions) -> None:
    model, args = make_case(name)
    model.train()
    for index, module in enumerate(model.modules()):
        module.training = index % 2 == 0
    before = _everything(model)
    tensors = [*args, *model.parameters(), *model.buffers()]
    dictionaries = [dict(t.__dict__) for t in tensors]
    state = copy.deepcopy(model.state_dict())
    torch_state, python_state, numpy_state = torch.get_rng_state(), random.getstate(), np.random.get_state()
    trace_torch(model, args, options=options)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert random.getstate() == python_state
    assert str(np.random.get_state()) == str(numpy_state)
    assert _everything(model) == before
    assert [dict(t.__dict__) for t in tensors] == dictionaries
    assert list(state) == list(model.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(state.values(), model.state_dict().values(), strict=True))
    torch.save(model.state_dict(), io.BytesIO())


def _everything(model: nn.Module) -> list[Any]:
    """Identity of every parameter, buffer and hook, and every flag."""
    return [
        (
            path,
            module.training,
            {k: id(v) for k, v in module._parameters.items()},
            {k: id(v) for k, v in module._buffers.items()},
            {k: len(v) for k, v in vars(module).items() if k.endswith("_hooks") and v is not None},
            sorted(vars(module)),
        )
        for path, module in model.named_modules()
    ]


def test_marks_are_there_during_the_run_and_gone_after() -> None:
    """The control for the test above: without the clean-up, inputs would carry the mark into files."""
    seen: list[bool] = []

    class Looking(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            y = x + 1
            seen.append(hasattr(x, MARK) and hasattr(y, MARK))
            self.kept = y
            return y

    model, x = Looking(), torch.zeros(2)
    trace_torch(model, (x,))
    assert seen == [True]
    assert not hasattr(x, MARK)
    assert not hasattr(model.kept, MARK)


def test_other_threads_are_not_traced() -> None:
    other = nn.Linear(2, 2)

    class Waiting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x: Tensor) -> Tensor:
            worker = threading.Thread(target=lambda: other(torch.zeros(1, 2)))
            worker.start()
            worker.join()
            return self.layer(x)

    graph = trace_torch(Waiting(), (torch.zeros(1, 2),))
    assert [layer.id for layer in graph.layers] == ["input", "layer"]


def test_sources_are_lines_of_the_models_own_code() -> None:
    model, args = make_case("residual")
    graph = trace_torch(model, args)
    sources = {layer.id: layer.source for layer in graph.layers}
    assert sources.pop("input") is None
    assert all(str(source).startswith("hard_models.py:") for source in sources.values())
    assert sources["layer1.0/add"] != sources["layer1.0.conv1"] != sources["stem"]
    plain = trace_torch(nn.Sequential(nn.Linear(2, 2)), (torch.zeros(1, 2),))
    assert plain.layer_by_id["0"].source is None, "no line of the caller is a line of the model"


@pytest.mark.parametrize(
    "name", ["functional", "residual", "shared_weights", "two_inputs", "prepared", "encoder"]
)
def test_flops_agree_with_torchs_counter(name: str) -> None:
    model, args = make_case(name)
    graph = trace_torch(model, args)
    with FlopCounterMode(display=False) as counter:
        model.train()(*args)  # in training mode attention is not fused into an operator that nobody counts
    assert sum(layer.flops or 0 for layer in graph.layers) == pytest.approx(
        counter.get_total_flops(), rel=0.01
    )


def test_flops_of_a_recurrent_layer_count_every_gate_and_step() -> None:
    graph = trace_torch(nn.GRU(5, 7, batch_first=True), (torch.zeros(2, 6, 5),))
    assert graph.layers[1].flops == 2 * 2 * 6 * 3 * 7 * (5 + 7)


def test_torchscript_is_seen_through_the_dispatcher() -> None:
    torch.manual_seed(0)
    script = torch.jit.script(nn.Sequential(nn.Linear(3, 4), nn.ReLU()))

    class Holder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.out = script, nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.inner(x))

    x = torch.randn(2, 3)
    model = Holder()
    run = capture_torch(model, (x,), {}, values=True)
    assert pairs(run.graph) == {"input>inner", "inner>out"}
    assert run.graph.parameter_count == sum(p.numel() for p in model.parameters())
    torch.testing.assert_close(run.values["inner"], script(x).detach())
    alone = trace_torch(script, (x,))
    assert [layer.kind for layer in alone.layers] == ["input", "linear", "activation"]


def test_wrappers_are_looked_through() -> None:
    model, args = make_case("functional")
    wrapped = nn.DataParallel(model)
    assert trace_torch(wrapped, args).layers == trace_torch(model, args).layers

    class Compiled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self._orig_mod = model

    assert trace_torch(Compiled(), args).layers == trace_torch(model, args).layers


def test_lazy_modules_are_traced_on_a_copy_and_not_captured() -> None:
    model = nn.Sequential(nn.LazyLinear(4), nn.ReLU())
    graph = trace_torch(model, (torch.zeros(1, 3),))
    assert graph.parameter_count == 16
    assert isinstance(model[0], nn.LazyLinear)
    with pytest.raises(TraceError, match="Run it once"):
        capture_torch(model, (torch.zeros(1, 3),), {}, values=True)


def test_vmap_carries_origins_through() -> None:
    class Ensemble(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(3, 4, 4))
            self.out = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            each = torch.vmap(lambda w: x @ w)(self.weight)
            return self.out(each.mean(0))

    graph = trace_torch(Ensemble(), (torch.randn(2, 4),))
    assert pairs(graph) == {"input>matmul", "matmul>mean", "mean>out"}
    assert [p.name for p in graph.layer_by_id["matmul"].parameters] == ["weight"]


def test_a_model_that_is_no_module_is_refused() -> None:
    with pytest.raises(TraceError, match=r"no torch\.nn\.Module"):
        trace_torch(lambda x: x, (torch.zeros(1),))


def test_inference_tensors_have_no_version_and_are_traced_all_the_same() -> None:
    model, _ = make_case("in_place_views")
    with torch.inference_mode():
        graph = trace_torch(model, (torch.randn(2, 4),))
    assert pairs(graph) == EDGES["in_place_views"]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(["linear", "relu", "add", "inplace", "view", "again"]), min_size=1, max_size=12),
    st.integers(0, 99),
)
def test_random_programs_keep_the_rules_and_replay(steps: list[str], seed: int) -> None:
    """Any mixture: ids unique and stable, JSON round trip, order kept, every output reached, values of a plain run."""
    torch.manual_seed(seed)

    class Random(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shared = nn.Linear(4, 4)
            self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in steps)

        def forward(self, x: Tensor) -> Tensor:
            first = self.shared(x)
            x = first
            for index, step in enumerate(steps):
                if step == "linear":
                    x = self.layers[index](x)
                elif step == "relu":
                    x = torch.relu(x)
                elif step == "add":
                    x = x + first
                elif step == "inplace":
                    x = x.clone()
                    x[:, :2] += 1
                elif step == "view":
                    x = x.reshape(2, 2, 2).flatten(1)
                else:
                    x = self.shared(x)
            return x

    model, x = Random(), torch.randn(2, 4)
    run = capture_torch(model, (x,), {}, values=True)
    graph = run.graph
    assert Graph.from_json(graph.to_json()) == graph
    assert trace_torch(model, (x,)) == graph
    reached = {"input"}
    for edge in graph.edges:
        assert edge.source in reached
        reached.add(edge.target)
    assert set(graph.outputs) <= reached
    with torch.no_grad():
        torch.testing.assert_close(run.values[graph.outputs[0]], model(x), rtol=0, atol=0)


def test_lenet_in_functions_and_in_modules_agree() -> None:
    functional = FunctionalNet()

    class Modules(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.relu1, self.pool1 = functional.conv1, nn.ReLU(), nn.MaxPool2d(2)
            self.conv2, self.relu2, self.pool2 = functional.conv2, nn.ReLU(), nn.MaxPool2d(2)
            self.flatten = nn.Flatten()
            self.fc1, self.relu3 = functional.fc1, nn.ReLU()
            self.fc2, self.relu4, self.fc3 = functional.fc2, nn.ReLU(), functional.fc3

        def forward(self, x: Tensor) -> Tensor:
            x = self.pool2(self.relu2(self.conv2(self.pool1(self.relu1(self.conv1(x))))))
            return self.fc3(self.relu4(self.fc2(self.relu3(self.fc1(self.flatten(x))))))

    args = (torch.zeros(1, 1, 28, 28),)
    one, two = trace_torch(functional, args), trace_torch(Modules(), args)
    assert [(layer.op, layer.kind, layer.outputs, layer.flops) for layer in one.layers] == [
        (layer.op, layer.kind, layer.outputs, layer.flops) for layer in two.layers
    ]
    assert [(e.via, e.spec) for e in one.edges] == [(e.via, e.spec) for e in two.edges]


def test_scopes_are_the_modules_around_layers() -> None:
    model, args = make_case("residual")
    graph = trace_torch(model, args)
    assert [(s.path, s.type, s.parent) for s in graph.scopes] == [
        ("", "Residual", None),
        ("layer1", "Sequential", ""),
        ("layer1.0", "Block", "layer1"),
        ("layer1.1", "Block", "layer1"),
    ]
    assert graph.name == Residual.__name__
