"""What all tests share: options, tools that may be missing, data, and the validator."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]
VALIDATOR = ROOT / "tests" / "js" / "node_modules" / "gltf-validator"
REQUIRED = os.environ.get("NN2GLTF_REQUIRE_TOOLS") == "1"
PLATFORM_REASON = re.compile(r"\broot\b|\b(POSIX|Linux|Windows|macOS) only\b", re.IGNORECASE)
"""Skips that say nothing about a missing tool: allowed even where tools are required."""

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell without job control starts what runs in the background deaf to Ctrl+C, and so is all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
# How long one example takes says how busy the machine is. The same examples in every run: a change is judged by what it
# did; with --full they are new ones each time.
FULL = "--full" in sys.argv
hypothesis.settings.register_profile("nn2gltf", deadline=None, derandomize=not FULL)
hypothesis.settings.load_profile("nn2gltf")
if VALIDATOR.is_dir():
    os.environ.setdefault("NN2GLTF_VALIDATOR", str(VALIDATOR))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="also run what is marked full")
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Where tools are required, a skip is a failure: nobody notices a test that quietly stopped running."""
    report: Any = yield
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not PLATFORM_REASON.search(reason):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped where NN2GLTF_REQUIRE_TOOLS=1: {reason}"
    return report


@pytest.fixture(scope="session", autouse=True)
def warm_workers() -> Iterator[None]:
    """Jobs on model files fork from one warm server, which starts with the first of them."""
    from nn2gltf.bounded import use_runner
    from nn2gltf.bounded.server import warm_server

    with contextlib.ExitStack() as stack:
        started: list[Any] = []

        def run(request: Any, limits: Any) -> Any:
            if not started:
                started.append(stack.enter_context(warm_server()))
            return started[0](request, limits)

        with use_runner(run):
            yield


@pytest.fixture(scope="session")
def mnist_root() -> Path | None:
    """Folder of the real MNIST in torchvision's layout, or None: tests then use the bundled digits."""
    named = os.environ.get("NN2GLTF_TEST_DATA")
    root = Path(named) if named else ROOT.parent / "shared" / "data"
    return root if (root / "MNIST" / "raw" / "t10k-images-idx3-ubyte").is_file() else None


@pytest.fixture(scope="session")
def assert_valid() -> Callable[[Path | bytes], None]:
    """Fails unless Khronos' validator finds 0 errors and 0 warnings in a .glb or .gltf."""
    from nn2gltf.gltf.khronos import check_khronos

    def check(scene: Path | bytes) -> None:
        data = scene if isinstance(scene, bytes) else scene.read_bytes()
        report = check_khronos(data)
        if not report.checkers:
            pytest.skip(f"the validator is missing: {' '.join(report.notes)}")
        assert not report.problems, "\n".join(str(problem) for problem in report.problems[:20])

    return check
