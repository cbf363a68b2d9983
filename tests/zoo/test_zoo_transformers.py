"""Configurations of transformers are traced whole, with the inputs that each kind reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import zoo

from nn2gltf.errors import InputDataError
from nn2gltf.ir.totals import scope_totals
from nn2gltf.sources.loaded import ReadOptions
from nn2gltf.sources.model_file import read_model
from nn2gltf.sources.torch_hub import read_hf
from nn2gltf.sources.torch_inputs import infer_inputs
from nn2gltf.sources.torch_trace import trace_torch
from nn2gltf.sources.torch_verify import verify_torch

INPUTS = {
    "bert-base": ["input"],
    "gpt2": ["input"],
    "llama-70b": ["input"],
    "t5-small": ["input_ids", "decoder_input_ids"],
    "vit": ["input"],
    "whisper-tiny": ["input_features", "decoder_input_ids"],
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", sorted(zoo.TRANSFORMERS))
def test_every_kind_is_traced_whole(kind: str, tmp_path: Path) -> None:
    row, _ = zoo.examine(f"hf:{zoo.write_config(kind, tmp_path)}")
    assert row.gaps == ()
    assert row.way == "fake"
    assert row.layers > 25


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_sample_configurations_read_what_their_model_reads(name: str) -> None:
    row, graph = zoo.examine(f"hf:{zoo.CONFIGS / name}")
    assert row.gaps == ()
    assert graph is not None
    assert [layer.id for layer in graph.layers if layer.kind == "input"] == INPUTS[name]


def test_seventy_billion_parameters_need_no_memory_and_keep_their_sums() -> None:
    """Llama 2 70B: 68,976,648,192 parameters, as published; two bytes each in half precision."""
    loaded = read_hf(str(zoo.CONFIGS / "llama-70b"), ReadOptions())
    assert all(p.is_meta for p in loaded.module.parameters())
    assert loaded.facts == {"numbers": "none"}
    graph = trace_torch(loaded.module, infer_inputs(loaded.module))
    assert graph.parameter_count == 68_976_648_192
    totals = scope_totals(graph)
    assert totals["model.layers.0"].parameters == totals["model.layers.79"].parameters == 855_654_400
    assert totals[""].flops is not None
    # 16 tokens: two operations for each weight of the matrices, and the attention's own products
    assert totals[""].flops > 2 * 16 * (68_976_648_192 - 2 * 32_000 * 8192)


def test_a_small_language_model_is_verified(tmp_path: Path) -> None:
    settings = {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "n_layer": 2,
        "n_embd": 32,
        "n_head": 2,
    }
    (tmp_path / "config.json").write_text(json.dumps({**settings, "vocab_size": 99}))
    module = read_hf(str(tmp_path), ReadOptions()).module
    args = infer_inputs(module)
    found = verify_torch(module, trace_torch(module, args), args)
    assert found.passed is True, found


def test_an_unknown_kind_lists_close_ones(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bertt"}')
    with pytest.raises(InputDataError, match="Did you mean"):
        read_hf(str(tmp_path), ReadOptions())


def test_a_configuration_that_cannot_be_built_is_one_line(tmp_path: Path) -> None:
    settings = {"model_type": "bert", "hidden_size": 10, "num_attention_heads": 3}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(InputDataError, match=r"cannot be built|refuses"):
        read_hf(str(tmp_path), ReadOptions())


def test_a_heavy_model_that_a_file_fills_computes_like_the_one_it_was_saved_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rotary frequencies are in no file, and are not left without numbers."""
    settings = {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 32, "intermediate_size": 48,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 50,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(settings))
    whole = read_hf(str(tmp_path), ReadOptions(seed=3)).module.eval()
    torch.save(whole.state_dict(), tmp_path / "weights.pt")
    monkeypatch.setattr("nn2gltf.sources.torch_hub.HEAVY", 10)
    assert any(b.is_meta for b in read_hf(str(tmp_path), ReadOptions()).module.buffers())  # the control
    filled = read_model(str(tmp_path / "weights.pt"), model=f"hf:{tmp_path}").module.eval()
    tokens = torch.arange(6)[None]
    assert torch.equal(filled(tokens).logits, whole(tokens).logits)
