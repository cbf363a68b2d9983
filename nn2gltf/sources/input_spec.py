"""Shapes of inputs as a person types them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nn2gltf.errors import UsageError, safe

SPEC = re.compile(r"(?:(?P<name>[A-Za-z_][\w.:/-]*)=)?(?P<shape>\d+(?:x\d+)*)(?::(?P<dtype>\w+))?")

DTYPES = frozenset(
    "float16 float32 float64 bfloat16 half float double complex64 complex128 int8 int16 int32 int64 int long short "
    "uint8 uint16 uint32 uint64 bool".split()
)
"""Element types by the names that torch gives them."""


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """``[name=]1x3x224x224[:dtype]``."""

    shape: tuple[int, ...]
    dtype: str = "float32"
    name: str | None = None


def parse_input_spec(text: str) -> InputSpec:
    """Read ``[name=]1x3x224x224[:dtype]``.

    Raises:
        UsageError: The text is not of that form, or the type is unknown.

    >>> parse_input_spec("ids=1x16:int64")
    InputSpec(shape=(1, 16), dtype='int64', name='ids')
    """
    match = SPEC.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            f"--input {safe(text)!r} is not a shape", hint="Write it like 1x3x224x224 or ids=1x16:int64."
        )
    dtype = match["dtype"] or "float32"
    if dtype not in DTYPES:
        raise UsageError(
            f"--input names an unknown type {safe(dtype)!r}", hint="Use float32, int64 or the like."
        )
    shape = tuple(int(n) for n in match["shape"].split("x"))
    if 0 in shape:
        raise UsageError(f"--input {safe(text)!r} has an empty axis", hint="Every extent is at least 1.")
    return InputSpec(shape=shape, dtype=dtype, name=match["name"])
