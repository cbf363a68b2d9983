"""Running an ONNX model for the values of its layers: onnxruntime when it is installed, onnx's own evaluator otherwise.

Meant for a bounded process: the model may be a stranger's.
"""

from __future__ import annotations

import contextlib
import importlib.util
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from nn2gltf.errors import InputDataError, LimitError, safe
from nn2gltf.lazy import require
from nn2gltf.sources.flat_model import ValueType
from nn2gltf.sources.onnx_shapes import real_inputs
from nn2gltf.sources.onnx_text import text
from nn2gltf.sources.onnx_types import read_type

Array = npt.NDArray[Any]

MAX_EXTERNAL = 1_500_000_000
"""Bytes of external data that are loaded to run a model; with the rest it must stay a protobuf message."""

MEASURE_SECONDS = 20
MAX_MEASURED = 50_000_000
"""Numbers among the inputs of a run that only measures shapes."""


class OnnxRunner:
    """Runs one model for any of its main graph's values.

    Args:
        model: As parsed; not changed.
        folder: Where its external data lies, checked before.
        external: Bytes read from each file of external data.

    Raises:
        LimitError: Its external data is too large.
        InputDataError: External data is missing or cut short.
    """

    def __init__(self, model: onnx.ModelProto, folder: Path, external: Mapping[str, int]) -> None:
        self._model = onnx.ModelProto()
        self._model.CopyFrom(model)
        if external:
            _load_external(self._model, folder, external)
        self.runtime = self.runtime_name()
        with self._explained():
            for domain in {node.domain for node in self._model.graph.node}:
                _state_opset(self._model, domain)
        del self._model.graph.value_info[:]

    @staticmethod
    def runtime_name() -> str:
        """What runs models on this machine."""
        return "onnxruntime" if importlib.util.find_spec("onnxruntime") else "onnx.reference"

    def run(self, inputs: Mapping[str, Array], wanted: Sequence[str]) -> dict[str, Any]:
        """Values by name.

        Raises:
            InputDataError: E_TRACE: the model does not run on these inputs.
        """
        return self.prepare(wanted)(inputs)

    def prepare(self, wanted: Sequence[str]) -> Callable[[Mapping[str, Array]], dict[str, Any]]:
        """Set the model up once, to be run on many inputs.

        Raises:
            InputDataError: E_TRACE: the runtime refuses the model.
        """
        raw = {text(v.name): v.name for v in self._model.graph.input}
        with self._explained():
            model = self._with_outputs(wanted)
            start = _start_onnxruntime if self.runtime == "onnxruntime" else _start_reference
            session = start(model)

        def run(inputs: Mapping[str, Array]) -> dict[str, Any]:
            feeds = {raw[name]: array for name, array in inputs.items() if name in raw}
            with self._explained():
                return dict(zip(wanted, session(feeds), strict=False))

        return run

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Whatever a runtime raises becomes one line."""
        try:
            yield
        except (TimeoutError, MemoryError):
            raise
        except Exception as error:  # both runtimes raise of every kind
            reason = safe(" ".join(f"{error}".split()), limit=200)
            hint = "Give a sample or --input that the model accepts."
            raise InputDataError(
                f"{self.runtime} could not run the model: {reason}", code="E_TRACE", hint=hint
            ) from error

    def _with_outputs(self, wanted: Sequence[str]) -> onnx.ModelProto:
        """The model with other outputs; their types are left to the runtime."""
        stated = {text(value.name): value for value in self._model.graph.output}
        raw = {text(name): name for node in self._model.graph.node for name in node.output}
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        del model.graph.output[:]
        for name in wanted:
            value = model.graph.output.add()
            if name in stated:
                value.CopyFrom(stated[name])
            else:
                value.name = raw.get(name, name)
        return model


Session = Callable[[dict[str, Array]], list[Any]]


def _start_onnxruntime(model: onnx.ModelProto) -> Session:
    runtime = require("onnxruntime", extra="onnxruntime")
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = runtime.InferenceSession(
        model.SerializeToString(), sess_options=options, providers=["CPUExecutionProvider"]
    )
    return lambda feeds: list(session.run(None, feeds))


def _start_reference(model: onnx.ModelProto) -> Session:
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(model)

    def run(feeds: dict[str, Array]) -> list[Any]:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return list(evaluator.run(None, feeds))

    return run


def _state_opset(model: onnx.ModelProto, domain: Any) -> None:
    if not any(entry.domain == domain for entry in model.opset_import):
        entry = model.opset_import.add()
        entry.domain, entry.version = domain, 1


def _load_external(model: onnx.ModelProto, folder: Path, external: Mapping[str, int]) -> None:
    from onnx.external_data_helper import load_external_data_for_model

    sizes = [
        max(length, (folder / name).stat().st_size if not length and (folder / name).is_file() else length)
        for name, length in external.items()
    ]
    if sum(sizes) > MAX_EXTERNAL:
        raise LimitError(
            f"its external data has {sum(sizes):,} bytes, more than the {MAX_EXTERNAL:,} that are loaded to run it"
        )
    try:
        load_external_data_for_model(model, str(folder))
    except Exception as error:  # missing, cut short, or not what the model says
        raise InputDataError(
            f"its external data cannot be read: {safe(error, limit=160)}", code="E_MODEL_FILE"
        ) from error


def input_types(model: onnx.ModelProto) -> dict[str, ValueType]:
    """What the model takes, by name, as the file states it."""
    return {text(value.name): read_type(value.type) for value in real_inputs(model.graph)}


def cast_input(array: Array, wanted: ValueType) -> Array:
    """An array in the element type that an input has."""
    kind = np.dtype(wanted.dtype) if wanted.dtype in _NUMPY else array.dtype
    return np.ascontiguousarray(array.astype(kind, copy=False))


_NUMPY = frozenset(
    "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool complex64 complex128".split()
)


def measure_types(model: onnx.ModelProto, wanted: Sequence[str]) -> dict[str, ValueType]:
    """Types of values as a run on zeros gives them; {} when the model does not run within some seconds."""
    feeds: dict[str, Array] = {}
    for name, known in input_types(model).items():
        spec = known.spec
        if spec is None or spec.dtype not in _NUMPY or np.prod(spec.shape, dtype=float) > MAX_MEASURED:
            return {}
        feeds[name] = np.zeros(spec.shape, dtype=spec.dtype)
    try:
        with _time_limit(MEASURE_SECONDS):
            found = OnnxRunner(model, Path(), {}).run(feeds, wanted)
    except (InputDataError, LimitError, TimeoutError):
        return {}
    return {name: _type_of(value) for name, value in found.items()}


def _type_of(value: Any) -> ValueType:
    if isinstance(value, np.ndarray | np.generic):
        dtype = "string" if value.dtype.kind in "OUS" else str(value.dtype)
        return ValueType(kind="tensor", dtype=dtype, dims=tuple(value.shape))
    if isinstance(value, dict):
        return ValueType(kind="map")
    if isinstance(value, list | tuple):
        return ValueType(kind="sequence")
    return ValueType(kind="optional" if value is None else "unknown")


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """TimeoutError after some seconds; Python code is interrupted, a native call when it returns."""
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
