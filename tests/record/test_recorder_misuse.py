"""The recorder used wrongly, and training that fails: every mistake is named, and nothing recorded is lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from recorders import IMAGES, make_recorder

from nn2gltf.errors import OutputError, RecordingError, UsageError
from nn2gltf.ir.protocols import CapturedRun
from nn2gltf.sources.torch_trace import capture_torch
from nn2gltf.train.registry import build_model

MISUSE = {
    "no tensor": ({"probes": "seven"}, "hold no tensor: str"),
    "no probe": ({"probes": IMAGES[:0]}, "rows"),
    "a scalar": ({"probes": torch.tensor(1.0)}, "rows"),
    "uneven": ({"probes": (torch.rand(2, 4), torch.rand(3, 4))}, r"\[2, 3\] rows"),
    "labels": ({"labels": [1, 2]}, "2 labels for 3 probes"),
    "kind of labels": ({"labels": [0.5, 1.0, 2.0]}, "class indices"),
    "label without class": ({"labels": [0, 1, 5], "classes": ["a", "b"]}, "label 5 has no class"),
    "names": ({"names": ["a"]}, "1 names for 3 probes"),
    "thumbnails": ({"thumbnails": [np.zeros((2, 2), np.uint8)]}, "1 thumbnails for 3 probes"),
    "kind of thumbnails": ({"thumbnails": [np.zeros((2, 2))] * 3}, "a thumbnail is float64"),
    "meta": ({"meta": {"x": object()}}, "meta cannot be written as JSON"),
}


@pytest.mark.parametrize("misuse", MISUSE)
def test_misuse_is_named_before_any_training(misuse: str) -> None:
    options, message = MISUSE[misuse]
    with pytest.raises(UsageError, match=message):
        make_recorder(build_model("mlp"), **{"probes": IMAGES, **options})


def test_the_order_of_calls_matters(tmp_path: Path) -> None:
    recorder = make_recorder(build_model("mlp"), path=tmp_path / "run")
    with pytest.raises(UsageError, match="has not started"):
        recorder.step()
    with pytest.raises(RecordingError, match="no step"):
        recorder.recording()
    assert not recorder.started
    recorder.start()
    assert recorder.started
    with pytest.raises(UsageError, match="started already"):
        recorder.start()
    with pytest.raises(UsageError, match="metric loss is no number: str"):
        recorder.step(loss="low")
    recorder.close()
    recorder.close()
    with pytest.raises(UsageError, match="closed"):
        recorder.step()
    assert len(recorder.recording().steps) == 1


def test_a_bad_output_is_found_before_any_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        make_recorder(build_model("mlp"), path=tmp_path / "file")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.txt").write_text("x")
    with pytest.raises(OutputError, match="did not write it"):
        make_recorder(build_model("mlp"), path=tmp_path / "theirs")
    make_recorder(build_model("mlp"), path=tmp_path / "theirs", force=True).start().close()
    assert (tmp_path / "theirs" / "thesis.txt").read_text() == "x"


def test_an_exception_in_the_training_keeps_the_recording(tmp_path: Path) -> None:
    recorder = make_recorder(build_model("mlp"), path=tmp_path / "run")
    with pytest.raises(ZeroDivisionError), recorder:
        recorder.step()
        raise ZeroDivisionError
    assert len(recorder.recording().steps) == 2
    make_recorder(build_model("mlp"), path=tmp_path / "run").start().close()


def test_a_model_that_fails_leaves_no_step() -> None:
    fails = {"now": False}

    def capture(model: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, values: bool) -> CapturedRun:
        if fails["now"]:
            raise RuntimeError("out of paper")
        return capture_torch(model, args, kwargs, values=values)

    model = build_model("resnet").train()
    recorder = make_recorder(model, capture=capture).start()
    fails["now"] = True
    with pytest.raises(RuntimeError, match="out of paper"):
        recorder.step()
    assert all(module.training for module in model.modules())
    assert len(recorder.recording().steps) == 1
