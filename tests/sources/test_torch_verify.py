"""Verification: a faithful graph passes, and each way of being unfaithful is found (the controls)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from awkward_models import HARD
from hard_models import CASES, make_case
from torch import Tensor, nn

from nn2gltf.ir.graph import Graph
from nn2gltf.ir.verification import Verification
from nn2gltf.sources.torch_parity import compare_edges, export_program
from nn2gltf.sources.torch_program import Instruction, Program, Reference
from nn2gltf.sources.torch_quiet import quiet
from nn2gltf.sources.torch_replay import compare, freshen, run_plain, run_program
from nn2gltf.sources.torch_run import run_watched
from nn2gltf.sources.torch_trace import trace_torch
from nn2gltf.sources.torch_verify import verify_torch
from nn2gltf.torch_vision import require_torchvision


def check(model: nn.Module, *args: Any) -> Verification:
    return verify_torch(model, trace_torch(model, args), args)


def make_awkward(name: str) -> tuple[nn.Module, tuple[Any, ...]]:
    torch.manual_seed(0)
    kind, args = HARD[name]
    return kind(), args


@pytest.mark.parametrize("name", sorted(CASES))
def test_hard_models_replay_on_fresh_inputs_and_have_torch_exports_edges(name: str) -> None:
    model, args = make_case(name)
    found = check(model, *args)
    assert found.replay["result"] == "equal", found
    assert found.replay["inputs"] == "fresh"
    assert found.export["result"] == "equal", found
    assert found.passed is True


@pytest.mark.parametrize("name", sorted(HARD))
def test_awkward_models_replay_on_fresh_inputs(name: str) -> None:
    model, args = make_awkward(name)
    found = check(model, *args)
    assert (found.replay["result"], found.replay["inputs"]) == ("equal", "fresh")
    assert found.export["result"] == ("not run" if name in ("branching", "dataclass") else "equal")


@pytest.mark.parametrize("name", ["resnet18", "swin_v2_t"])
def test_torchvision_models_are_verified(name: str) -> None:
    """Shifted windows write into a clone, and new_zeros takes only a shape."""
    found = check(require_torchvision().models.get_model(name, weights=None), torch.zeros(1, 3, 64, 64))
    assert found.passed is True
    assert found.export["pairs"] > 50


def test_a_number_that_leaves_the_graph_is_found_by_fresh_inputs_alone() -> None:
    class Leaking(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x) + torch.from_numpy(x.numpy() * 2)

    found = check(Leaking(), torch.ones(1, 3))
    assert (found.replay["result"], found.replay["inputs"]) == ("equal", "given")
    assert "outside the graph" in str(found.replay["reason"])
    assert found.passed is None
    assert found.sentences()[0].startswith("Holds for this input alone")


def test_a_path_that_depends_on_values_holds_for_this_input_alone() -> None:
    class Sign(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * 2 if x.abs().max() > 100 else x + 1

    found = check(Sign(), torch.full((1, 3), 1000.0))
    assert (found.replay["result"], found.replay["inputs"]) == ("equal", "given")


def test_a_wrong_origin_in_the_program_differs() -> None:
    """The control of the replay: the second linear layer reads the input instead of the first one's output."""
    model, x = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)), torch.randn(2, 3)
    program = Program()
    with quiet(model):
        run = run_watched(model, (x,), {}, program=program)
    plain = run_plain(model, (x,), {})
    assert compare(run_program(model, run.tape, program, (x,), {}), plain).equal
    second = program.instructions[1]
    (_, *weights), named = second.args
    wrong = ((Reference((0, 0)), *weights), named)
    program.instructions[1] = Instruction(
        index=second.index, function=second.function, args=wrong, outputs=second.outputs
    )
    differing = compare(run_program(model, run.tape, program, (x,), {}), plain)
    assert not differing.equal
    assert differing.difference > 1e-2


