"""Khronos' glTF validator, when Node and its npm package are on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from nn2gltf.gltf.report import Problem, Report

PACKAGE = "gltf-validator"
ENVIRONMENT = "NN2GLTF_VALIDATOR"
"""Folder of the npm package, for installations elsewhere."""

TIMEOUT_SECONDS = 120
_SEVERITIES = {0: "error", 1: "warning"}

# Reads the file from stdin, so that no path is spliced into code.
_SCRIPT = """
const validator = require(process.argv[1]);
const chunks = [];
process.stdin.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
  validator
    .validateBytes(new Uint8Array(Buffer.concat(chunks)), { maxIssues: 1000 })
    .then((report) => process.stdout.write(JSON.stringify({ version: validator.version(), issues: report.issues })))
    .catch((error) => { process.stderr.write(String(error)); process.exit(1); });
});
"""


def check_khronos(data: bytes) -> Report:
    """Run Khronos' validator on a file's bytes; when it cannot run, a note says why and how to get it.

    Infos and hints are left out.
    """
    node, package = shutil.which("node"), find_package()
    if node is None or package is None:
        missing = "Node" if node is None else f"the npm package {PACKAGE}"
        note = f"Khronos' validator did not run: {missing} was not found. Install it with: npm install -g {PACKAGE}"
        return Report(notes=(note,))
    try:
        done = subprocess.run(
            [node, "-e", _SCRIPT, str(package)],
            input=data,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=True,
        )
        answer = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        return Report(notes=(f"Khronos' validator failed: {type(error).__name__}",))
    return _to_report(answer)


@cache
def find_package() -> Path | None:
    """Folder of the npm package: the one named in the environment, the source tree's, or the global one.

    The current folder is never searched: it may belong to a stranger.
    """
    source_tree = Path(__file__).resolve().parents[2] / "tests" / "js" / "node_modules" / PACKAGE
    candidates = [Path(named).resolve()] if (named := os.environ.get(ENVIRONMENT)) else []
    candidates.append(source_tree)
    found = next((folder for folder in candidates if (folder / "package.json").is_file()), None)
    return found or _global_package()


def _global_package() -> Path | None:
    npm = shutil.which("npm")
    if npm is None:
        return None
    try:
        done = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, timeout=30, check=True)
    except (subprocess.SubprocessError, OSError):
        return None
    folder = Path(done.stdout.strip()) / PACKAGE
    return folder if (folder / "package.json").is_file() else None


def _to_report(answer: Any) -> Report:
    problems = tuple(
        Problem(
            severity="error" if message["severity"] == 0 else "warning",
            code=f"KHRONOS_{message['code']}",
            message=message["message"],
            where=message.get("pointer", ""),
        )
        for message in answer["issues"]["messages"]
        if message["severity"] in _SEVERITIES
    )
    notes = ("Khronos' validator stopped at 1,000 issues.",) if answer["issues"].get("truncated") else ()
    return Report(problems=problems, checkers=(f"Khronos glTF-Validator {answer['version']}",), notes=notes)
