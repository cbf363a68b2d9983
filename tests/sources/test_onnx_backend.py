"""Every model of onnx's own backend tests that its checker accepts is read, each shape known or marked unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx_backend import Case, backend_files, is_valid, node_models, read_case, unmarked


def check(case: Case, folder: Path) -> bool:
    if not is_valid(case):
        return False
    graph = read_case(case, folder)
    assert unmarked(graph) == [], case.name
    assert all(edge.spec is not None or _is_marked(graph, edge.source) for edge in graph.edges), case.name
    return True


def _is_marked(graph: object, layer_id: str) -> bool:
    layer = graph.layer_by_id[layer_id]  # type: ignore[attr-defined]
    return "unknown_shapes" in layer.attributes


def test_models_in_files(tmp_path: Path) -> None:
    cases = [case for case in backend_files() if case.group != "light"]
    assert sum(check(case, tmp_path) for case in cases) > 100


def test_a_share_of_the_operators(tmp_path: Path) -> None:
    assert sum(check(case, tmp_path) for case in [*node_models()][::25]) > 60


@pytest.mark.full
def test_all_of_them(tmp_path: Path) -> None:
    assert sum(check(case, tmp_path) for case in [*backend_files(), *node_models()]) > 2000
