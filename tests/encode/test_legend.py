"""The legend says that a chain was inferred, where a file held no graph."""

from __future__ import annotations

from dataclasses import replace

from graphs import LENET, chain, record

from nn2gltf.encode import EncodeOptions, prepare_scene
from nn2gltf.ir.graph import ORDER_INFERRED


def test_an_inferred_order_is_a_line_of_the_legend_and_other_reports_are_not() -> None:
    graph = chain(*LENET)
    sizes = [
        prepare_scene(record(given), given, options=EncodeOptions()).plates.sizes["legend"]
        for given in (
            graph,
            replace(graph, report=("Traced with export.",)),
            replace(graph, report=(f"{ORDER_INFERRED} from names.",)),
        )
    ]
    assert sizes[0] == sizes[1]
    assert sizes[2].height > sizes[0].height
