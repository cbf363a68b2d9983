"""Colour maps by name: a few that come along, all of the package cmap's where it is installed; ``_r`` turns one round.

A named map takes the place of the style's map of its kind; codes, and the colour of what is not finite, stay.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from nn2gltf.encode.style import Ramp, Style, TwoRamps
from nn2gltf.errors import UsageError, safe

SAMPLES = 33
"""Anchors taken of a map of the package cmap."""
DIVERGING = "diverging"


@lru_cache(maxsize=1)
def colormap_names() -> tuple[str, ...]:
    """Names of the maps that come with nn2gltf, all of them sequential."""
    return tuple(_shipped())


def with_colormap(style: Style, name: str | None) -> Style:
    """The style with a named map in place of its own sequential or diverging one.

    Raises:
        UsageError: No map of that name (E_UNKNOWN_NAME).

    >>> from nn2gltf.encode.style import load_style
    >>> with_colormap(load_style("stage"), "viridis").maps.sequential.anchors[0]
    '#440154'
    """
    if name is None:
        return style
    base, turned = (name.removesuffix("_r"), True) if name.endswith("_r") else (name, False)
    kind, anchors = ("sequential", _shipped()[base]) if base in _shipped() else _foreign(base, name)
    if turned:
        anchors = anchors[::-1]
    if kind == DIVERGING:
        middle = len(anchors) // 2
        two = TwoRamps(by="lightness", negative=anchors[middle::-1], positive=anchors[middle:])
        return replace(style, maps=replace(style.maps, diverging=two))
    return replace(style, maps=replace(style.maps, sequential=Ramp(by="arc", anchors=anchors)))


@lru_cache(maxsize=1)
def _shipped() -> dict[str, tuple[str, ...]]:
    data = json.loads((files("nn2gltf") / "encode" / "colormaps.json").read_text("utf-8"))
    return {name: tuple(anchors) for name, anchors in data["maps"].items()}


def _foreign(base: str, name: str) -> tuple[str, tuple[str, ...]]:
    """Kind and anchors of a map of the package cmap."""
    known = ", ".join(colormap_names())
    if find_spec("cmap") is None:
        hint = f"Known: {known}. More names with: pip install 'nn2gltf[cmap]'"
        raise UsageError(f"unknown colour map {safe(name)!r}", code="E_UNKNOWN_NAME", hint=hint)
    import cmap

    try:
        found: Any = cmap.Colormap(base)
    except (ValueError, TypeError, KeyError) as error:
        hint = f"Known: {known}, and those of the package cmap."
        raise UsageError(f"unknown colour map {safe(name)!r}", code="E_UNKNOWN_NAME", hint=hint) from error
    steps = [index / (SAMPLES - 1) for index in range(SAMPLES)]
    anchors = tuple(dict.fromkeys(str(found(step).hex)[:7].lower() for step in steps))
    return (DIVERGING if found.category == DIVERGING else "sequential"), anchors
