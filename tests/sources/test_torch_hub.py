"""Specifications timm:NAME and hf:FOLDER without these packages: what is missing, and what is refused before any import."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from nn2gltf.errors import DependencyError, InputDataError, InputMissingError, RefusedError
from nn2gltf.record.torch_values import collect_weights
from nn2gltf.sources.model_file import read_model
from nn2gltf.sources.torch_light import EmptyOnMeta
from nn2gltf.sources.torch_weights import load_weights

CONFIGS = sorted((Path(__file__).resolve().parents[2] / "samples" / "configs").iterdir())


@pytest.mark.parametrize("spec", ["timm:resnet50", f"hf:{CONFIGS[0]}"])
def test_a_missing_package_is_named_with_the_line_that_installs_it(
    spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    monkeypatch.setitem(sys.modules, "transformers", None)
    extra = "timm" if spec.startswith("timm") else "transformers"
    with pytest.raises(DependencyError, match=rf"pip install 'nn2gltf\[{extra}\]'"):
        read_model(spec)


@pytest.mark.parametrize(
    ("content", "error", "match"),
    [
        ("{", InputDataError, "not JSON"),
        ("[" * 100_000, InputDataError, "not JSON"),
        ("[]", InputDataError, "model_type"),
        ('{"model_type": 3}', InputDataError, "model_type"),
        ('{"model_type": "x", "auto_map": {"AutoModel": "evil.Model"}}', RefusedError, "code that comes"),
        ('{"model_type": "x", "pad": "' + "x" * 2**20 + '"}', InputDataError, "1 MiB"),
    ],
    ids=["cut", "deep", "list", "number", "code", "large"],
)
def test_odd_configurations_are_refused(content: str, error: Any, match: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(error, match=match):
        read_model(f"hf:{tmp_path}")


def test_a_folder_without_a_configuration_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputMissingError, match="hf:"):
        read_model(f"hf:{tmp_path}")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputMissingError, match=f"Write hf:{tmp_path}"):
        read_model(str(tmp_path))


@pytest.mark.parametrize("folder", CONFIGS, ids=lambda folder: folder.name)
def test_sample_configurations_hold_what_is_read(folder: Path) -> None:
    settings = json.loads((folder / "config.json").read_text())
    assert settings["model_type"].isidentifier()
    assert len(settings["architectures"]) == 1


def test_a_module_without_numbers_takes_those_of_a_file_and_has_none_to_record_before() -> None:
    with torch.device("meta"):
        module = nn.Linear(2, 2)
    assert collect_weights(module) == ({}, "weights are not recorded: the model was built without numbers")
    given = nn.Linear(2, 2).state_dict()
    load_weights(module, given, where="weights.pt")
    assert torch.equal(module.weight, given["weight"])
    assert set(collect_weights(module)[0]) == {"weight", "bias"}


class Turning(nn.Module):
    """A heavy matrix, and frequencies that are computed and not saved."""

    def __init__(self) -> None:
        super().__init__()
        self.heavy = nn.Linear(8, 8)
        self.register_buffer("frequencies", 1.0 / torch.arange(1, 5), persistent=False)
        self.register_buffer(
            "scratch", torch.empty(3) if Turning.allocates else torch.zeros(3), persistent=False
        )

    allocates = False


def test_a_module_that_a_file_fills_keeps_the_buffers_that_no_file_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with EmptyOnMeta():
        module = Turning()
    assert module.heavy.weight.is_meta
    given = Turning().state_dict()
    load_weights(module, given, where="weights.pt")
    assert torch.equal(module.heavy.weight, given["heavy.weight"])
    assert module.frequencies.tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    monkeypatch.setattr(Turning, "allocates", True)
    with EmptyOnMeta():
        module = Turning()
    with pytest.raises(InputDataError, match="do not hold its buffers scratch"):
        load_weights(module, given, where="weights.pt")
