"""Comparing decoded data with what a person has looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, Any], None]:
    """Compare a JSON value with ``tests/golden/<name>.json``; a missing file fails unless ``--update-golden``."""

    def compare(name: str, value: Any) -> None:
        path = FOLDER / f"{name}.json"
        text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
        if request.config.getoption("--update-golden"):
            path.write_text(text, "utf-8")
            return
        if not path.is_file():
            pytest.fail(f"{path.name} is missing: look at the value, then run pytest --update-golden")
        assert json.loads(text) == json.loads(path.read_text("utf-8"))

    return compare
