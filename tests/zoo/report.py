"""The zoo report: every model of the zoo, traced and compared with torch.export, as a table in docs/zoo.md.

.venvs/zoo/bin/python tests/zoo/report.py [--no-export] [torchvision timm transformers]

Rows are kept as lines of JSON in build/zoo/ as they come, so that a report goes on where it was stopped; what was traced
without torch.export is compared when a later run asks for it.
"""

from __future__ import annotations

import gc
import json
import platform
import sys
import tempfile
import warnings
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import zoo  # noqa: E402

from nn2gltf.sources.torch_hub import HEAVY as HUB_HEAVY  # noqa: E402

KEPT = ROOT / "build" / "zoo"
PAGE = ROOT / "docs" / "zoo.md"
SOURCES = {"torchvision": "torchvision", "timm": "timm", "transformers": "hf"}
Rows = dict[str, dict[str, Any]]

INTRODUCTION = """# The zoo

Every model here was built with random weights, its input was inferred, and it was traced; `tests/zoo/report.py` wrote this
page ({packages}, {system}).

- **way**: `fake` computes nothing; `real` computes, because control flow depends on values; `partial` stopped on the way.
- **gaps**: an edge without a shape, a layer without an output shape or outside every scope, an output that no input
  reaches, a parameter that no layer reads and that the graph's report does not list. Empty means none of these.
- **torch.export**: the pairs of layers with weights that feed each other, compared with those that torch.export, an
  independent tracer, finds. A cell is empty where a run was stopped before the comparison.

What is compared, by `nn2gltf/sources/torch_parity.py`:

- A pair is two groups of parameters where one's output reaches the other through functions alone. Parameters that one
  layer reads are one group; a shared parameter counts by its first name.
- Names of operators, views and intermediate tensors are not compared: the two tracers cut them differently. All operators
  inside a module that is one layer are that layer.
- What no input reaches (masks, position tables, a weight that is normalised) belongs to whoever reads it. An operator that
  takes only the shape or the type of a tensor does not read it.
- In-place operators of the exported program are made functional first, and an operator that returned its input
  (`to` with the same type) is its input.
- Models of torchvision with more than {heavy} million parameters, and those of timm and transformers with more than
  {hub} million, are built, traced and exported as shapes alone, without numbers.
"""
REASONS = {
    "GuardOnDataDependentSymNode": "the control flow depends on how many boxes are found, which torch.export does not take",
}
"""What torch.export says, and what it means."""


def main(wanted: Iterable[str], *, parity: bool) -> None:
    """Examine what is not kept yet, then write the page."""
    warnings.simplefilter("ignore")
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for source in wanted:
            rows = read_rows(source)
            for name in names_of(source):
                if name not in rows or (parity and not rows[name]["export"]):
                    keep(source, name, Path(folder), parity=parity)
    write_page({source: read_rows(source) for source in SOURCES})


def names_of(source: str) -> list[str]:
    """Models of one library."""
    if source == "torchvision":
        return zoo.torchvision_names()
    return zoo.timm_names() if source == "timm" else sorted(zoo.TRANSFORMERS)


def keep(source: str, name: str, folder: Path, *, parity: bool) -> None:
    """Examine one model and add its row to the file."""
    place = zoo.write_config(name, folder) if source == "transformers" else name
    row, graph = zoo.examine(f"{SOURCES[source]}:{place}", parity=parity)
    del graph
    gc.collect()
    with (KEPT / f"{source}.jsonl").open("a") as file:
        file.write(json.dumps({**row.to_json(), "name": name}) + "\n")
    print(source, name, row.way, f"{row.seconds:.1f} s", *row.gaps, row.export, flush=True)


def read_rows(source: str) -> Rows:
    """Rows that are there already, by name."""
    path = KEPT / f"{source}.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return {row["name"]: row for row in map(json.loads, lines)}


def write_page(everything: dict[str, Rows]) -> None:
    """The page with a summary, the exceptions and one table a library."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", *SOURCES))
    text = [
        INTRODUCTION.format(
            packages=packages,
            system=f"Python {platform.python_version()}, CPU",
            heavy=zoo.HEAVY // 10**6,
            hub=HUB_HEAVY // 10**6,
        )
    ]
    text += [
        "| library | models | traced whole | fake | real | edges as torch.export | not compared |",
        "|---|---|---|---|---|---|---|",
    ]
    text += [_summary(source, list(rows.values())) for source, rows in everything.items() if rows]
    text += ["", "## Exceptions", "", *_exceptions(everything)]
    for source, rows in everything.items():
        if rows:
            text += [
                "",
                f"## {source}",
                "",
                "| model | way | layers | edges | parameters | torch.export |",
                "|---|---|---|---|---|---|",
            ]
            text += [_line(rows[name]) for name in sorted(rows)]
    PAGE.write_text("\n".join(text) + "\n")


def _summary(source: str, rows: list[dict[str, Any]]) -> str:
    whole = [row for row in rows if not row["gaps"]]
    ways = [sum(row["way"] == way for row in whole) for way in ("fake", "real")]
    compared = [row for row in rows if row["export"].startswith(("equal", "differs"))]
    equal = sum(row["export"].startswith("equal") for row in compared)
    cells = [source, len(rows), len(whole), *ways, f"{equal} of {len(compared)}", len(rows) - len(compared)]
    return f"| {' | '.join(map(str, cells))} |"


def _exceptions(everything: dict[str, Rows]) -> list[str]:
    """Models with a gap or other edges than torch.export's, and those that torch.export does not take."""
    found = [
        f"- `{name}` ({source}): {'; '.join([*row['gaps'], *([row['export']] if row['export'].startswith('differs') else [])])}"
        for source, rows in everything.items()
        for name, row in sorted(rows.items())
        if row["gaps"] or row["export"].startswith("differs")
    ]
    return [*(found or ["Gaps, and edges that differ: none."]), "", *_not_exported(everything)]


def _not_exported(everything: dict[str, Rows]) -> list[str]:
    """A sentence a reason; the models' graphs are whole, only the comparison is missing."""
    by_reason: dict[str, list[str]] = {}
    for rows in everything.values():
        for name, row in sorted(rows.items()):
            if row["export"].startswith("not exported: "):
                said = row["export"].removeprefix("not exported: ")
                reason = next((text for mark, text in REASONS.items() if mark in said), said)
                by_reason.setdefault(reason, []).append(f"`{name}`")
    return [
        f"- Not compared ({len(names)}), because {reason}: {', '.join(names)}."
        for reason, names in by_reason.items()
    ]


def _line(row: dict[str, Any]) -> str:
    cells = [
        f"`{row['name']}`",
        row["way"],
        row["layers"],
        row["edges"],
        f"{row['parameters']:,}",
        ":".join(row["export"].split(":")[:2]) if row["export"].startswith("not exported") else row["export"],
    ]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    named = [argument for argument in sys.argv[1:] if argument != "--no-export"]
    main(named or list(SOURCES), parity="--no-export" not in sys.argv)
