"""The zoo: models of three libraries by specification, and what a faithful graph of one must have."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_map_only

from nn2gltf.ir.graph import Graph
from nn2gltf.sources.loaded import ReadOptions
from nn2gltf.sources.model_file import read_spec
from nn2gltf.sources.torch_inputs import infer_inputs
from nn2gltf.sources.torch_parity import compare_edges, export_program
from nn2gltf.sources.torch_trace import TraceOptions, trace_torch
from nn2gltf.torch_vision import require_torchvision

CONFIGS = Path(__file__).resolve().parents[2] / "samples" / "configs"
TRACED = "Traced with "
HEAVY = 100_000_000
"""Models with more parameters are compared with torch.export without numbers, as shapes alone."""

TRANSFORMERS: dict[str, str] = {
    "albert": "AlbertModel", "bart": "BartForConditionalGeneration", "bert": "BertForMaskedLM", "bloom": "BloomForCausalLM",
    "clip": "CLIPModel", "convnext": "ConvNextForImageClassification", "deberta-v2": "DebertaV2Model",
    "deit": "DeiTForImageClassification", "dinov2": "Dinov2Model", "distilbert": "DistilBertModel",
    "electra": "ElectraModel", "gemma": "GemmaForCausalLM", "gpt2": "GPT2LMHeadModel", "gpt_neox": "GPTNeoXForCausalLM",
    "llama": "LlamaForCausalLM", "mamba": "MambaForCausalLM", "mistral": "MistralForCausalLM", "opt": "OPTForCausalLM",
    "phi": "PhiForCausalLM", "qwen2": "Qwen2ForCausalLM", "roberta": "RobertaForMaskedLM",
    "segformer": "SegformerForSemanticSegmentation", "swin": "SwinForImageClassification",
    "t5": "T5ForConditionalGeneration", "videomae": "VideoMAEForVideoClassification", "vit": "ViTForImageClassification",
    "wav2vec2": "Wav2Vec2ForCTC", "whisper": "WhisperForConditionalGeneration",
}  # fmt: skip
"""Kind of configuration to the class that is built from its defaults."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One model of the report.

    Attributes:
        way: ``fake``, ``real``, ``partial`` or ``none``.
        seconds: Of the trace alone.
        gaps: What the graph lacks, empty for a whole one.
        export: ``equal``, ``differs: ...``, ``not exported: ...``, or empty when nobody compared.
    """

    name: str
    way: str
    layers: int = 0
    edges: int = 0
    parameters: int = 0
    seconds: float = 0.0
    gaps: tuple[str, ...] = ()
    export: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def torchvision_names() -> list[str]:
    """Every builder that torchvision registers."""
    names: list[str] = require_torchvision().models.list_models()
    return names


def timm_names() -> list[str]:
    """The first model of every file of timm's."""
    require_torchvision()
    import timm

    homes = {timm.models.model_entrypoint(name).__module__: name for name in reversed(timm.list_models())}
    return sorted(homes.values())


def write_config(kind: str, folder: Path) -> Path:
    """A folder with a configuration of a kind's defaults."""
    place = folder / kind
    place.mkdir(parents=True, exist_ok=True)
    settings = {"model_type": kind, "architectures": [TRANSFORMERS[kind]]}
    (place / "config.json").write_text(json.dumps(settings))
    return place


def build(spec: str, *, numbers: bool = False) -> nn.Module:
    """The module behind a specification; torchvision's without numbers where nobody computes with them."""
    source, _, name = spec.partition(":")
    if source == "torchvision" and not numbers and not _computes(name):
        with suppress(NotImplementedError), torch.device("meta"):  # regnets compute while they are built
            return read_spec(spec, ReadOptions()).module
    return read_spec(spec, ReadOptions()).module


def _computes(name: str) -> bool:
    """Detectors go by values, quantisable models by numbers."""
    home = require_torchvision().models.get_model_builder(name).__module__
    return "detection" in home or "quantization" in home or "regnet" in home


def examine(spec: str, *, parity: bool = False) -> tuple[Row, Graph | None]:
    """Build, infer the inputs, trace, and look for gaps.

    Args:
        parity: Also compare the edges with torch.export's.
    """
    try:
        module = build(spec)
        if parity and any(p.is_meta for p in module.parameters()) and _size(module) <= HEAVY:
            module = build(spec, numbers=True)
        args = infer_inputs(module)
        start = time.perf_counter()
        graph = trace_torch(module, args, options=TraceOptions(data=False))
        seconds = time.perf_counter() - start
    except Exception as error:  # the report lists whatever a model does
        return Row(name=spec, way="none", gaps=(f"{type(error).__name__}: {error}"[:160],)), None
    told = " ".join(graph.report)
    way = "partial" if TRACED not in told else "fake" if "with fake" in told else "real"
    row = Row(
        name=spec,
        way=way,
        layers=len(graph.layers),
        edges=len(graph.edges),
        parameters=graph.parameter_count,
        seconds=round(seconds, 2),
        gaps=tuple(find_gaps(module, graph, way)),
        export=_parity(module, graph, args) if parity else "",
    )
    return row, graph


def find_gaps(module: nn.Module, graph: Graph, way: str) -> Iterator[str]:
    if way == "partial":
        yield next(line for line in graph.report if "stopped" in line)[:200]
    if unshaped := [edge.target for edge in graph.edges if edge.spec is None]:
        yield f"{len(unshaped)} edges without a shape"
    if shapeless := [layer.id for layer in graph.layers if not layer.outputs]:
        yield f"{len(shapeless)} layers without an output shape: {shapeless[0]}"
    yield from _loose_ends(graph)
    read = {p.shared_with or p.name for layer in graph.layers for p in layer.parameters if p.trainable}
    unread = [name for name, _ in module.named_parameters() if name not in read]
    if unread and not any(line.startswith("No layer reads ") for line in graph.report):
        yield f"{len(unread)} parameters unread and unlisted: {unread[0]}"


def _loose_ends(graph: Graph) -> Iterator[str]:
    known = {scope.path for scope in graph.scopes}
    if lost := [layer.id for layer in graph.layers if layer.scope not in known]:
        yield f"{len(lost)} layers outside every scope: {lost[0]}"
    reached = {layer.id for layer in graph.layers if layer.kind == "input"}
    for edge in graph.edges:
        if edge.source in reached:
            reached.add(edge.target)
    if not graph.outputs:
        yield "no outputs"
    if loose := [name for name in graph.outputs if name not in reached]:
        yield f"outputs that no input reaches: {', '.join(loose[:3])}"


def _parity(module: nn.Module, graph: Graph, args: tuple[Any, ...]) -> str:
    if all(p.is_meta for p in module.parameters()):
        args = tree_map_only(torch.Tensor, lambda tensor: tensor.to("meta"), args)
    try:
        program = export_program(module, args, {})
    except Exception as error:  # the report lists why
        told = str(error).strip().partition("\n")[0].replace("|", "/")
        return f"not exported: {type(error).__name__}: {told}"[:160].rstrip()
    found = compare_edges(module, graph, program)
    if not found.missing and not found.extra:
        return f"equal, {found.common} pairs"
    return f"differs: {len(found.missing)} missing, {len(found.extra)} extra of {found.common}"


def _size(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
