"""Mistakes in Python: found before any training, said in Python's own form, and never in silence."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import nn2gltf
from nn2gltf import errors
from nn2gltf.errors import CODES, REMEDIES, InputDataError, UsageError
from nn2gltf.python_form import to_python

PACKAGE = Path(nn2gltf.__file__).parent


def classifier(outputs: int = 10) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(16, outputs))


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("Add --force to replace it.", "Add force=True to replace it."),
        ("--trust-model-code: that runs code", "trust_model_code=True: that runs code"),
        ("Give --input 1x3x8x8, or --depth 2.", 'Give inputs=["1x3x8x8"], or depth=2.'),
        (
            "Name --model pkg.mod:factory or --model net.py:Net.",
            'Name model="pkg.mod:factory" or model="net.py:Net".',
        ),
        ("--fold or --layers GLOB; or --layout flow.", 'fold=True or layers=["GLOB"]; or layout="flow".'),
        ("without --model or --resume", "without model= or resume=True"),
        ("Raise with --max-memory GB if you trust it.", "Raise with max_memory_gb=GB if you trust it."),
        ("Type: nn2gltf export net.pt --depth 2", "Type: nn2gltf export net.pt --depth 2"),
        ("half--way", "half--way"),
    ],
)
def test_flags_become_arguments(text: str, python: str) -> None:
    assert to_python(text) == python


def test_an_error_has_a_python_form_and_a_form_for_the_command_line() -> None:
    error = UsageError("--input 'x' is no shape", hint="Write --input 1x3x8x8.")
    assert str(error) == "inputs= 'x' is no shape. Write inputs=[\"1x3x8x8\"]."
    assert error.line() == "--input 'x' is no shape. Write --input 1x3x8x8."


def test_every_code_has_a_remedy_and_so_has_every_error_a_user_can_cause() -> None:
    assert set(REMEDIES) == set(CODES)
    assert {code for code, remedy in REMEDIES.items() if not remedy} == {"E_INTERRUPTED"}
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.Nn2gltfError)
    ]
    assert len(kinds) > 10
    for kind in kinds:
        assert kind("x").code in CODES
        assert bool(kind("x").hint) == (kind is not errors.InterruptedRunError), kind


def test_raised_codes_are_in_the_catalogue_and_no_hint_is_written_empty() -> None:
    """The walk sees every error of the source: a hint of "" would be the one way to have none."""
    seen = 0
    for file in PACKAGE.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in vars(errors):
                continue
            given = {key.arg: key.value for key in call.keywords}
            code, hint = given.get("code"), given.get("hint")
            seen += 1
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                assert code.value in CODES, (file, call.lineno)
            assert not (isinstance(hint, ast.Constant) and hint.value == ""), (file, call.lineno)
    assert seen > 200


def test_what_is_no_module_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"the model is a str, no nn\.Module"):
        nn2gltf.Recorder("model", probes=torch.zeros(2, 16))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"classes": ["a", "b", "c"]}, "3 class names for 2 outputs. Give 2 names"),
        ({"labels": [1, 2]}, "label 2 for a model with 2 outputs.*0 to 1"),
        ({"labels": [1, -1]}, "label -1 for a model with 2 outputs"),
        ({"labels": [1, 0, 1]}, "3 labels for 2 probes. Give 2"),
    ],
)
def test_labels_and_classes_are_compared_with_the_outputs_before_training(
    given: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        nn2gltf.Recorder(classifier(2), probes=torch.zeros(2, 16), **given).start()


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (classifier(2), {"labels": [1, None], "classes": ["a", "b"]}),
        (classifier(1), {"labels": [0, 1], "classes": ["no", "yes"]}),  # one score stands for two classes
        (nn.Conv2d(1, 2, 3), {"labels": [0, 5]}),  # scored place by place
    ],
)
def test_what_fits_is_recorded_without_a_word(model: nn.Module, given: dict[str, Any]) -> None:
    shape = (2, 1, 8, 8) if isinstance(model, nn.Conv2d) else (2, 16)
    recorder = nn2gltf.Recorder(model, probes=torch.zeros(shape), **given).start()
    assert "" not in recorder.recording().reductions


def test_outputs_without_a_name_are_said() -> None:
    recorder = nn2gltf.Recorder(classifier(3), probes=torch.zeros(2, 16), classes=["a", "b"]).start()
    assert recorder.recording().reductions[""] == "1 of 3 outputs have no class name"


def test_a_printed_graph_says_what_could_not_be_captured() -> None:
    text = str(nn2gltf.trace(classifier(), torch.rand(1, 3)))
    assert "note: The forward stopped in 1 (Linear): RuntimeError" in text
    assert 'inputs=["1x16"]' in text
    assert "note:" not in str(nn2gltf.trace(classifier(), torch.rand(1, 16)))


def test_an_input_that_cannot_be_inferred_is_asked_for_with_the_known_channels() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(5, 2, 3)

        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return self.conv(x) + y

    with pytest.raises(InputDataError, match=r'inputs=\["1x5x32x32"\]') as caught:
        nn2gltf.trace(Odd())
    assert "--input 1x5x32x32" in caught.value.line()
