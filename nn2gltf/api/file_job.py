"""What happens to a model file, in a bounded process: its kind is told by content, then the right reader runs.

torch is imported only for what needs it: a module of known classes, weights with ``--model``, or trusted code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nn2gltf.api.checkpoints import stated_epoch
from nn2gltf.api.file_request import FileRequest
from nn2gltf.api.weight_values import record_weights, too_large
from nn2gltf.errors import InputDataError, LimitError, RefusedError, UsageError
from nn2gltf.ir.json import Json, JsonObject
from nn2gltf.ir.recording import MemoryValues, Recording, Step
from nn2gltf.ir.verification import Verification
from nn2gltf.record.wire import pack_recording
from nn2gltf.sources import PROGRAM_SOURCES
from nn2gltf.sources.content import KINDS, detect_kind
from nn2gltf.sources.export_archive import read_export_archive
from nn2gltf.sources.saved_model import (
    SavedModel,
    collect_numbers,
    holds_module,
    missing_names,
    read_safetensors_model,
    read_saved_model,
)
from nn2gltf.sources.tensor_graph import is_of_modules

MAX_WEIGHTS = 2_000_000
"""Models with more trainable numbers are recorded without weights."""

STATIC = ("pt2", "torchscript", "safetensors", "pickle")
"""Kinds that are read without torch unless --model names their module."""

FIXES: dict[str, str] = {
    "page": "Download the file again.",
    "lfs": "Fetch the file itself with: git lfs pull.",
    "scene": "Use nn2gltf inspect, view or html for scenes.",
}
SAVE_HINT = "Save the module with torch.save(model, 'model.pt'), or name its code: net.py:Net."


def record_job(arguments: Mapping[str, Any], blocks: Sequence[memoryview]) -> tuple[JsonObject, list[bytes]]:
    """The job for :func:`nn2gltf.bounded.run_bounded`."""
    request = FileRequest.from_json(arguments, blocks)
    recording = read_files(request)
    return pack_recording(_unverified(recording) if request.verify else recording)


def _unverified(recording: Recording) -> Recording:
    """Says so where checking was asked for and no model could be run."""
    graph = recording.graph
    if graph.verification is not None:
        return recording
    reason: JsonObject = {"result": "not run", "reason": "the file is read, nothing in it is run"}
    found = Verification(replay=reason, export=reason)
    report = (*graph.report, "Not verified: the file is read, nothing in it is run.")
    return replace(recording, graph=replace(graph, verification=found, report=report))


def read_files(request: FileRequest) -> Recording:
    """Read and record.

    Raises:
        InputMissingError, InputDataError: A file is missing, damaged, of an unknown kind or does not fit.
        LimitError: It is larger than any model.
        RefusedError: Loading would run code from it.
        UsageError: Options that do not go together.
    """
    path = Path(request.paths[0])
    kind = detect_kind(path)
    if len(request.paths) > 1 and request.model is None:
        return _weights_of_run(request)
    if kind == "onnx":
        return _onnx(path, request)
    if request.trust or request.model is not None or (kind == "torch" and _is_loadable(path)):
        _check_live(kind, path, request)
        from nn2gltf.api.torch_job import record_live

        return record_live(request)
    if kind == "torch" or kind in STATIC:
        return _static(_read_static(kind, path, request), request)
    if kind == "torch-tar":
        what = f"the file is {KINDS[kind]}, which cannot be read without running code from it"
        raise RefusedError(what, where=str(path), hint=SAVE_HINT)
    raise no_model(kind, path)


def _weights_of_run(request: FileRequest) -> Recording:
    """Checkpoints without their module: the weights themselves, a step each."""
    hint = "Add --model net.py:Net, who builds the module they belong to."
    models = []
    for path in map(Path, request.paths):
        kind = detect_kind(path)
        if request.trust or request.sample is not None or (kind not in STATIC and kind != "torch"):
            what = f"{len(request.paths)} files are checkpoints of one run and need their model"
            raise UsageError(what, hint=hint)
        models.append(_read_static(kind, path, request))
    if not all(is_of_modules(model.graph) for model in models):
        raise UsageError("several files must be checkpoints of one run", hint=hint)
    if reason := too_large(models):
        raise LimitError(reason, where=request.paths[0], hint="Give fewer checkpoints.")
    return record_weights(models, request.paths, epochs=request.epochs)


def no_model(kind: str, path: Path) -> InputDataError:
    """The error for a file of a kind that no model is read from."""
    what, hint = f"the file is {KINDS[kind]}", FIXES.get(kind, SAVE_HINT)
    return InputDataError(what, code="E_MODEL_FILE", where=str(path), hint=hint)


def _onnx(path: Path, request: FileRequest) -> Recording:
    from nn2gltf.api.onnx_values import record_onnx

    return record_onnx(
        path,
        sample=request.sample,
        labels=request.labels,
        classes=request.classes,
        inputs=request.inputs,
        data_dir=request.data_dir,
        max_nodes=request.max_nodes,
        values=request.values,
    )


def _is_loadable(path: Path) -> bool:
    """Whether a file holds a module of known classes alone, so that torch's own careful loader will take it."""
    from nn2gltf.sources.saved_archive import read_saved

    archive = read_saved(path)
    return holds_module(archive) and not missing_names(archive)


def _check_live(kind: str, path: Path, request: FileRequest) -> None:
    if kind in ("torch", "safetensors") or (request.trust and kind == "pickle"):
        return
    if kind in PROGRAM_SOURCES and request.model is not None and not request.trust:
        return
    if kind in STATIC or kind == "torch-tar":
        what = f"the file is {KINDS[kind]}, which is read without running its code"
        hint = f"Type: nn2gltf export {path.name}" if kind != "torch-tar" else SAVE_HINT
        raise RefusedError(what, where=str(path), hint=hint)
    raise no_model(kind, path)


def _read_static(kind: str, path: Path, request: FileRequest) -> SavedModel:
    if kind == "pt2":
        return read_export_archive(path, max_nodes=request.max_nodes or 1_000_000)
    if kind == "safetensors":
        return read_safetensors_model(path)
    return read_saved_model(path, script=kind == "torchscript")


def _static(model: SavedModel, request: FileRequest) -> Recording:
    """One step with weights and without values: nobody can run the model."""
    if request.sample is not None:
        raise UsageError(
            "a sample needs a model that can run, and the file holds none",
            hint="Add --model net.py:Net, who builds the module.",
        )
    if request.values and is_of_modules(model.graph) and not too_large([model]):
        found = record_weights([model], request.paths)
        if found.recorded:
            return found
    weights, note = collect_numbers(model, MAX_WEIGHTS)
    meta: dict[str, Json] = {"weights": "given", "source": model.kind}
    return Recording(
        graph=model.graph,
        steps=(Step(epoch=stated_epoch(model.facts)),),
        probes=(),
        values=MemoryValues(activations=({},), weights=(weights,)),
        reductions={"": note} if note else {},
        meta=meta,
    ).check()
