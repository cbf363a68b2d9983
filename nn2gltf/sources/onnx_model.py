"""Source: an ONNX file becomes a graph. Meant for a bounded process: the parser and shape inference are native code.

In this order: the bytes are parsed, external data is located and left alone, nodes are counted after expansion, circles
are refused, shapes are inferred, and at last measured by a run where inference leaves gaps and the weights are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from nn2gltf.errors import InputDataError, LimitError, safe
from nn2gltf.sources.flat_layers import BuiltGraph, build_graph
from nn2gltf.sources.flat_model import ValueType
from nn2gltf.sources.onnx_flat import flatten
from nn2gltf.sources.onnx_limits import MAX_NODES, check_external_data, count_nodes
from nn2gltf.sources.onnx_order import sort_nodes
from nn2gltf.sources.onnx_shapes import bind_inputs, infer_types, light_copy, real_inputs
from nn2gltf.sources.onnx_text import text
from nn2gltf.sources.onnx_types import better, tensor_type

MAX_FILE = 2**31 - 1
"""Bytes of a protobuf message; larger weights are external data."""

GivenShapes = Sequence[tuple[str | None, tuple[int, ...]]]
Measure = Callable[[onnx.ModelProto, Sequence[str]], Mapping[str, ValueType]]
"""Runs a model and tells the types of some of its values; {} where it cannot."""


@dataclass(frozen=True, kw_only=True)
class OnnxOptions:
    """How an ONNX file is read.

    Attributes:
        max_nodes: Most nodes after expansion.
        shapes: Shapes of inputs, by name or, with None, in order.
    """

    max_nodes: int = MAX_NODES
    shapes: GivenShapes = ()


@dataclass(frozen=True, kw_only=True)
class OnnxFile:
    """A file that was read.

    Attributes:
        model: As parsed, with open axes given a length; external data not loaded.
        built: Its graph.
        external: Files with external data, to the bytes read from each.
        facts: What else the file states: producer, opset.
    """

    model: onnx.ModelProto
    path: Path
    built: BuiltGraph
    external: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, str | int] = field(default_factory=dict)


def read_onnx(path: Path, options: OnnxOptions | None = None, *, measure: Measure | None = None) -> OnnxFile:
    """Read an ONNX file.

    Args:
        measure: Fills shapes that inference leaves open; never asked when there is external data to be read for it.

    Raises:
        InputDataError: Damaged, circular, or no model.
        LimitError: Too large, or it expands to too many nodes.
        RefusedError: E_PATH: external data outside the model's folder.
    """
    options = options or OnnxOptions()
    where = str(path)
    model = parse_model(path)
    external = check_external_data(model, path.parent, where=where)
    count_nodes(model, where=where, limit=options.max_nodes)
    ordered = sort_nodes(model.graph.node, where=where)
    if list(model.graph.node) != ordered:
        del model.graph.node[:]
        model.graph.node.extend(ordered)
    opened = bind_inputs(model.graph, options.shapes)
    types, problem, measured = _find_types(model, None if external else measure)
    flat = flatten(light_copy(model), types, where=where)
    weights = {text(t.name): tensor_type(t) for t in model.graph.initializer}
    flat.tensors.update(weights)
    flat.types.update({name: better(flat.types.get(name, known), known) for name, known in weights.items()})
    report = _report(model, opened, problem or next(iter(flat.problems), ""), measured, external, path)
    built = build_graph(
        flat,
        name=model_name(model, path),
        inputs=[text(value.name) for value in real_inputs(model.graph)],
        outputs=[text(value.name) for value in model.graph.output],
        initializers=list(weights),
        report=report,
    )
    return OnnxFile(model=model, path=path, built=built, external=external, facts=_facts(model))


def parse_model(path: Path) -> onnx.ModelProto:
    """Parse a file's bytes; nothing outside the file is read.

    Raises:
        InputDataError: It is no ONNX model.
        LimitError: It is larger than a protobuf message may be.
    """
    size = path.stat().st_size
    if size > MAX_FILE:
        raise LimitError(f"the file has {size:,} bytes, a model at most {MAX_FILE:,}", where=str(path))
    model = onnx.ModelProto()
    try:
        model.ParseFromString(path.read_bytes())
    except (DecodeError, ValueError, RuntimeError) as error:
        raise _damaged(f"the file is damaged or cut short: {safe(error, limit=160)}", path) from error
    if not model.HasField("graph") or not (model.graph.node or model.graph.output or model.graph.input):
        raise _damaged("the file holds no graph", path)
    return model


def model_name(model: onnx.ModelProto, path: Path) -> str:
    """The file's name: graphs are mostly called ``main_graph`` or ``torch_jit``."""
    return path.stem or text(model.graph.name) or "model"


def _find_types(model: onnx.ModelProto, measure: Measure | None) -> tuple[dict[str, ValueType], str, int]:
    """Types of the main graph's values, why inference failed, and how many were measured."""
    types, problem = infer_types(light_copy(model))
    open_values = [
        text(name)
        for node in model.graph.node
        for name in node.output
        if name and (text(name) not in types or _is_open(types[text(name)]))
    ]
    if not open_values or measure is None:
        return types, problem, 0
    found = measure(model, open_values)
    for name, known in found.items():
        types[name] = better(types[name], known) if name in types else known
    return types, problem, sum(known.spec is not None for known in found.values())


def _is_open(known: ValueType) -> bool:
    return known.kind in ("unknown", "tensor") and known.spec is None


def _report(
    model: onnx.ModelProto,
    opened: Sequence[str],
    problem: str,
    measured: int,
    external: Mapping[str, int],
    path: Path,
) -> list[str]:
    made_by = " ".join(filter(None, (text(model.producer_name), text(model.producer_version))))
    lines = [f"Read from ONNX, {_opsets(model)}{f', made by {safe(made_by, limit=60)}' if made_by else ''}."]
    if opened:
        shown = ", ".join(opened[:6]) + (" …" if len(opened) > 6 else "")
        lines.append(f"Open axes are shown with a length of our choice: {shown}. Change it with --input.")
    if measured:
        lines.append(f"Shapes of {measured} values were measured by a run, not inferred.")
    if problem:
        lines.append(f"Shape inference gave up in places: {safe(problem, limit=160)}")
    if external:
        missing = [name for name in external if not (path.parent / name).is_file()]
        lines.append(
            f"Weights are in {len(external)} files beside the model and were not read for the structure."
        )
        if missing:
            lines.append(f"Missing beside the model: {safe(missing[0], limit=80)}.")
    return lines


def _opsets(model: onnx.ModelProto) -> str:
    main = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    return f"opset {main[0]}" if main else "no opset"


def _facts(model: onnx.ModelProto) -> dict[str, str | int]:
    facts: dict[str, str | int] = {"ir_version": int(model.ir_version), "opset": _opsets(model)}
    if model.producer_name:
        facts["producer"] = safe(text(model.producer_name), limit=80)
    return facts


def _damaged(message: str, path: Path) -> InputDataError:
    hint = "Export, copy or download it again."
    return InputDataError(message, code="E_MODEL_FILE", where=str(path), hint=hint)
