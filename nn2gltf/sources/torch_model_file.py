"""Source: files of torch.save. Tensors and known module classes are read; nothing else in the file ever runs."""

from __future__ import annotations

import io
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nn2gltf.errors import InputDataError, LimitError, RefusedError, safe
from nn2gltf.ir.json import Json
from nn2gltf.sources.content import KINDS, detect_kind
from nn2gltf.sources.loaded import LoadedModel, ReadOptions
from nn2gltf.sources.model_file import read_spec
from nn2gltf.sources.pickle_names import read_pickle_names
from nn2gltf.sources.safetensors_header import SafetensorsFile, read_safetensors
from nn2gltf.sources.torch_allow import allow_names
from nn2gltf.sources.torch_archives import read_archive_state, read_saved_state
from nn2gltf.sources.torch_weights import find_state_dict, load_weights

MAX_PICKLE = 256 * 2**20
"""Bytes of the pickle in an archive; tensors are not in it."""

LEGACY_PICKLES = 4
"""Magic number, version, machine, then the object itself."""

FORBIDDEN = re.compile(r"GLOBAL ([\w.]+)")
"""Where the ``weights_only`` loader names what it does not allow."""

OLD_MODULE = "Only persistent_load of storage is allowed"
"""What it says about the source code that the old format keeps beside modules."""

SAVE_HINT = "Save its model.state_dict() instead and give --model pkg.mod:factory."
TRUST_HINT = "If you trust who made it, add --trust-model-code: that runs code from the file."


def read_torch_file(path: str, options: ReadOptions) -> LoadedModel:
    """Read a saved module, or saved weights into the module that ``options.model`` names.

    Raises:
        InputDataError: Damaged, or neither a module nor the weights of one.
        LimitError: Its parts are larger than any model's.
        RefusedError: It needs code that is not allowed here; the missing names are in the message.
    """
    if options.model is not None:
        return read_weights_file(path, options)
    content = load_torch_file(path, trust=options.trust)
    facts = _facts(content)
    module = content if isinstance(content, nn.Module) else _module_inside(content)
    if module is not None:
        return LoadedModel(module=module, name=Path(path).stem, weights="given", kind="torch", facts=facts)
    if find_state_dict(content) is not None:
        raise _weights_alone(path)
    raise _no_model(content, path)


def read_checkpoint(path: str, *, trust: bool = False) -> tuple[dict[str, torch.Tensor], dict[str, Json]]:
    """Weights of a file, and the plain values beside them.

    Raises:
        InputDataError, LimitError, RefusedError: As in :func:`read_torch_file`; also when it holds no weights.
    """
    kind = detect_kind(path)
    if kind in ("torchscript", "pt2") and not trust:
        return read_archive_state(Path(path), kind), {}
    if kind == "safetensors":
        file = read_safetensors(Path(path))
        return {name: _tensor_of(file, name) for name in file.tensors}, dict(file.metadata)
    try:
        content = load_torch_file(path, trust=trust)
    except RefusedError:
        # Only the weights are wanted: they are read beside objects of unknown classes, which stay where they are.
        found, facts = read_saved_state(Path(path))
        if not found:
            raise
        return found, facts
    module = content if isinstance(content, nn.Module) else _module_inside(content)
    state = module.state_dict() if module is not None else find_state_dict(content)
    if state is None:
        raise _no_model(content, path)
    return state, _facts(content)


def read_weights_file(path: str, options: ReadOptions) -> LoadedModel:
    """Weights of any kind of file into the module that ``options.model`` names.

    Raises:
        InputDataError: They do not fit, or no module is named.
    """
    if options.model is None:
        raise _weights_alone(path, KINDS[detect_kind(path)])
    state, facts = read_checkpoint(path, trust=options.trust)
    built = read_spec(options.model, replace(options, model=None, filled=True))
    load_weights(built.module, state, where=path)
    return replace(built, weights="given", facts={**built.facts, **facts})


def _tensor_of(file: SafetensorsFile, name: str) -> torch.Tensor:
    spec, (start, end) = file.tensors[name], file.places[name]
    dtype = getattr(torch, spec.dtype, None)
    if not isinstance(dtype, torch.dtype):
        raise InputDataError(
            f"{safe(name)} is {safe(spec.dtype)}, which torch lacks",
            code="E_MODEL_FILE",
            where=str(file.path),
        )
    if start == end:
        return torch.zeros(spec.shape, dtype=dtype)
    with file.path.open("rb") as stream:
        stream.seek(start)
        raw = bytearray(stream.read(end - start))
    return torch.frombuffer(raw, dtype=dtype).reshape(spec.shape)


def _weights_alone(path: str, kind: str = "a file of torch.save") -> InputDataError:
    return InputDataError(
        f"the file is {kind} with weights alone, without the module they belong to",
        code="E_MODEL_FILE",
        where=path,
        hint="Name the module: --model pkg.mod:factory or --model net.py:Net.",
    )


