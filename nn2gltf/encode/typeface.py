"""Fonts: the bundled Inter subset, and installed fonts for the letters it lacks."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path

from PIL import ImageFont, features

WEIGHTS = {400: "Regular", 500: "Medium", 600: "SemiBold", 700: "Bold"}
INSTALLED_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSans-Regular.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansThai-Regular.ttf",
    "NotoSansMath-Regular.ttf",
    "DroidSansFallbackFull.ttf",
    "DejaVuSans.ttf",
    "Arial Unicode.ttf",
    "PingFang.ttc",
    "segoeui.ttf",
    "msyh.ttc",
    "msgothic.ttc",
    "malgun.ttf",
)
"""Fonts with many scripts, in the order in which they are asked for a letter."""
FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
    "~/.local/share/fonts",
)
PROBE_PIXELS = 32
NO_CHARACTER = "\uffff"


@lru_cache(maxsize=128)
def load_font(weight: int, pixels: int) -> ImageFont.FreeTypeFont:
    """The bundled font of the nearest weight at a pixel size."""
    name = WEIGHTS[min(WEIGHTS, key=lambda known: (abs(known - weight), known))]
    with as_file(files("nn2gltf") / "encode" / "fonts" / f"Inter-{name}.otf") as path:
        return ImageFont.truetype(str(path), pixels)


def font_for(character: str, weight: int, pixels: int) -> ImageFont.FreeTypeFont | None:
    """The font that draws a character: the bundled one, else the first installed one, else None."""
    if bundled_has(character):
        return load_font(weight, pixels)
    path = _installed_for(character)
    return _load_installed(path, pixels) if path else None


@lru_cache(maxsize=4096)
def bundled_has(character: str) -> bool:
    """Whether the bundled font has a character."""
    return character.isspace() or _draws(load_font(400, PROBE_PIXELS), character)


def shapes_text() -> bool:
    """Whether Pillow has the layout engine that knows font features and joined scripts."""
    return bool(features.check("raqm"))


@lru_cache(maxsize=4096)
def _installed_for(character: str) -> str | None:
    fonts = ((path, _load_installed(path, PROBE_PIXELS)) for path in _installed())
    return next((path for path, font in fonts if font is not None and _draws(font, character)), None)


@lru_cache(maxsize=64)
def _load_installed(path: str, pixels: int) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(path, pixels)
    except OSError:  # a font that FreeType cannot read is as good as none
        return None


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    """Paths of the known fonts that are installed, in order of preference."""
    found: dict[str, str] = {}
    for folder in FONT_FOLDERS:
        for place, folders, names in os.walk(Path(folder).expanduser()):
            folders.sort()
            for name in set(names).intersection(INSTALLED_FONTS):
                found.setdefault(name, str(Path(place) / name))
    return tuple(found[name] for name in INSTALLED_FONTS if name in found)


def _draws(font: ImageFont.FreeTypeFont, character: str) -> bool:
    """Whether a font draws a character otherwise than one that no font has."""
    return _picture(font, character) != _picture(font, NO_CHARACTER)


def _picture(font: ImageFont.FreeTypeFont, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(character)
    return mask.size, bytes(mask)
