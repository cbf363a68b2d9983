"""Thousands of damaged model files through the command line: one line and the right exit code, or a whole scene.

Jobs run in children forked from one warm server, as a user's run in a fresh process.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from damaged_files import cuts, mutations, write_models

from nn2gltf.bounded import run_bounded, use_runner
from nn2gltf.bounded.server import warm_server
from nn2gltf.cli import main

KINDS = ("module", "weights", "script", "program", "tensors", "graph", "old", "packed", "evil", "code")
CUT_KINDS = ("module", "script", "program", "tensors", "graph")
PRELOAD = (
    "onnx",
    "torch",
    "nn2gltf.torch_vision",
    "nn2gltf.api.torch_job",
    "nn2gltf.api.onnx_values",
    "damage_jobs",
)
EXPECTED = {0, 65, 75, 77}
"""Done, bad input, a limit, refused. A worker that crashed (70) is counted apart."""


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    with warm_server(PRELOAD) as runner, use_runner(runner):
        yield


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return write_models(folder, folder / "ran")


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and stderr of one command."""
    errors = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
        code = main([*arguments])
    return code, errors.getvalue()


def check(path: Path, data: bytes, *, export: bool) -> int:
    """Run a command on a damaged file and look at everything that it may not do."""
    path.write_bytes(data)
    scene = path.with_suffix(".glb")
    scene.unlink(missing_ok=True)
    code, errors = run("export", str(path), "-o", str(scene)) if export else run("inspect", str(path))
    assert code in EXPECTED or "worker process crashed" in errors, errors
    assert "Traceback" not in errors
    if code:
        assert errors.startswith("nn2gltf: error[E_"), errors
        assert errors.count("\n") == 1
    assert scene.exists() == (export and code == 0)
    assert {item.name for item in path.parent.iterdir()} <= {path.name, scene.name, "ran"}
    return code


def keep_counts(what: str, kind: str, codes: Counter[int | str]) -> None:
    """Figures of a full run for docs/model-files.md: a line of JSON each in $NN2GLTF_RESULTS/damaged.jsonl."""
    if folder := os.environ.get("NN2GLTF_RESULTS"):
        with (Path(folder) / "damaged.jsonl").open("a") as file:
            file.write(
                json.dumps({"what": what, "kind": kind, **{str(k): n for k, n in codes.items()}}) + "\n"
            )


@pytest.mark.parametrize("kind", KINDS)
def test_the_controls_whole_files(models: dict[str, Path], kind: str, tmp_path: Path) -> None:
    path = tmp_path / models[kind].name
    assert check(path, models[kind].read_bytes(), export=True) == (77 if kind == "code" else 0)
    if kind in ("evil", "code"):
        ran = models[kind].parent / "ran"
        assert not ran.exists()
        torch.load(models[kind], weights_only=False)  # a loader that trusts the file runs it
        assert ran.exists()
        ran.unlink()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", CUT_KINDS)
def test_files_cut_short(models: dict[str, Path], kind: str, tmp_path: Path, amount: str) -> None:
    data = models[kind].read_bytes()
    path = tmp_path / models[kind].name
    codes: Counter[int | str] = Counter(
        check(path, data[:length], export=index % 20 == 0)
        for index, length in enumerate(cuts(len(data), every=1 if amount == "all" else 40))
    )
    keep_counts(f"cut {amount}", kind, codes)
    assert set(codes) <= {0, 65, 75}
    assert codes[65] > 0.9 * codes.total()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_files_with_damage_inside(models: dict[str, Path], kind: str, tmp_path: Path) -> None:
    path = tmp_path / models[kind].name
    codes = Counter(
        check(path, made, export=index % 20 == 0)
        for index, made in enumerate(
            mutations(models[kind].read_bytes(), 500 // len(KINDS), seed=KINDS.index(kind))
        )
    )
    assert not (models[kind].parent / "ran").exists()
    assert codes[65] + codes[75] + codes[77] > 0  # the damage is real


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_files_with_damage_inside(models: dict[str, Path], kind: str, tmp_path: Path) -> None:
    """What the command line does with each is tested above; here one child reads them all."""
    whole, path, codes = models[kind].read_bytes(), tmp_path / models[kind].name, Counter[int | str]()
    for seed in range(1, 1 + -(-20_000 // (250 * len(KINDS)))):
        given = {"path": str(path), "count": 250, "seed": seed}
        codes.update(run_bounded("damage_jobs:read_many", given, [whole]).result)
    keep_counts("damaged", kind, codes)
    assert set(codes) <= EXPECTED
    assert codes.total() * len(KINDS) >= 20_000
    assert not (models[kind].parent / "ran").exists()
    assert codes[65] + codes[75] + codes[77] > 0  # the damage is real


@pytest.fixture(params=["share", pytest.param("all", marks=pytest.mark.full)])
def amount(request: pytest.FixtureRequest) -> str:
    amount: str = request.param
    return amount
