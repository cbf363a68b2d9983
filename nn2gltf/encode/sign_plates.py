"""Signs as pictures: their lines, and a bar of a share below them."""

from __future__ import annotations

from PIL import Image, ImageDraw

from nn2gltf.encode.parts import ink_hex
from nn2gltf.encode.style import Style
from nn2gltf.encode.text import Line, measure_text, render_plate
from nn2gltf.ir.furniture import BAR_ROOM, LINE_HEIGHT, Sign

BAR_HEIGHT = 0.24
"""Of the bar, in sizes of the last line."""
SHORTEST = 0.012


def measure(text: str, size: float, weight: int) -> float:
    """Width of a line of text, in the unit of ``size``."""
    return measure_text(text, size=size, weight=weight)


def render_sign(sign: Sign, style: Style, *, texels_per_unit: float) -> Image.Image:
    """The sign's plate, as large as the layout made its room."""
    size = (
        max(1, round(sign.width * texels_per_unit)),
        max(1, round(sign.height * texels_per_unit)),
    )
    ground = ink_hex(style, sign.ground)
    image = Image.new("RGB", size, ground)
    lines = [
        Line(
            text=line.text,
            size=line.size,
            weight=line.weight + (style.text.weight_step if line.weight < 700 else 0),
            color=ink_hex(style, line.ink),
        )
        for line in sign.lines
    ]
    text = render_plate(lines, texels_per_unit=texels_per_unit, pad=0.0, background=ground, align=sign.align)
    pad = round(sign.pad * texels_per_unit)
    left = pad if sign.align == "left" else (size[0] - text.width) // 2
    image.paste(text, (left, pad))
    if sign.bar is not None:
        _draw_bar(image, sign, style, texels_per_unit)
    return image


def _draw_bar(image: Image.Image, sign: Sign, style: Style, texels: float) -> None:
    size = sign.lines[-1].size
    top = sign.pad + sum(line.size * LINE_HEIGHT for line in sign.lines) + (BAR_ROOM - BAR_HEIGHT) / 2 * size
    full = sign.bar_length
    draw = ImageDraw.Draw(image)
    for share, ink in ((1.0, "track"), (max(SHORTEST, sign.bar or 0.0), sign.bar_ink)):
        box = [sign.pad, top, sign.pad + full * share, top + BAR_HEIGHT * size]
        draw.rectangle([round(v * texels) for v in box], fill=ink_hex(style, ink))
