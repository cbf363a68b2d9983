"""Every builder of torchvision gives a whole graph; a share of each family in make test, all under --full."""

from __future__ import annotations

from dataclasses import replace

import pytest
import zoo
from zoo import examine

from nn2gltf.sources.torch_parity import compare_edges, export_program

SHARE = frozenset(
    "alexnet convnext_tiny densenet121 efficientnet_b0 efficientnet_v2_s googlenet inception_v3 maxvit_t mnasnet0_5 "
    "mobilenet_v2 mobilenet_v3_small regnet_x_400mf resnet50 resnext50_32x4d shufflenet_v2_x1_0 squeezenet1_0 swin_t "
    "swin_v2_t vgg11_bn vit_b_16 wide_resnet50_2 deeplabv3_mobilenet_v3_large fcn_resnet50 lraspp_mobilenet_v3_large "
    "fasterrcnn_mobilenet_v3_large_320_fpn ssdlite320_mobilenet_v3_large mc3_18 mvit_v1_b r2plus1d_18 s3d swin3d_t "
    "raft_small quantized_resnet18 quantized_mobilenet_v2".split()
)
NAMES = [
    pytest.param(name, marks=[] if name in SHARE else [pytest.mark.full]) for name in zoo.torchvision_names()
]
BY_VALUES = frozenset({"ssd", "ssdlite", "fcos", "retinanet"})
"""Detectors whose control flow depends on values; all with ``rcnn`` in their name too."""

PARITY = ("densenet121", "efficientnet_b0", "shufflenet_v2_x1_0")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_every_builder_is_traced_whole(name: str) -> None:
    row, graph = examine(f"torchvision:{name}")
    assert row.gaps == ()
    assert graph is not None
    detector = "rcnn" in name or any(name.startswith(start) for start in BY_VALUES)
    assert row.way == ("real" if detector else "fake")
    assert row.layers > 15


def test_the_share_names_builders_that_exist() -> None:
    assert set(zoo.torchvision_names()) >= SHARE
    assert len(zoo.torchvision_names()) >= 121


@pytest.mark.parametrize("name", PARITY)
def test_edges_are_those_of_torch_export(name: str) -> None:
    module = zoo.read_spec(f"torchvision:{name}", zoo.ReadOptions()).module
    args = zoo.infer_inputs(module)
    graph = zoo.trace_torch(module, args, options=zoo.TraceOptions(data=False))
    parity = compare_edges(module, graph, export_program(module, args, {}))
    assert parity.missing == parity.extra == ()
    assert parity.common > 40


def test_gaps_are_seen() -> None:
    """The controls: a graph cut in two, one without shapes, one that lost a layer, and no model at all."""
    module = zoo.build("torchvision:squeezenet1_1")
    graph = zoo.trace_torch(module, zoo.infer_inputs(module))
    assert list(zoo.find_gaps(module, graph, "fake")) == []
    cut = replace(graph, edges=tuple(edge for edge in graph.edges if edge.target != "classifier.1"))
    assert any("no input reaches" in gap for gap in zoo.find_gaps(module, cut, "fake"))
    blank = replace(graph, edges=tuple(replace(edge, spec=None) for edge in graph.edges))
    assert f"{len(graph.edges)} edges without a shape" in list(zoo.find_gaps(module, blank, "fake"))
    lost = replace(
        graph, layers=tuple(x for x in graph.layers if x.id != "classifier.1"), edges=(), outputs=()
    )
    assert any(
        "unread and unlisted: classifier.1.weight" in gap for gap in zoo.find_gaps(module, lost, "fake")
    )
    row, _ = examine("torchvision:resnet999")
    assert row.way == "none"
    assert "resnet999" in row.gaps[0]
