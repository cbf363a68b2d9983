"""Choosing what is drawn: modules below a depth, layers by pattern, and names for merges."""

from __future__ import annotations

from glob import escape

import pytest
import torch
from awkward_models import HARD
from hard_models import CASES, make_case
from test_repeats import IMAGE, Block, TwoBlocks, traced
from torch import nn

from nn2gltf.errors import UsageError
from nn2gltf.ir.graph import Graph
from nn2gltf.passes.fold_repeats import fold_repeats
from nn2gltf.passes.hide_below import hide_below
from nn2gltf.passes.name_merges import name_merges
from nn2gltf.passes.options import PassOptions, simplify_graph
from nn2gltf.passes.select_layers import select_layers
from nn2gltf.sources.torch_trace import trace_torch


def net() -> Graph:
    model = nn.Sequential(nn.Conv2d(4, 4, 1), TwoBlocks(), TwoBlocks(), nn.Flatten(), nn.Linear(256, 3))
    return traced(model, IMAGE)


def pairs(graph: Graph) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.edges}


def test_modules_below_a_depth_are_one_layer_each() -> None:
    graph = net()
    closed = hide_below(graph, 1)
    assert [(layer.id, layer.op) for layer in closed.layers] == [
        ("input", "input"), ("0", "Conv2d"), ("1", "TwoBlocks"), ("2", "TwoBlocks"), ("4", "Linear"),
    ]  # fmt: skip
    assert pairs(closed) == {("input", "0"), ("0", "1"), ("1", "2"), ("2", "4")}
    first = closed.layer_by_id["1"]
    assert first.value_id == graph.layer_by_id["1.b/add"].value_id
    assert first.outputs == graph.layer_by_id["1.b/add"].outputs
    assert [f.id for f in first.folded if f.id in graph.layer_by_id] == [
        layer.id for layer in graph.layers if layer.scope.startswith("1")
    ]
    assert closed.parameter_count == graph.parameter_count
    assert [layer.id for layer in hide_below(graph, 2).layers][2:4] == ["1.a", "1.b"]
    assert hide_below(graph, 9) == graph
    with pytest.raises(UsageError, match="depth"):
        hide_below(graph, 0)


def test_layers_are_chosen_by_pattern_and_edges_lead_through_the_others() -> None:
    graph = net()
    chosen = select_layers(graph, ["*.b/add", "4"])
    assert [layer.id for layer in chosen.layers] == ["input", "1.b/add", "2.b/add", "4"]
    assert pairs(chosen) == {("input", "1.b/add"), ("1.b/add", "2.b/add"), ("2.b/add", "4")}
    assert "left out on request" in chosen.report[-1]
    without = select_layers(graph, ["!2*", "2.b/add", "!input"])
    assert [layer.id for layer in without.layers if layer.id.startswith("2")] == ["2.b/add"]
    assert "input" not in without.layer_by_id
    assert select_layers(graph, ["*"]) == graph


@pytest.mark.parametrize(
    ("patterns", "message"),
    [(["conv*"], "no layer matches"), (["!*"], "leave no layer"), (["4", "!0x"], "0x")],
)
def test_patterns_that_make_no_sense_are_named(patterns: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        select_layers(net(), patterns)


def test_merges_say_what_they_join() -> None:
    class Merges(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block, self.conv = Block(), nn.Conv2d(4, 4, 1)
            self.short, self.gate = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.block(x)
            x = self.conv(x) + self.short(x)
            x = x * torch.sigmoid(self.gate(x))
            return torch.cat([x, x + 1], dim=1)

    graph = name_merges(traced(Merges(), IMAGE))
    found = {
        layer.id: layer.attributes.get("merge")
        for layer in graph.layers
        if layer.kind in ("add", "mul", "concat")
    }
    assert found == {
        "block/add": "residual",
        "add": "projection",
        "mul": "gate",
        "add@2": None,
        "cat": "concat",
    }
    assert graph.layer_by_id["add"].attributes["joins"] == ["conv", "short"]


HARD_GRAPHS = {
    **{f"{name} 1": lambda name=name: (HARD[name][0](), HARD[name][1]) for name in HARD},
    **{f"{name} 2": lambda name=name: make_case(name) for name in CASES},
}


@pytest.mark.parametrize("name", HARD_GRAPHS)
def test_choosing_keeps_every_hard_graph_valid(name: str) -> None:
    model, args = HARD_GRAPHS[name]()
    graph = trace_torch(model, args)
    for options in (
        PassOptions(),
        PassOptions(depth=1),
        PassOptions(fold=True),
        PassOptions(depth=2, fold=True),
    ):
        result = simplify_graph(graph, options)
        assert Graph.from_json(result.to_json()) == result
        assert result.parameter_count == graph.parameter_count
        some = select_layers(result, [escape(result.layers[-1].id)])
        assert some.layers[-1] == result.layers[-1]
        assert {e.source for e in some.edges} <= {
            layer.id for layer in result.layers if layer.kind == "input"
        }


def test_choosing_after_folding_keeps_the_rows_that_are_left() -> None:
    folded = fold_repeats(traced(nn.Sequential(*[Block() for _ in range(6)]), IMAGE))
    chosen = select_layers(folded, ["*add"])
    assert [(r.count, len(r.copies[0])) for r in chosen.repeats] == [(6, 1)]
