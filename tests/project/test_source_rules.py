"""Rules of ARCHITECTURE that no linter knows: who may import heavy packages, how long files are, what files never name."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "nn2gltf"
OWNERS = {
    "torch": re.compile(r"^(.*/)?torch_[^/]*\.py$|^train/|^integrations/"),
    "torchvision": re.compile(r"^(.*/)?torch_[^/]*\.py$|^train/"),
    "onnx": re.compile(r"^(sources|record)/onnx_[^/]*\.py$"),
    "onnxruntime": re.compile(r"^(sources|record)/onnx_[^/]*\.py$"),
    "pygltflib": re.compile(r"^gltf/"),
}
"""Package to the modules that may import it, relative to nn2gltf/."""
MOST_LINES = {".py": 400, ".js": 300, ".mjs": 300}
PRIVATE_ADDRESS = re.compile(r"\b(?:10\.\d+|172\.(?:1[6-9]|2\d|3[01])|192\.168)\.\d+\.\d+\b|\.internal\b")
"""Machines of one network: mirrors and proxies have no business in the project."""


def tracked(*patterns: str) -> list[Path]:
    """Files under version control; all files when this is no checkout (an sdist)."""
    done = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return [
            path for pattern in patterns for path in ROOT.rglob(pattern) if "node_modules" not in path.parts
        ]
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def imports_of(source: str) -> Iterator[str]:
    """Top-level packages that a module imports anywhere, also inside functions and through `require`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "require":
            yield from (a.value.partition(".")[0] for a in node.args if isinstance(a, ast.Constant))


def strangers(path: str, source: str) -> list[str]:
    """Heavy packages that the module at ``path`` (relative to nn2gltf/) may not import, but does."""
    return sorted({name for name in imports_of(source) if name in OWNERS and not OWNERS[name].match(path)})


@pytest.mark.parametrize(
    "path", sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")), ids=str
)
def test_heavy_packages_stay_where_they_belong(path: str) -> None:
    assert strangers(path, (PACKAGE / path).read_text()) == []


def test_the_import_rule_sees_hidden_imports() -> None:
    source = "def f():\n    import torch.nn\n    onnx = require('onnx')\n    from pygltflib import GLTF2\n"
    assert strangers("encode/scene.py", source) == ["onnx", "pygltflib", "torch"]
    assert strangers("sources/torch_trace.py", source) == ["onnx", "pygltflib"]


def test_files_stay_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked("*.py", "*.js", "*.mjs")
        if (lines := path.read_text().count("\n")) > MOST_LINES[path.suffix]
    }
    assert long == {}


def places_in(text: str) -> list[str]:
    """What names this machine: addresses of its network, the folder of this checkout, the user's home."""
    folders = [str(folder) for folder in (ROOT, Path.home()) if f"{folder}/" in text and folder != Path("/")]
    return PRIVATE_ADDRESS.findall(text) + folders


def test_no_file_names_a_place_of_one_machine() -> None:
    found = {}
    for path in tracked("*.py", "*.js", "*.mjs", "*.json", "*.toml", "*.txt", "*.md", "Makefile", ".ci/*"):
        if path != Path(__file__) and (places := places_in(path.read_text())):
            found[str(path.relative_to(ROOT))] = places
    assert len(places_in(f"see 10.0.0.7:8080 and {ROOT}/x")) == 2
    assert found == {}


def test_lock_files_record_no_address_but_npms() -> None:
    locks = tracked("*package-lock.json")
    assert len(locks) == 2
    for lock in locks:
        addresses = re.findall(r'"resolved": "([^"]*)"', lock.read_text())
        assert [a for a in addresses if not a.startswith("https://registry.npmjs.org/")] == []
        assert lock.read_text().count('"integrity"') > 5