@pytest.mark.parametrize("change", ["remove", "add"])
def test_a_wrong_edge_differs_from_torch_exports(change: str) -> None:
    model, args = make_case("residual")
    graph = trace_torch(model, args)
    program = export_program(model, args, {})
    assert compare_edges(model, graph, program).missing == compare_edges(model, graph, program).extra == ()
    skip = next(e for e in graph.edges if e.target == "layer1.0/add" and e.source != "layer1.0.bn2")
    if change == "remove":
        wrong = replace(graph, edges=tuple(e for e in graph.edges if e is not skip))
        assert compare_edges(model, wrong, program).missing
    else:
        wrong = replace(graph, edges=(*graph.edges, replace(skip, source="layer1.0.conv1", target="fc")))
        assert compare_edges(model, wrong, program).extra


def test_the_same_module_under_several_names_is_one_for_both() -> None:
    """CoaT's blocks share their position encodings; torch.export knows a shared weight by another name."""

    class Sharing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            shared = nn.Linear(4, 4)
            self.blocks = nn.ModuleList(
                [nn.Sequential(nn.Linear(4, 4), nn.Sequential(shared)) for _ in range(3)]
            )
            self.out = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            for block in self.blocks:
                x = x + block(x)
            return self.out(x)

    found = check(Sharing(), torch.ones(1, 4))
    assert (found.export["result"], found.export["pairs"]) == ("equal", 6)


def test_a_skip_inside_one_layer_is_part_of_it_for_both() -> None:
    """ConvNeXt's response normalisation adds its own input: nothing passes beside it."""

    class Response(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.bias = nn.Parameter(torch.ones(4)), nn.Parameter(torch.ones(4))

        def forward(self, x: Tensor) -> Tensor:
            return x + torch.addcmul(self.bias, self.weight, x / (x.norm(dim=-1, keepdim=True) + 1))

    found = check(nn.Sequential(nn.Linear(4, 4), Response(), nn.Linear(4, 2)), torch.ones(1, 4))
    assert (found.export["result"], found.export["pairs"]) == ("equal", 2)


def test_the_result_stands_in_the_graph_and_its_json() -> None:
    model, args = make_case("functional")
    graph = trace_torch(model, args)
    found = verify_torch(model, graph, args)
    whole = replace(graph, verification=found)
    assert Graph.from_json(whole.to_json()) == whole
    assert whole.to_json()["verification"]["passed"] is True
    assert all(line.startswith("Verified: ") for line in found.sentences())


def test_what_cannot_run_again_says_why() -> None:
    class Mapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(3, 4, 4))

        def forward(self, x: Tensor) -> Tensor:
            return torch.vmap(lambda w: x @ w)(self.weight)

    assert "vmap" in str(check(Mapped(), torch.ones(2, 4)).replay["reason"])
    with torch.device("meta"):
        empty = nn.Linear(2, 2)
    assert "no numbers" in str(check(empty, torch.ones(1, 2)).replay["reason"])
    stopped = check(nn.Linear(2, 2), torch.ones(1, 3))
    assert stopped.passed is None
    assert [line.partition(":")[0] for line in stopped.sentences()] == ["Not replayed", "Not compared"]


def test_checking_leaves_the_model_as_it_was() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(inplace=True)).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    x = torch.randn(2, 1, 8, 8)
    state = torch.get_rng_state()
    given = x.clone()
    check(model, x)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(x, given)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


def test_fresh_inputs_are_others_of_the_same_kind() -> None:
    given = (
        torch.zeros(4, 5),
        {"ids": torch.tensor([[3, 7]] * 50), "mask": torch.ones(2, dtype=torch.bool)},
        2.0,
    )
    floats, named, number = freshen(given)
    assert floats.dtype is torch.float32
    assert floats.std() > 0.1
    assert set(named["ids"].unique().tolist()) <= set(range(8))
    assert not torch.equal(named["ids"], given[1]["ids"])
    assert (named["mask"].all(), number) == (True, 2.0)
    assert freshen(torch.zeros(3, dtype=torch.complex64)).is_complex()
    assert freshen(torch.zeros(3).half()).dtype is torch.float16
