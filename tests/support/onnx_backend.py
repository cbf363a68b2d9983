"""Every ONNX model of the installed onnx wheel: files of its backend test data, and those its node tests are made from.

As a program it reads them all and prints the table of docs/onnx.md:

    python tests/support/onnx_backend.py > docs/onnx-backend.md
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import onnx

from nn2gltf.errors import Nn2gltfError
from nn2gltf.ir.graph import Graph
from nn2gltf.sources.onnx_model import read_onnx
from nn2gltf.sources.onnx_run import OnnxRunner, measure_types

DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"


@dataclass(frozen=True)
class Case:
    """A model and the group it belongs to."""

    group: str
    name: str
    data: bytes


def backend_files() -> Iterator[Case]:
    """Models that lie in the wheel as files."""
    for path in sorted(DATA.rglob("*.onnx")):
        yield Case(path.relative_to(DATA).parts[0], path.parent.name + "/" + path.stem, path.read_bytes())


def node_models() -> Iterator[Case]:
    """Models of the operators' tests, which the wheel holds as code."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in collect_testcases(None):
            if case.model is not None:
                yield Case("node", case.name, case.model.SerializeToString())


def is_valid(case: Case) -> bool:
    """Whether onnx's own checker accepts a model."""
    try:
        onnx.checker.check_model(onnx.load_model_from_string(case.data))
    except Exception:  # the checker's own verdict, whatever it raises
        return False
    return True


def read_case(case: Case, folder: Path) -> Graph:
    """The graph of a model, measured by a run where inference leaves shapes open."""
    path = folder / "model.onnx"
    path.write_bytes(case.data)
    return read_onnx(path, measure=measure_types).built.graph


def unknown_values(graph: Graph) -> tuple[int, int]:
    """Layers with a shape that is marked unknown, and layers that give no tensor."""
    marks = [mark for layer in graph.layers for mark in [layer.attributes.get("unknown_shapes")] if mark]
    others = sum(all(str(text)[:1].isalpha() for text in mark) for mark in marks if isinstance(mark, list))
    return len(marks) - others, others


def unmarked(graph: Graph) -> list[str]:
    """Layers that neither state their outputs nor say that they are unknown."""
    return [
        layer.id for layer in graph.layers if not layer.outputs and "unknown_shapes" not in layer.attributes
    ]


def main() -> None:
    """Read everything and print the table."""
    groups: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in [*backend_files(), *node_models()]:
            count = groups.setdefault(case.group, Counter())
            count["models"] += 1
            if not is_valid(case):
                count["refused by onnx's checker"] += 1
                continue
            try:
                graph = read_case(case, Path(folder))
            except Nn2gltfError as error:
                count["not read"] += 1
                print(f"{case.group}/{case.name}: {error}", file=sys.stderr)
                continue
            unknown, others = unknown_values(graph)
            count["read"] += 1
            count["layers"] += len(graph.layers)
            count["with unknown shapes"] += unknown > 0
            count["layers of unknown shape"] += unknown
            count["layers that give sequences or maps"] += others
            count["unmarked"] += len(unmarked(graph))
    _print_table(groups)


COLUMNS = (
    "models", "refused by onnx's checker", "read", "not read", "layers", "with unknown shapes",
    "layers of unknown shape", "layers that give sequences or maps", "unmarked",
)  # fmt: skip


def _print_table(groups: dict[str, Counter[str]]) -> None:
    runtime = OnnxRunner.runtime_name()
    print("# ONNX models that are read\n")
    print(f"All models of onnx {onnx.__version__}'s backend tests; open shapes measured with {runtime}.")
    print("Made by `python tests/support/onnx_backend.py > docs/onnx-backend.md`.\n")
    print(f"| group | {' | '.join(COLUMNS)} |\n|---|{'---|' * len(COLUMNS)}")
    total = Counter[str]()
    for count in groups.values():
        total.update(count)
    for group, count in [*sorted(groups.items()), ("all", total)]:
        print(f"| {group} | {' | '.join(f'{count[column]:,}' for column in COLUMNS)} |")


if __name__ == "__main__":
    main()
