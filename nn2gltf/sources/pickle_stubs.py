"""What a pickle of torch describes, built from inert stand-ins: no class it names is imported, nothing it names runs.

Built on the unpickler that is written in Python: the one in C lets a pickle of nine bytes take 4 GB. Tensors become
:class:`StubTensor`, which know their shape and where their numbers lie; every other object becomes a :class:`Stub`.
"""

from __future__ import annotations

import collections
import io
import pickle
import pickletools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from nn2gltf.errors import InputDataError, LimitError, safe

MAX_PICKLE = 64 * 2**20
"""Bytes of a pickle that is read in Python; tensors are not in it."""

MAX_INTEGER_BYTES = 1024

_STORAGES: dict[str, str] = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128", "QInt8Storage": "int8", "QUInt8Storage": "uint8", "QInt32Storage": "int32",
    "UntypedStorage": "uint8", "Float8_e4m3fnStorage": "float8_e4m3fn", "Float8_e5m2Storage": "float8_e5m2",
}  # fmt: skip

ITEM_BYTES: dict[str, int] = {
    "float32": 4, "float64": 8, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1,
    "uint8": 1, "bool": 1, "complex64": 8, "complex128": 16, "float8_e4m3fn": 1, "float8_e5m2": 1, "uint16": 2,
    "uint32": 4, "uint64": 8,
}  # fmt: skip
"""Bytes of one number."""


@dataclass(frozen=True)
class StubStorage:
    """Numbers that lie elsewhere in the file: element type, key, and how many."""

    dtype: str
    key: str
    count: int


@dataclass(frozen=True, eq=False)
class StubTensor:
    """A tensor without its numbers.

    Attributes:
        offset: First number in the storage.
        strides: In numbers.
        parameter: It was saved as a parameter.
    """

    storage: StubStorage
    shape: tuple[int, ...]
    offset: int = 0
    strides: tuple[int, ...] = ()
    parameter: bool = False

    @property
    def dtype(self) -> str:
        """Element type."""
        return self.storage.dtype

    @property
    def count(self) -> int:
        """Number of elements."""
        total = 1
        for extent in self.shape:
            total *= extent
        return total


class Stub:
    """An object of a class that is not loaded."""

    def __init__(self, kind: str, args: tuple[Any, ...] = ()) -> None:
        self.kind, self.args = kind, args
        self.state: dict[Any, Any] = {}
        self.items: list[Any] = []

    def __setstate__(self, state: Any) -> None:
        parts = state if isinstance(state, tuple) else (state,)
        for part in parts:
            if isinstance(part, dict):
                self.state.update(part)

    def append(self, item: Any) -> None:
        """As lists do."""
        self.items.append(item)

    def extend(self, items: Any) -> None:
        """As lists do."""
        self.items += items

    add = append

    def __setitem__(self, key: Any, value: Any) -> None:
        self.state[key] = value


class _Maker:
    """Stands for a class or function that a pickle names: calling it makes a stub, and it cannot be changed."""

    __slots__ = ("kind",)
    kind: str

    def __init__(self, kind: str) -> None:
        object.__setattr__(self, "kind", kind)

    def __setattr__(self, name: str, value: object) -> None:
        raise pickle.UnpicklingError("a pickle changes a class")

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a pickle changes a class")

    def __call__(self, *args: Any, **_: Any) -> Any:
        rule = _RULES.get(self.kind)
        return rule(*args) if rule is not None else Stub(self.kind, args)


def _rebuild(storage: Any, offset: Any, shape: Any, strides: Any = (), *_: Any) -> StubTensor:
    if not isinstance(storage, StubStorage):
        raise pickle.UnpicklingError("a tensor without storage")
    extents, steps = tuple(map(_natural, shape)), tuple(map(_natural, strides))
    tensor = StubTensor(storage, extents, _natural(offset), steps)
    reach = 1 + sum((n - 1) * s for n, s in zip(extents, steps, strict=False)) if tensor.count else 0
    if tensor.offset + reach > storage.count or tensor.count > max(storage.count, 1):
        shown = "x".join(map(str, extents))
        raise LimitError(f"a tensor of shape {shown} is larger than the data stored for it")
    return tensor


