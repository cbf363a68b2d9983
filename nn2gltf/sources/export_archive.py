"""Source: archives of torch.export (.pt2), read from their JSON; torch itself would run code from such a file."""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nn2gltf.errors import InputDataError, LimitError, safe
from nn2gltf.ir.json import Json
from nn2gltf.sources.aten_ops import DTYPES, operator, plain_settings
from nn2gltf.sources.flat_layers import build_graph
from nn2gltf.sources.flat_model import FlatModel, FlatNode, ValueType
from nn2gltf.sources.saved_archive import decode_floats
from nn2gltf.sources.saved_model import SavedModel

FloatArray = npt.NDArray[np.floating[Any]]
PROGRAMS = ("models/model.json", "serialized_exported_program.json")
WEIGHTS = "data/weights/"
MAX_JSON = 256 * 2**20


def read_export_archive(path: Path, *, max_nodes: int = 1_000_000) -> SavedModel:
    """The graph that torch.export captured, with its shapes and modules.

    Raises:
        InputDataError: Damaged, or of a form that is not known.
        LimitError: Too large.
    """
    where = str(path)
    try:
        program, folder = _read_json(path, PROGRAMS)
        weights, _ = _read_json(path, (f"{WEIGHTS}model_weights_config.json",), missing={})
        graph_module = program["graph_module"]
        if len(graph_module["graph"]["nodes"]) > max_nodes:
            raise LimitError(
                f"the program has more than {max_nodes} nodes", where=where, hint="Raise with --max-nodes."
            )
        reader = _Program(graph_module)
        built = build_graph(
            reader.flat,
            name=_class_of_model(reader.flat) or path.stem,
            inputs=reader.inputs,
            outputs=reader.outputs,
            initializers=list(reader.flat.tensors),
            report=[
                f"Read from torch.export, made by torch {safe(program.get('torch_version', '?'), limit=40)}."
            ],
        )
        places = _places(weights, folder)
    except (LimitError, InputDataError):
        raise
    except (
        OSError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RuntimeError,
    ) as error:
        raise _damaged(error, where) from error

    def read(name: str) -> FloatArray | None:
        stored, turned = built.weights.get(name, (name, False))
        array = _read_weight(path, places.get(stored))
        return array.T if array is not None and turned else array

    return SavedModel(graph=built.graph, read=read, kind="pt2")


class _Program:
    """One graph of the archive as a flat model; every value keeps its name, parameters their qualified one."""

    def __init__(self, module: Mapping[str, Any]) -> None:
        graph, signature = module["graph"], module["signature"]
        self.flat = FlatModel()
        self._names: dict[str, str] = {}
        self.inputs: list[str] = []
        types = {str(name): _type(meta) for name, meta in graph["tensor_values"].items()}
        for spec in signature["input_specs"]:
            self._input(spec, types)
        self.flat.types.update({name: known for name, known in types.items() if name not in self._names})
        for node in graph["nodes"]:
            self.flat.nodes.append(self._node(node))
        self.outputs = [name for output in graph["outputs"] for name in self._values(output)]

    def _input(self, spec: Mapping[str, Any], types: Mapping[str, ValueType]) -> None:
        ((role, body),) = spec.items()
        arg = body["arg"]
        name = str(arg.get("name") or next(iter(self._values(arg)), ""))
        if role == "user_input":
            if name in types:
                self.inputs.append(name)
            return
        qualified = str(
            body.get("parameter_name") or body.get("buffer_name") or body.get("tensor_constant_name") or name
        )
        if name in types:
            self._names[name] = qualified
            self.flat.tensors[qualified] = self.flat.types[qualified] = types[name]
            if role != "parameter":
                self.flat.buffers.add(qualified)

    def _node(self, node: Mapping[str, Any]) -> FlatNode:
        target = str(node["target"])
        arguments = [(str(item["name"]), item["arg"]) for item in node["inputs"]]
        inputs = [self._values(arg) for _, arg in arguments]
        settings: dict[str, Json] = {
            name: value for name, arg in arguments if (value := _setting(arg)) is not None
        }
        op, domain, order = operator(target, settings)
        ordered = [inputs[i] for i in order if i < len(inputs)] if order else inputs
        first = ordered[1][0] if op in ("Conv", "ConvTranspose") and len(ordered) > 1 and ordered[1] else ""
        kernel = self.flat.types[first].dims if first in self.flat.types else None
        stack = str(node.get("metadata", {}).get("nn_module_stack", ""))
        return FlatNode(
            op=op,
            domain=domain,
            inputs=tuple(name for group in ordered for name in (group or [""])),
            outputs=tuple(name for output in node["outputs"] for name in self._values(output)),
            settings=plain_settings(op, settings, kernel),
            metadata={"nn_module_stack": stack} if stack else {},
        )

    def _values(self, arg: Any) -> list[str]:
        """Names of the tensors in an argument."""
        if not isinstance(arg, Mapping) or len(arg) != 1:
            return []
        ((kind, body),) = arg.items()
        if kind == "as_tensor":
            return [self._names.get(str(body["name"]), str(body["name"]))]
        if kind in ("as_tensors", "as_optional_tensors"):
            return [
                name
                for item in body
                for name in self._values(item if "as_tensor" in item else {"as_tensor": item})
            ]
        return self._values(body) if kind == "as_optional_tensor" else []


