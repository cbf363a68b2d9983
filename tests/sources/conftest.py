"""What the tests of sources share."""

from __future__ import annotations

from pathlib import Path

import pytest
from model_files import NET


@pytest.fixture
def net_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.py"
    path.write_text(NET)
    return path
