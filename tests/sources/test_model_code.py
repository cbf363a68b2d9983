"""Specifications that name the user's own code."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from model_files import NET, same_weights

from nn2gltf.errors import (
    InputDataError,
    InputMissingError,
    Nn2gltfError,
    UsageError,
)
from nn2gltf.sources.model_file import read_model


def test_a_class_a_function_and_a_variable(net_file: Path) -> None:
    fresh, again = read_model("net.py:Net"), read_model(f"{net_file}:Net")
    assert (fresh.name, fresh.weights, fresh.kind) == ("Net", "random", "code")
    assert same_weights(fresh.module, again.module), "the same seed gives the same weights"
    assert not same_weights(fresh.module, read_model("net.py:Net", seed=1).module)
    assert read_model("net.py:trained").weights == "given"
    assert read_model("net.py:fresh").weights == "random"
    assert read_model("net.py:ready").weights == "given"
    assert read_model("net:Net").module.layer.out_features == 4


def test_the_random_state_is_the_callers(net_file: Path) -> None:
    before = torch.get_rng_state()
    read_model("net.py:fresh")
    read_model("torchvision:squeezenet1_1")
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("spec", "kind", "message"),
    [
        ("net.py:Nett", UsageError, "Did you mean Net"),
        ("net.py:needs", UsageError, "arguments width, depth"),
        ("net.py:number", InputDataError, "returned a int"),
        ("net.py:broken", InputDataError, r"ValueError: no such layer.*net\.py:\d+"),
        ("other.py:Net", InputMissingError, "does not exist"),
        ("nowhere:Net", UsageError, "no module 'nowhere'.*torchvision"),
        ("net.py:torch", InputDataError, "no factory"),
        ("torchvision:resnet19", UsageError, "Did you mean resnet18"),
        ("..:x", UsageError, "no name of a module"),
        ("net.py:", UsageError, "neither a file nor a model"),
    ],
)
def test_wrong_specifications_say_what_to_write(
    net_file: Path, spec: str, kind: type[Nn2gltfError], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        read_model(spec)
    assert "\n" not in str(caught.value)


def test_code_that_does_not_parse_is_one_line(net_file: Path) -> None:
    net_file.write_text("def f(:\n")
    with pytest.raises(InputDataError, match=r"SyntaxError.*net\.py:1"):
        read_model("net.py:f")


def test_files_of_one_name_in_two_folders_are_two_modules(tmp_path: Path) -> None:
    for index, folder in enumerate(("a", "b")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "net.py").write_text(NET.replace("self.layer", f"self.layer{index}"))
    one, two = (read_model(f"{tmp_path / folder}/net.py:Net").module for folder in ("a", "b"))
    assert hasattr(one, "layer0")
    assert hasattr(two, "layer1")


def test_siblings_of_the_code_are_found_and_the_path_is_put_back(tmp_path: Path) -> None:
    (tmp_path / "sibling_width.py").write_text("WIDTH = 7\n")
    (tmp_path / "net.py").write_text(
        "from sibling_width import WIDTH\n" + NET.replace("width=3", "width=WIDTH")
    )
    before = list(sys.path)
    assert read_model(f"{tmp_path}/net.py:Net").module.layer.in_features == 7
    assert sys.path == before