def _setting(arg: Mapping[str, Any]) -> Json:
    """A plain argument, None for tensors and everything else."""
    if len(arg) != 1:
        return None
    ((kind, body),) = arg.items()
    if kind in ("as_int", "as_float", "as_bool", "as_string") and isinstance(body, bool | int | float | str):
        return body if not isinstance(body, float) or math.isfinite(body) else None
    if kind == "as_ints" and isinstance(body, list) and len(body) < 9:
        return [int(n) for n in body]
    return None


def _type(meta: Mapping[str, Any]) -> ValueType:
    dims = tuple(_extent(size) for size in meta["sizes"])
    return ValueType(kind="tensor", dtype=DTYPES.get(meta["dtype"], "unknown"), dims=dims)


def tensor_meta(meta: Mapping[str, Any]) -> tuple[str, tuple[int, ...], tuple[int, ...], int]:
    """Element type, shape, strides and offset of a stored tensor.

    Raises:
        ValueError: An extent is open, or no number.
    """
    known = _type(meta)
    strides = tuple(_extent(step) for step in meta["strides"])
    offset = _extent(meta.get("storage_offset") or {"as_int": 0})
    if known.spec is None or offset is None or any(step is None for step in strides):
        raise ValueError("a stored tensor has an open shape")
    return known.dtype, known.spec.shape, tuple(step or 0 for step in strides), offset


def read_weight_table(path: Path) -> tuple[dict[str, Mapping[str, Any]], str]:
    """What the archive says about each stored parameter and buffer, and the folder that their files are in.

    Raises:
        ValueError, OSError, KeyError: Damaged.
    """
    table, folder = _read_json(path, (f"{WEIGHTS}model_weights_config.json",))
    return {str(name): entry for name, entry in dict(table["config"]).items()}, f"{folder}{WEIGHTS}"


def _extent(size: Mapping[str, Any]) -> int | None:
    """A fixed extent, or the one that an open axis had when the model was captured."""
    value = size.get("as_int")
    if value is None and isinstance(size.get("as_expr"), Mapping):
        value = (size["as_expr"].get("hint") or {}).get("as_int")
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _class_of_model(flat: FlatModel) -> str:
    """``L__self__,,pkg.Net`` begins every stack."""
    first = next((node.metadata["nn_module_stack"] for node in flat.nodes if node.metadata), "")
    parts = first.partition(";")[0].split(",")
    return parts[2].rpartition(".")[2] if len(parts) == 3 and not parts[1] else ""


def _read_json(
    path: Path, endings: Sequence[str], missing: Mapping[str, Any] | None = None
) -> tuple[Mapping[str, Any], str]:
    """A JSON object of the archive and the folder before its name."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            ending = next(
                (e for e in endings if entry.filename == e or entry.filename.endswith(f"/{e}")), None
            )
            if ending is None:
                continue
            if entry.file_size > MAX_JSON:
                raise LimitError(
                    f"its JSON has {entry.file_size:,} bytes, limit {MAX_JSON:,}", where=str(path)
                )
            try:
                found = json.loads(archive.read(entry))
            except RecursionError as error:
                raise ValueError("its JSON nests too deep") from error
            if not isinstance(found, dict):
                raise ValueError("its JSON is no object")
            return found, entry.filename.removesuffix(ending)
    if missing is None:
        raise ValueError("it holds no program")
    return missing, ""


Place = tuple[str, str, tuple[int, ...]]
"""Name in the archive, element type, shape."""


def _places(weights: Mapping[str, Any], folder: str) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for name, entry in dict(weights.get("config", {})).items():
        known = _type(entry["tensor_meta"])
        if known.spec is not None and not entry.get("use_pickle"):
            found[str(name)] = (f"{folder}{WEIGHTS}{entry['path_name']}", known.dtype, known.spec.shape)
    return found


def _read_weight(path: Path, place: Place | None) -> FloatArray | None:
    if place is None or place[1] not in ("float32", "float64", "float16", "bfloat16"):
        return None
    name, dtype, shape = place
    try:
        with zipfile.ZipFile(path) as archive:
            array = decode_floats(archive.read(name), dtype)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error, RuntimeError):
        return None
    return array.reshape(shape) if array.size == math.prod(shape) else None


def _damaged(error: BaseException, where: str) -> InputDataError:
    reason = safe(" ".join(f"{type(error).__name__} {error}".split()), limit=160)
    return InputDataError(
        f"the archive is damaged or of an unknown form: {reason}",
        code="E_MODEL_FILE",
        where=where,
        hint="Save it again with torch.export.save, or name the model's code: --model net.py:Net.",
    )
