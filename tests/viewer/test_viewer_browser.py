"""The viewer in a real Chromium: the Playwright programs of viewer/test/browser, each as one test."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from browser import find_chromium

VIEWER = Path(__file__).resolve().parents[2] / "viewer"
PROGRAMS = sorted(path.name for path in (VIEWER / "test" / "browser").glob("*.test.mjs"))


def missing() -> str | None:
    """What is not installed, as a sentence."""
    if shutil.which("node") is None:
        return "Node.js 20 is not installed"
    if not (VIEWER / "node_modules" / "playwright-core").is_dir():
        return "the packages of viewer are not installed (make node-tools)"
    return None if find_chromium() else "Chromium is not installed, or NN2GLTF_CHROMIUM does not name it"


@pytest.fixture(scope="module", autouse=True)
def built_page() -> None:
    if problem := missing():
        pytest.skip(f"no browser test of the viewer ran: {problem}")
    subprocess.run([str(shutil.which("node")), "build.mjs"], cwd=VIEWER, check=True, timeout=120)


def run_program(program: str, **environment: str) -> None:
    done = subprocess.run(
        [str(shutil.which("node")), "--test", f"test/browser/{program}"],
        cwd=VIEWER,
        env={**os.environ, "NN2GLTF_CHROMIUM": str(find_chromium()), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "\n# skipped 0" in done.stdout


@pytest.mark.browser
@pytest.mark.timeout(900)
@pytest.mark.parametrize("program", PROGRAMS)
def test_viewer_in_chromium(program: str) -> None:
    run_program(program)


@pytest.mark.full
@pytest.mark.browser
@pytest.mark.timeout(5400)
@pytest.mark.parametrize("program", ["hostile.test.mjs", "mutants.test.mjs"])
def test_viewer_in_chromium_with_everything(program: str) -> None:
    run_program(program, NN2GLTF_FULL="1")


def test_every_program_is_found() -> None:
    names = ("access", "features", "hostile", "keys", "mutants", "plain", "steady")
    assert {f"{name}.test.mjs" for name in names} <= set(PROGRAMS)
