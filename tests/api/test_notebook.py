"""What a notebook shows of a recorder."""

from __future__ import annotations

import html

import pytest
import torch
from torch import nn

import nn2gltf
from nn2gltf.api import notebook
from nn2gltf.errors import Nn2gltfError
from nn2gltf.html import read_viewer


@pytest.fixture
def recorder() -> nn2gltf.Recorder:
    return nn2gltf.Recorder(
        nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), probes=torch.rand(2, 4)
    )


def test_text_before_and_after_the_first_step(recorder: nn2gltf.Recorder) -> None:
    assert recorder._repr_mimebundle_() == {"text/plain": "Recorder: nothing is recorded yet."}
    recorder.start(loss=2.5)
    recorder.step(loss=1.25)
    shown = recorder._repr_mimebundle_(include={"text/plain"})
    assert list(shown) == ["text/plain"]
    assert shown["text/plain"].startswith("Sequential: 2 steps, epoch 1  loss 1.25")
    assert recorder._repr_mimebundle_(exclude={"text/plain", "text/html"}) == {}


def test_the_frame_holds_the_page(recorder: nn2gltf.Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        read_viewer()
    except Nn2gltfError as error:
        pytest.skip(f"the viewer is not built: {error}")
    recorder.start()
    frame = recorder._repr_mimebundle_()["text/html"]
    page = html.unescape(frame.partition('srcdoc="')[2].partition('"')[0])
    assert page.lower().startswith("<!doctype html>")
    assert 'sandbox="allow-scripts"' in frame
    monkeypatch.setattr(notebook, "MAX_FRAME_BYTES", 1000)
    small = recorder._repr_mimebundle_()
    assert "iframe" not in small["text/html"]
    assert "too large for a notebook" in small["text/plain"]