def load_torch_file(path: str, *, trust: bool = False) -> Any:
    """What a file of torch.save holds, on the CPU.

    Args:
        trust: Let the file run its own code.

    Raises:
        InputDataError, LimitError, RefusedError: As in :func:`read_torch_file`.
    """
    names = _names_in(Path(path))
    try:
        with torch.serialization.safe_globals(allow_names(names)), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickles, which is what RefusedError is for
            content = torch.load(path, map_location="cpu", weights_only=not trust)
        _check_tensors(content, path)
    except LimitError:
        raise
    except pickle.UnpicklingError as error:
        raise _unpickling_failed(error, path) from error
    except (ImportError, AttributeError) as error:
        hint = "Run the command where that code can be imported."
        raise InputDataError(
            f"the file needs code that is missing: {safe(error)}", code="E_MODEL_FILE", where=path, hint=hint
        ) from error
    except Exception as error:  # torch, and modules of a damaged state, raise nearly everything
        raise _damaged(error, path) from error
    return content


def _names_in(file: Path) -> frozenset[str]:
    try:
        if not zipfile.is_zipfile(file):
            with file.open("rb") as stream:
                return read_pickle_names(stream, pickles=LEGACY_PICKLES)
        with zipfile.ZipFile(file) as archive:
            entry = next(e for e in archive.infolist() if e.filename.partition("/")[2] == "data.pkl")
            if entry.file_size > MAX_PICKLE:
                raise LimitError(f"the pickle in it has more than {MAX_PICKLE:,} bytes", where=str(file))
            return read_pickle_names(io.BytesIO(archive.read(entry)))
    except LimitError:
        raise
    except Exception as error:  # a damaged pickle raises anything from ValueError to UnicodeDecodeError
        raise _damaged(error, str(file)) from error


def _damaged(error: BaseException, path: str) -> InputDataError:
    reason = safe(" ".join(str(error).split("\n", 1)[0].split()), limit=160).rstrip(". ")
    return InputDataError(
        f"the file is damaged or cut short: {reason or type(error).__name__}",
        code="E_MODEL_FILE",
        where=path,
        hint="Save, copy or download it again.",
    )


def _unpickling_failed(error: Exception, path: str) -> RefusedError | InputDataError:
    """A forbidden name is refused, anything else is damage."""
    text = str(error)
    forbidden = FORBIDDEN.search(text)
    if forbidden is not None:
        return RefusedError(
            f"the file is made of {safe(forbidden[1])}, whose code it would run",
            where=path,
            hint=f"{SAVE_HINT} {TRUST_HINT}",
        )
    if OLD_MODULE in text:
        return RefusedError(
            "the file is a whole module in torch.save's format from before version 1.6, which cannot be read safely",
            where=path,
            hint=f"Save it again with a newer torch, or: {SAVE_HINT} {TRUST_HINT}",
        )
    return _damaged(error, path)


def _check_tensors(content: Any, path: str) -> None:
    """A tensor may be larger than its storage by repeating it; reading such a file must not fill the memory."""
    for tensor in _tensors(content):
        strided = tensor.layout is torch.strided and not tensor.is_meta
        if strided and tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            shape = "x".join(str(n) for n in tensor.shape)
            raise LimitError(f"a tensor of shape {shape} is larger than the data stored for it", where=path)


def _tensors(content: Any) -> list[torch.Tensor]:
    if isinstance(content, torch.Tensor):
        return [content]
    if isinstance(content, nn.Module):
        return [*content.parameters(), *content.buffers()]
    if isinstance(content, Mapping):
        return [tensor for value in content.values() for tensor in _tensors(value)]
    return []


def _module_inside(content: Any) -> nn.Module | None:
    """The module of a checkpoint such as ``{"model": module, "epoch": 3}``."""
    if not isinstance(content, Mapping):
        return None
    return next((value for value in content.values() if isinstance(value, nn.Module)), None)


def _facts(content: Any) -> dict[str, Json]:
    """Plain values beside the model in a checkpoint: epoch, accuracy, class names."""
    if not isinstance(content, Mapping):
        return {}
    found: dict[str, Json] = {}
    for key, value in content.items():
        if isinstance(value, bool | int | float | str):
            found[str(key)] = value
        elif isinstance(value, list) and all(isinstance(item, str) for item in value) and value:
            found[str(key)] = list(value)
    return found


def _no_model(content: Any, path: str) -> InputDataError:
    if isinstance(content, Mapping):
        keys = ", ".join(safe(key, limit=40) for key in list(content)[:6])
        what = f"a dictionary of {keys or 'nothing'}"
    else:
        what = f"a {type(content).__name__}"
    return InputDataError(
        f"the file holds {what}, no model and no weights",
        code="E_MODEL_FILE",
        where=path,
        hint="Save the module, or its state_dict(), with torch.save.",
    )
