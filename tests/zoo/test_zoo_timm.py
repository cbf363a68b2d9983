"""One model of every file of timm's is traced whole."""

from __future__ import annotations

import pytest
import zoo

from nn2gltf.errors import UsageError
from nn2gltf.sources.loaded import ReadOptions
from nn2gltf.sources.torch_hub import read_timm

NAMES = zoo.timm_names()


def test_there_are_families_enough() -> None:
    assert len(NAMES) >= 40


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_every_family_is_traced_whole(name: str) -> None:
    row, _ = zoo.examine(f"timm:{name}")
    assert row.gaps == ()
    assert row.way == "fake"
    assert row.layers > 10


def test_an_unknown_name_lists_close_ones_and_nothing_is_downloaded() -> None:
    with pytest.raises(UsageError, match="Did you mean resnet50"):
        read_timm("resne50", ReadOptions())
    with pytest.raises(UsageError, match="no model"):
        read_timm("hf-hub:someone/model", ReadOptions())


def test_the_seed_decides_the_weights() -> None:
    first, same, other = (
        next(read_timm("test_vit", ReadOptions(seed=seed)).module.parameters()) for seed in (0, 0, 1)
    )
    assert first.equal(same)
    assert not first.equal(other)
