"""The order of attempts, each named in the graph's report; where a forward stops, and what to do about it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nn2gltf.errors import TraceError
from nn2gltf.sources.torch_hints import suggest
from nn2gltf.sources.torch_trace import TraceOptions, trace_torch
from nn2gltf.torch_vision import require_torchvision, suppress_boxes

FAKE, REAL = "Traced with fake tensors: nothing was computed.", "Traced with real tensors."


class Wide(nn.Module):
    """Few parameters, large activations."""

    def __init__(self) -> None:
        super().__init__()
        self.small = nn.Linear(4, 4)
        self.computed = 0

    def forward(self, x: Tensor) -> Tensor:
        self.computed += not isinstance(x, torch._subclasses.FakeTensor)
        try:
            return (self.small(x).repeat(1, 4096) * 2).sum(1)
        except Exception:  # a user's own, which must not swallow the end of a metered run
            return x


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(2, 2), nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.up(x) if x.sum() > 0 else self.down(x)


def test_data_is_computed_and_its_absence_is_not() -> None:
    model, args = Wide(), (torch.ones(2, 4),)
    assert trace_torch(model, args).report[0] == REAL
    assert model.computed == 1
    assert trace_torch(model, args, options=TraceOptions(data=False)).report[0] == FAKE
    assert model.computed == 1


@pytest.mark.parametrize("limit", ["heavy_bytes", "heavy_flops"])
def test_a_run_that_grows_too_large_is_broken_off_and_faked(limit: str) -> None:
    model = Wide()
    graph = trace_torch(model, (torch.ones(2, 4),), options=TraceOptions(**{limit: 50}))
    assert graph.report[0].startswith("Real tensors were broken off: ")
    assert graph.report[1] == FAKE
    assert [layer.op for layer in graph.layers] == ["input", "Linear", "repeat", "mul", "sum"]
    assert model.small.weight.grad is None
    assert nn.Module.__call__.__name__ != "watched"


def test_control_flow_on_values_computes_even_what_is_heavy() -> None:
    graph = trace_torch(Branching(), (torch.ones(1, 2),), options=TraceOptions(heavy_bytes=0))
    assert [line.partition(":")[0] for line in graph.report[:3]] == [
        "Real tensors were broken off", "Fake tensors did not run", REAL,
    ]  # fmt: skip
    assert [layer.id for layer in graph.layers] == ["input", "sum", "gt", "up"]


@pytest.mark.parametrize("tensors", ["fake", "real"])
def test_the_way_can_be_chosen(tensors: Any) -> None:
    graph = trace_torch(Wide(), (torch.ones(2, 4),), options=TraceOptions(tensors=tensors, heavy_bytes=0))
    assert graph.report[0] == (FAKE if tensors == "fake" else REAL)


def test_without_numbers_the_graph_ends_where_values_decide() -> None:
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(2, 2), Branching())
    graph = trace_torch(model, (torch.ones(1, 2),))
    assert [layer.id for layer in graph.layers] == ["input", "0", "1"]
    assert graph.report[0].startswith("The forward stopped in 1 (Branching): DataDependentOutputException")
    assert "real sample" in graph.report[1]


@pytest.mark.parametrize(
    ("model", "args", "hint"),
    [
        (nn.Bilinear(2, 2, 2), (torch.ones(1, 2),), "NAME=SHAPE"),
        (nn.Embedding(3, 2), (torch.ones(1, 2),), "int64"),
        (nn.Linear(2, 2).half(), (torch.ones(1, 2),), "element type"),
        (nn.Linear(2, 2), (torch.ones(1, 3),), "1x2"),
    ],
    ids=["missing", "indices", "halves", "shape"],
)
def test_a_failure_comes_with_what_to_type(model: nn.Module, args: tuple[Any, ...], hint: str) -> None:
    with pytest.raises(TraceError, match=hint):
        trace_torch(model, args, options=TraceOptions(partial=False))
    assert hint in " ".join(trace_torch(model, args).report)


def test_an_unknown_failure_gets_the_general_hint() -> None:
    assert "--input" in suggest(ValueError("odd"))


def test_every_tensor_of_a_list_argument_is_an_input_of_its_own() -> None:
    class Lists(nn.Module):
        def forward(self, images: list[Tensor], mask: Tensor, *more: Tensor) -> Tensor:
            return images[0] * images[1] + mask + more[0]

    graph = trace_torch(Lists(), ([torch.ones(2), torch.ones(2)], torch.ones(2), torch.ones(2)))
    assert [layer.id for layer in graph.layers if layer.kind == "input"] == [
        "images1",
        "images2",
        "mask",
        "more1",
    ]


def test_suppression_keeps_the_best_of_overlapping_boxes() -> None:
    """By hand: the second box covers 81 of the first one's 100, the third nothing."""
    require_torchvision()
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 10, 10], [20, 20, 30, 30]])
    scores = torch.tensor([0.5, 0.9, 0.3])
    assert suppress_boxes(boxes, scores, 0.5).tolist() == [1, 2]
    assert suppress_boxes(boxes, scores, 0.9).tolist() == [1, 0, 2]
    assert suppress_boxes(boxes[:0], scores[:0], 0.5).tolist() == []


def test_a_table_that_is_only_indexed_is_a_layer() -> None:
    """Whisper's positions: a module whose whole work is to take rows of its weight."""

    class Positions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(8, 3))

        def forward(self, length: int) -> Tensor:
            return self.weight[torch.arange(length)]

    class Holder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.positions = Positions()

        def forward(self, x: Tensor) -> Tensor:
            return x + self.positions(len(x))

    graph = trace_torch(Holder(), (torch.ones(4, 3),))
    assert [layer.id for layer in graph.layers] == ["input", "positions", "add"]
    assert [p.name for p in graph.layer_by_id["positions"].parameters] == ["positions.weight"]


def test_the_module_tree_lists_parameters_that_no_leaf_holds() -> None:
    class Token(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token = nn.Parameter(torch.zeros(1, 4))
            self.body = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            raise ValueError("never")

    graph = trace_torch(Token(), (torch.ones(1, 4),))
    assert [layer.id for layer in graph.layers] == ["body"]
    assert graph.report[-2:] == ("The module tree is shown without edges.", "No layer reads token.")


class Caching(nn.Module):
    """Keeps a table that its forward makes, by device and by size, and a list of what it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.ones(4))
        self.tables: dict[str, Tensor] = {}
        self.sizes: dict[str, dict[int, Tensor]] = {"cpu": {}}
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x)
        table = self.tables.setdefault("cpu", self.bias * 2)
        inner = self.sizes["cpu"].setdefault(len(x), self.bias * 3)
        return x + table + inner


def test_what_a_forward_caches_in_a_dict_is_no_fake_tensor_afterwards() -> None:
    """Else every later call of the user's model would silently give fake tensors."""
    model = Caching()
    given = torch.zeros(1, 4)
    assert FAKE in trace_torch(model, (given,), options=TraceOptions(tensors="fake", data=False)).report
    assert (model.tables, model.sizes, model.seen) == ({}, {"cpu": {}}, [])
    assert model(given).tolist() == [[5.0] * 4]
