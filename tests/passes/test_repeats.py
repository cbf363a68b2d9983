"""Repeated blocks: found by structure, folded to one copy, everything else kept."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from nn2gltf.ir.graph import Edge, Graph, Layer, Parameter, Scope, TensorSpec
from nn2gltf.passes import run_passes
from nn2gltf.passes.find_repeats import FEWEST_SINGLE, find_repeats
from nn2gltf.passes.fold_repeats import fold_repeats
from nn2gltf.sources.torch_trace import TraceOptions, trace_torch
from nn2gltf.torch_vision import require_torchvision


class Block(nn.Module):
    """Two convolutions and a skip; ``turn`` swaps which of them reads the input."""

    def __init__(self, channels: int = 4, kernel: int = 3) -> None:
        super().__init__()
        self.one = nn.Conv2d(channels, channels, kernel, padding=kernel // 2)
        self.two = nn.Conv2d(channels, channels, kernel, padding=kernel // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.two(torch.relu(self.one(x))) + x)


class TwoBlocks(nn.Module):
    """Blocks of two shapes in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = Block(kernel=3), Block(kernel=5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.b(self.a(x))


IMAGE = torch.zeros(1, 4, 8, 8)


def traced(model: nn.Module, *args: torch.Tensor, heavy: int = 0) -> Graph:
    return run_passes(trace_torch(model, args, options=TraceOptions(heavy_parameters=heavy)))


def test_equal_blocks_in_a_row_are_one_row() -> None:
    graph = find_repeats(traced(nn.Sequential(*[Block() for _ in range(5)], Block(kernel=5)), IMAGE))
    assert [(r.scope, r.count, r.chain, r.folded) for r in graph.repeats] == [("", 5, True, False)]
    assert graph.repeats[0].copies[1] == ("1.one", "1.two", "1/add")


def test_rows_of_several_blocks_and_rows_inside_rows() -> None:
    wide = find_repeats(traced(nn.Sequential(*[TwoBlocks() for _ in range(3)]), IMAGE))
    assert [(r.scope, r.count) for r in wide.repeats] == [("", 3)]
    alternating = [Block(kernel=3 if k % 2 == 0 else 5) for k in range(6)]
    flat = find_repeats(traced(nn.Sequential(*alternating), IMAGE))
    assert [(r.count, len(r.copies[0])) for r in flat.repeats] == [(3, 6)]
    nested = nn.Sequential(*[nn.Sequential(*[Block() for _ in range(3)]) for _ in range(4)])
    inner = find_repeats(traced(nested, IMAGE))
    assert [(r.scope, r.count) for r in inner.repeats] == [("", 4), ("0", 3)]


def test_what_differs_is_no_row() -> None:
    class Crossed(Block):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            first = torch.relu(self.one(x))
            return torch.relu(self.two(x) + first)

    for other in (Block(kernel=5), Crossed()):
        other.__class__.__name__ = "Block"
        graph = find_repeats(traced(nn.Sequential(Block(), other, Block()), IMAGE))
        assert graph.repeats == ()
    Crossed.__name__ = "Crossed"


def test_single_layers_need_more_copies() -> None:
    def rows(count: int) -> int:
        layers = [nn.Linear(6, 6) for _ in range(count)]
        return len(find_repeats(traced(nn.Sequential(nn.Linear(3, 6), *layers), torch.zeros(1, 3))).repeats)

    assert (rows(FEWEST_SINGLE - 1), rows(FEWEST_SINGLE)) == (0, 1)


def test_a_module_that_is_called_again_is_a_copy() -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = Block()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.block(self.block(self.block(x)))

    graph = find_repeats(traced(Shared(), IMAGE))
    assert [r.count for r in graph.repeats] == [3]
    assert fold_repeats(graph).parameter_count == graph.parameter_count


def test_folding_keeps_what_enters_and_what_leaves() -> None:
    model = nn.Sequential(nn.Conv2d(4, 4, 1), *[Block() for _ in range(6)], nn.Flatten(), nn.Linear(256, 3))
    graph = traced(model, IMAGE)
    folded = fold_repeats(graph)
    assert [layer.id for layer in folded.layers] == ["input", "0", "1.one", "1.two", "1/add", "8"]
    assert {(e.source, e.target) for e in folded.edges} == {
        ("input", "0"), ("0", "1.one"), ("1.one", "1.two"), ("1.two", "1/add"), ("0", "1/add"), ("1/add", "8"),
    }  # fmt: skip
    assert folded.parameter_count == graph.parameter_count == sum(p.numel() for p in model.parameters())
    assert [(r.count, r.folded) for r in folded.repeats] == [(6, True)]
    assert Graph.from_json(folded.to_json()) == folded
    assert fold_repeats(folded) == folded


def test_every_layer_is_left_or_listed() -> None:
    nested = nn.Sequential(*[nn.Sequential(*[Block() for _ in range(3)]) for _ in range(4)])
    graph = traced(nested, IMAGE)
    folded = fold_repeats(graph)
    listed = {i for r in folded.repeats for copy in r.copies for i in copy}
    assert {layer.id for layer in graph.layers} == {layer.id for layer in folded.layers} | listed
    assert len(folded.layers) == 4  # the input, and one block of three


def test_a_transformer_folds_to_one_block() -> None:
    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList(
                nn.TransformerEncoderLayer(16, 2, 32, batch_first=True) for _ in range(12)
            )

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for block in self.blocks:
                x = block(x)
            return x

    folded = fold_repeats(traced(Encoder(), torch.zeros(1, 5, 16)))
    assert [r.count for r in folded.repeats] == [12]


@pytest.mark.parametrize(
    ("name", "most_share"), [("resnet50", 0.65), ("efficientnet_b0", 0.75), ("vit_b_16", 0.15)]
)
def test_torchvisions_models_fold(name: str, most_share: float) -> None:
    model = getattr(require_torchvision().models, name)()
    graph = traced(model, torch.zeros(1, 3, 224, 224))
    folded = fold_repeats(graph)
    assert len(folded.layers) <= most_share * len(graph.layers)
    assert folded.parameter_count == graph.parameter_count


def made_graph(kinds: list[int], skips: list[tuple[int, int]]) -> Graph:
    """A chain of one-scope blocks of given kinds, two layers each, with extra edges between blocks."""
    layers: list[Layer] = [Layer(id="input", op="input", kind="input", outputs=(TensorSpec(shape=(1, 3)),))]
    edges: list[Edge] = []
    for index, kind in enumerate(kinds):
        for part in ("a", "b"):
            name = f"block{index}.{part}"
            layers.append(
                Layer(
                    id=name,
                    op=f"Op{kind}",
                    kind="op",
                    scope=f"block{index}",
                    outputs=(TensorSpec(shape=(1, 3)),),
                    parameters=(Parameter(name=f"{name}.weight", shape=(kind + 1,)),),
                )
            )
            edges.append(Edge(source=layers[-2].id, target=name))
    for low, high in skips:
        if low < high < len(kinds):
            edges.append(Edge(source=f"block{low}.b", target=f"block{high}.b", target_input=1))
    scopes = (
        Scope(path="", type="Net"),
        *(Scope(path=f"block{i}", type="B", parent="") for i in range(len(kinds))),
    )
    unique = tuple({(e.source, e.target): e for e in edges}.values())
    outputs = (layers[-1].id,)
    return Graph(name="net", layers=tuple(layers), edges=unique, scopes=scopes, outputs=outputs).check()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=14),
    st.lists(st.tuples(st.integers(0, 12), st.integers(1, 13)), max_size=5),
)
def test_folding_any_graph_keeps_it_whole(kinds: list[int], skips: list[tuple[int, int]]) -> None:
    graph = made_graph(kinds, skips)
    folded = fold_repeats(graph)
    assert Graph.from_json(folded.to_json()) == folded
    assert folded.parameter_count == graph.parameter_count
    listed = {i for r in folded.repeats for copy in r.copies for i in copy}
    assert {layer.id for layer in graph.layers} <= {layer.id for layer in folded.layers} | listed
    reached = {"input"}
    for layer in folded.layers:
        if any(edge.source in reached for edge in folded.inputs_of[layer.id]):
            reached.add(layer.id)
    assert reached == {layer.id for layer in folded.layers}, "every layer is still computed from the input"


def test_long_rows_take_linear_work() -> None:
    """Counted, not timed: the search compares signatures a bounded number of times a block."""
    import nn2gltf.passes.find_repeats as module

    calls = 0
    original = module._count_copies

    def counting(parts: object, place: int, period: int) -> int:
        nonlocal calls
        calls += 1
        return original(parts, place, period)  # type: ignore[arg-type]

    module._count_copies = counting  # type: ignore[assignment]
    try:
        for kinds in ([0] * 400, [k % 3 for k in range(400)], [k % 7 * (k % 11) for k in range(400)]):
            calls = 0
            find_repeats(made_graph(kinds, []))
            assert calls <= 9 * 3 * len(kinds)  # nine periods at each block and its two layers
    finally:
        module._count_copies = original
