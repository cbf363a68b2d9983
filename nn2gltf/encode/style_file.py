"""Reads a style file into frozen dataclasses, naming the token that is missing, unknown or wrong."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from nn2gltf.errors import EncodingError, safe
from nn2gltf.files import check_input

T = TypeVar("T")
HEX_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
MAX_BYTES = 1 << 20
LARGEST = 1e6
"""No number of a style is anywhere near; keeps what follows finite."""
SEE = "docs/styles.md lists the tokens."


def read_style_object(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a user's style file: TOML where its name ends so, where ``"none"`` stands for JSON's null; else JSON.

    Raises:
        InputMissingError: It does not exist or cannot be read.
        EncodingError: It is too large, or not one JSON object or TOML table (E_STYLE).
    """
    source = check_input(path)
    if source.stat().st_size > MAX_BYTES:
        raise style_error(f"a style file has at most {MAX_BYTES} bytes", where=str(source))
    if source.suffix.lower() == ".toml":
        return _read_toml(source)
    try:
        data = json.loads(source.read_bytes())
    except (ValueError, RecursionError) as error:
        raise style_error("the style file is not JSON", where=str(source), hint=_json_place(error)) from error
    if not isinstance(data, dict):
        raise style_error("a style is one JSON object", where=str(source), hint=SEE)
    return data


def _read_toml(source: Path) -> dict[str, Any]:
    try:
        return _with_nulls(tomllib.loads(source.read_text("utf-8")))
    except (ValueError, RecursionError) as error:  # also what is not UTF-8
        hint = f"{safe(error)}."
        raise style_error("the style file is not TOML", where=str(source), hint=hint) from error


def _with_nulls(table: dict[str, Any]) -> dict[str, Any]:
    """The table with None for ``"none"``, which no other token can mean: TOML has no null."""
    return {
        key: _with_nulls(value) if isinstance(value, dict) else None if value == "none" else value
        for key, value in table.items()
    }


def overlay(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A base's tokens with some changed; objects are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in changes.items():
        before = merged.get(key)
        whole = isinstance(value, Mapping) and isinstance(before, Mapping)
        merged[key] = overlay(before, value) if whole else value  # type: ignore[arg-type]
    return merged


def build_tokens(kind: type[T], data: Mapping[str, Any], *, file: str, path: str = "") -> T:
    """Build a frozen dataclass from JSON: every token present, known and of its type.

    A field's JSON name is its ``metadata["json"]`` if given, else its own. A field with a default may be absent.

    Args:
        file: Name of the style file, for messages.
        path: Dotted path of the object inside the file.

    Raises:
        EncodingError: A token is missing, unknown or wrong; the message has its dotted path.
    """
    hints, known = get_type_hints(kind), {_json_name(token): token for token in fields(kind)}  # type: ignore[arg-type]
    for name in data:
        if name not in known:
            raise _unknown(_join(path, name), name, list(known), file)
    values = {}
    for name, token in known.items():
        if name in data:
            values[token.name] = _value(hints[token.name], data[name], _join(path, name), file)
        elif token.default is MISSING:
            raise style_error(f"the style lacks {_join(path, name)}", where=file, hint=f"Add it; {SEE}")
    return kind(**values)


def style_error(message: str, *, where: str | None = None, hint: str | None = None) -> EncodingError:
    """An E_STYLE error."""
    return EncodingError(message, code="E_STYLE", where=where, hint=hint)


def file_name(path: str | os.PathLike[str]) -> str:
    """Name of a style file for messages and scenes: without folders and suffix."""
    return safe(Path(path).stem, limit=60)


def _json_place(error: Exception) -> str | None:
    return f"Look at line {error.lineno}." if isinstance(error, json.JSONDecodeError) else None


def _json_name(token: Field[Any]) -> str:
    return str(token.metadata.get("json", token.name))


def _join(path: str, name: str) -> str:
    return safe(f"{path}.{name}" if path else name, limit=80)


def _unknown(path: str, name: str, known: list[str], file: str) -> EncodingError:
    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(known)}."
    return style_error(f"the style has an unknown token {path}", where=file, hint=hint)


def _value(hint: Any, value: Any, path: str, file: str) -> Any:
    origin = get_origin(hint)
    if origin is UnionType:
        return None if value is None else _value(get_args(hint)[0], value, path, file)
    if origin is Literal:
        choices = get_args(hint)
        _expect(value in choices, f"one of {', '.join(map(str, choices))}", path, file)
        return value
    if origin is tuple:
        _expect(isinstance(value, list) and bool(value), "a list of colours", path, file)
        return tuple(_color(item, f"{path}[{index}]", file) for index, item in enumerate(value))
    if is_dataclass(hint):
        _expect(isinstance(value, dict), "an object", path, file)
        return build_tokens(hint, value, file=file, path=path)  # type: ignore[arg-type]
    return _color(value, path, file) if hint is str else _plain(hint, value, path, file)


def _plain(hint: Any, value: Any, path: str, file: str) -> Any:
    """A switch, a number or words."""
    if hint is bool:
        _expect(isinstance(value, bool), "true or false", path, file)
        return value
    if hint in (int, float):
        number = isinstance(value, int if hint is int else (int, float)) and not isinstance(value, bool)
        _expect(number and abs(value) < LARGEST, f"a{' whole' if hint is int else ''} number", path, file)
        return hint(value)
    _expect(isinstance(value, str) and bool(value.strip()), "a few words", path, file)
    return safe(value)


def _color(value: Any, path: str, file: str) -> str:
    ok = isinstance(value, str) and HEX_COLOR.fullmatch(value) is not None
    _expect(ok, "a colour like #1a2b3c", path, file)
    return str(value).lower()


def _expect(ok: bool, wanted: str, path: str, file: str) -> None:
    if not ok:
        raise style_error(f"the style's {path} is not {wanted}", where=file, hint=SEE)