def _natural(number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**62:
        raise pickle.UnpicklingError("a size that is no natural number")
    return number


def _parameter(tensor: Any, *_: Any) -> Any:
    if not isinstance(tensor, StubTensor):
        return tensor
    return StubTensor(tensor.storage, tensor.shape, tensor.offset, tensor.strides, parameter=True)


def _dictionary(items: Any = (), *_: Any) -> collections.OrderedDict[Any, Any]:
    pairs = [pair for pair in items if isinstance(pair, list | tuple)] if isinstance(items, list) else []
    return collections.OrderedDict((_plain_key(key), value) for key, value in pairs)


_SCALARS = (str, bytes, int, float, type(None))


def _plain_key(key: Any) -> Any:
    """A tuple that nests itself takes forever to hash: 2^n steps for n levels."""
    if isinstance(key, _SCALARS) or (isinstance(key, tuple) and all(isinstance(i, _SCALARS) for i in key)):
        return key
    raise pickle.UnpicklingError(f"a key of a dictionary is a {type(key).__name__}")


_RULES: dict[str, Any] = {
    "torch._utils._rebuild_tensor": _rebuild,
    "torch._utils._rebuild_tensor_v2": _rebuild,
    "torch._utils._rebuild_qtensor": _rebuild,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch._tensor._rebuild_from_type_v2": lambda function, _type, args, *_: function(*args),
    "collections.OrderedDict": _dictionary,
    "torch.Size": lambda items=(): tuple(items),
    "builtins.set": lambda items=(): list(items),
    "builtins.frozenset": lambda items=(): list(items),
}


class _StubUnpickler(pickle._Unpickler):  # noqa: SLF001  # see the module's text
    """Names become makers, storages become stubs."""

    stack: list[Any]
    append: Any
    pop_mark: Any

    def __init__(self, stream: Any) -> None:
        super().__init__(stream, encoding="utf-8", errors="backslashreplace")
        self.names: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        """Never an import."""
        full = f"{module}.{name}".replace("__builtin__.", "builtins.")
        self.names.add(full)
        return _Maker(full)

    def load_newobj(self) -> None:
        """An object without its constructor is a stub as well."""
        args, maker = self.stack.pop(), self.stack.pop()
        self.append(self._make(maker, args))

    def load_newobj_ex(self) -> None:
        """As above, with keywords."""
        self.stack.pop()
        self.load_newobj()

    def load_setitem(self) -> None:
        """One item of a dictionary."""
        value, key = self.stack.pop(), self.stack.pop()
        self.stack[-1][_plain_key(key)] = value

    def load_setitems(self) -> None:
        """Several items of a dictionary."""
        items: list[Any] = self.pop_mark()
        for key, value in zip(items[::2], items[1::2], strict=True):
            self.stack[-1][_plain_key(key)] = value

    def load_dict(self) -> None:
        """A dictionary as a whole."""
        items: list[Any] = self.pop_mark()
        pairs = zip(items[::2], items[1::2], strict=True)
        self.append({_plain_key(key): value for key, value in pairs})

    def load_empty_set(self) -> None:
        """Sets are lists here: they hash nothing."""
        self.append(Stub("builtins.set"))

    def load_additems(self) -> None:
        """Items of a set."""
        items: list[Any] = self.pop_mark()
        self.stack[-1].extend(items)

    def load_frozenset(self) -> None:
        """A set as a whole."""
        self.append(self.pop_mark())

    @staticmethod
    def _make(maker: Any, args: Any) -> Any:
        if not isinstance(maker, _Maker):
            raise pickle.UnpicklingError("an object of no class")
        return maker(*args) if maker.kind in _RULES else Stub(maker.kind, tuple(args))

    dispatch: ClassVar[dict[int, Any]] = {
        **pickle._Unpickler.dispatch,  # noqa: SLF001
        pickle.NEWOBJ[0]: load_newobj,
        pickle.NEWOBJ_EX[0]: load_newobj_ex,
        pickle.SETITEM[0]: load_setitem,
        pickle.SETITEMS[0]: load_setitems,
        pickle.DICT[0]: load_dict,
        pickle.EMPTY_SET[0]: load_empty_set,
        pickle.ADDITEMS[0]: load_additems,
        pickle.FROZENSET[0]: load_frozenset,
    }

    def get_extension(self, code: int) -> None:
        """Extension codes name classes of this process."""
        raise pickle.UnpicklingError(f"extension code {code}")

    def persistent_load(self, pid: Any) -> Any:
        """Storages, as torch refers to them: ("storage", type, key, place, count, ...)."""
        if isinstance(pid, tuple) and pid and pid[0] == "module" and len(pid) > 1:
            return pid[1]
        if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage":
            raise pickle.UnpicklingError("a reference that torch does not write")
        last = str(getattr(pid[1], "kind", pid[1])).rpartition(".")[2]
        return StubStorage(_STORAGES.get(last, last), str(pid[2]), _natural(pid[4]))


@dataclass(frozen=True, kw_only=True)
class StubTree:
    """What a pickle describes.

    Attributes:
        content: Dictionaries, lists, numbers, text, :class:`StubTensor` and :class:`Stub`.
        names: Every class and function that it names.
    """

    content: Any
    names: frozenset[str] = field(default_factory=frozenset)


def read_stubs(data: bytes, *, where: str, skip: int = 0) -> StubTree:
    """Read a pickle into stubs.

    Args:
        skip: Pickles before it in the same bytes.

    Raises:
        InputDataError: It is damaged.
        LimitError: It is too large, or a tensor claims more numbers than are stored.
    """
    if len(data) > MAX_PICKLE:
        raise LimitError(f"the pickle in it has more than {MAX_PICKLE:,} bytes", where=where)
    stream = io.BytesIO(data)
    try:
        names: set[str] = set()
        content: Any = None
        for _ in range(skip + 1):
            start = stream.tell()
            _check_opcodes(stream)
            stream.seek(start)
            reader = _StubUnpickler(stream)
            content = reader.load()
            names |= reader.names
    except LimitError as error:
        raise LimitError(error.message, where=where) from error
    except Exception as error:  # a damaged pickle raises anything
        reason = safe(" ".join(str(error).split()), limit=160) or type(error).__name__
        raise InputDataError(
            f"the file is damaged or cut short: {reason}",
            code="E_MODEL_FILE",
            where=where,
            hint="Save, copy or download it again.",
        ) from error
    return StubTree(content=content, names=frozenset(names))


def _check_opcodes(stream: io.BytesIO) -> None:
    """Memo entries are numbered up to the pickle's own length, integers are short: nothing grows beyond the file."""
    size = len(stream.getbuffer())
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name in ("LONG", "LONG1", "LONG4", "INT") and isinstance(argument, int):
            if argument.bit_length() > 8 * MAX_INTEGER_BYTES:
                raise pickle.UnpicklingError("an integer of too many digits")
        elif "PUT" in opcode.name and isinstance(argument, int) and argument > size:
            raise pickle.UnpicklingError("a memo entry beyond the end")


def walk_tensors(content: Any, prefix: str = "") -> Iterator[tuple[str, StubTensor]]:
    """Tensors in nested dictionaries and lists, by dotted name, in order; each container once."""
    waiting: list[tuple[str, Any]] = [(prefix, content)]
    seen: set[int] = set()
    while waiting:
        name, item = waiting.pop()
        if isinstance(item, StubTensor):
            yield name, item
        elif isinstance(item, dict | list | tuple) and id(item) not in seen:
            seen.add(id(item))
            pairs = item.items() if isinstance(item, dict) else enumerate(item)
            inner = [(f"{name}.{key}" if name else str(key), value) for key, value in pairs]
            waiting += reversed(inner)
