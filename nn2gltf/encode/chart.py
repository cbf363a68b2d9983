"""Line charts: small multiples with direct labels, as one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from nn2gltf.encode.style import Style
from nn2gltf.encode.text import Line, measure_text, render_plate, shorten_text

SMOOTH = 4
"""Lines are drawn so many times larger and reduced, since Pillow draws them with hard edges."""
LABEL_SHARE = 0.2
"""Part of a panel's width for the names at the ends of the lines."""
MOST_SERIES = 8


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line.

    Attributes:
        x, y: As many numbers; where y is not finite the line is broken.
        color: ``#rrggbb``.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    color: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One coordinate system.

    Attributes:
        percent: Values are fractions, shown in percent.
        logarithmic: The vertical axis counts powers of ten.
    """

    title: str
    series: tuple[Series, ...]
    percent: bool = False
    logarithmic: bool = False


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """Where values lie: pixels of the plot, and the ranges that they show."""

    left: float
    top: float
    right: float
    bottom: float
    x: tuple[float, float]
    y: tuple[float, float]

    def spot(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.x[0]) / (self.x[1] - self.x[0] or 1.0)
        up = (y - self.y[0]) / (self.y[1] - self.y[0] or 1.0)
        return self.left + across * (self.right - self.left), self.bottom - up * (self.bottom - self.top)


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """About ``count`` round numbers inside a range: multiples of 1, 2 or 5 times a power of ten.

    >>> nice_ticks(0.0, 0.93, 4)
    [0.0, 0.2, 0.4, 0.6, 0.8]
    """
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low]
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    pace = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / pace - 1e-9)
    return [float(f"{k * pace:.12g}") for k in range(first, math.floor(high / pace + 1e-9) + 1)]


def draw_charts(
    panels: Sequence[Panel], style: Style, *, title: str, subtitle: str, width: int = 1600
) -> Image.Image:
    """Panels, two in a row, under a title, on the style's ground.

    Args:
        width: Pixels.
    """
    unit = width / 160
    columns = 2 if len(panels) > 1 else 1
    gap, margin, head = round(5 * unit), round(5 * unit), round(15 * unit)
    across = (width - 2 * margin - (columns - 1) * gap) // columns
    down = round(across * 0.56)
    rows = -(-len(panels) // columns)
    image = Image.new("RGB", (width, head + rows * (down + gap) + margin // 2), style.text.plate)
    lines = [
        Line(text=title, size=4.6, weight=700, color=style.text.fg),
        Line(text=subtitle, size=2.3, weight=500, color=style.text.dim),
    ]
    plate = render_plate(lines, texels_per_unit=unit, pad=0, background=style.text.plate, align="left")
    image.paste(plate, (margin, round(4.2 * unit)))
    for index, panel in enumerate(panels):
        spot = (margin + index % columns * (across + gap), head + index // columns * (down + gap))
        image.paste(draw_panel(panel, style, size=(across, down)), spot)
    return image


def draw_panel(
    panel: Panel, style: Style, *, size: tuple[int, int], marker: float | None = None
) -> Image.Image:
    """One panel.

    Args:
        size: (width, height), pixels.
        marker: A place on the horizontal axis: what comes after it is dim, and dots mark the values there.
    """
    width, height = size
    letter = max(9.0, height / 17)
    frame = _frame(panel, width, height, letter)
    image = Image.new("RGB", size, style.text.plate)
    ticks = _value_ticks(panel, frame)
    _draw_lines(image, panel, style, frame, [value for value, _ in ticks], marker)
    _put(image, panel.title, (0.0, 0.0), letter * 1.15, style.text.fg, style, weight=600)
    for value, text in ticks:
        place = (frame.left - 0.5 * letter, frame.spot(0, value)[1])
        _put(image, text, place, letter, style.text.dim, style, anchor="rm")
    for value in nice_ticks(*frame.x, max(2, int((frame.right - frame.left) / (5 * letter)))):
        place = (frame.spot(value, 0)[0], frame.bottom + 0.35 * letter)
        _put(image, f"{value:g}", place, letter, style.text.dim, style, anchor="mt")
    _label_ends(image, panel, style, frame, letter)
    return image


def draw_spark(
    series: Sequence[Series], style: Style, *, size: tuple[int, int], marker: float
) -> Image.Image:
    """A small chart without axes: each line over its own range from zero, named at the right.

    Args:
        size: (width, height), pixels.
        marker: Where dots mark the values; what comes later is dim.
    """
    width, height = size
    letter = height / 5.2
    room = max(measure_text(line.name, size=letter, weight=600) for line in series)
    image = Image.new("RGB", size, style.text.plate)
    scaled = tuple(_to_top(line) for line in series)
    xs = [x for line in series for x in line.x]
    frame = _Frame(
        left=0.25 * height,
        top=0.2 * height,
        right=max(0.5 * width, width - room - 1.2 * letter),
        bottom=0.82 * height,
        x=(min(xs), max(xs)),
        y=(0.0, 1.0),
    )
    panel = Panel(title="", series=scaled)
    _draw_lines(image, panel, style, frame, [0.0], marker, weight=height / 26)
    _label_ends(image, panel, style, frame, letter)
    return image


def _to_top(line: Series) -> Series:
    finite = [abs(y) for y in line.y if math.isfinite(y)]
    top = max(finite, default=1.0) or 1.0
    return Series(name=line.name, x=line.x, y=tuple(y / top for y in line.y), color=line.color)


def _frame(panel: Panel, width: int, height: int, letter: float) -> _Frame:
    xs = [x for series in panel.series for x in series.x]
    ys = _shown(panel)
    low, high = (min(ys), max(ys)) if ys else (0.0, 1.0)
    if panel.percent:
        low, high = min(0.0, low), max(1.0, high)
    elif not panel.logarithmic:
        low, high = min(0.0, low), high if high > low else low + 1.0
    if high <= low:
        high = low + 1.0
    return _Frame(
        left=3.6 * letter,
        top=2.6 * letter,
        right=width * (1 - LABEL_SHARE),
        bottom=height - 1.8 * letter,
        x=(min(xs, default=0.0), max(xs, default=1.0)),
        y=(low, high + 0.03 * (high - low)),
    )


def _shown(panel: Panel) -> list[float]:
    return [value for series in panel.series for value in _heights(panel, series) if math.isfinite(value)]


def _heights(panel: Panel, series: Series) -> list[float]:
    if not panel.logarithmic:
        return list(series.y)
    return [math.log10(y) if math.isfinite(y) and y > 0 else math.nan for y in series.y]


def _value_ticks(panel: Panel, frame: _Frame) -> list[tuple[float, str]]:
    low, high = frame.y
    if panel.logarithmic and high - low >= 1:
        powers = range(math.ceil(low), math.floor(high) + 1)
        stride = max(1, len(powers) // 5)
        return [(float(power), f"{10.0**power:g}") for power in powers[::stride]]
    ticks = nice_ticks(low, high, 4)
    if panel.logarithmic:
        return [(tick, f"{10**tick:.2g}") for tick in ticks]
    return [(tick, f"{100 * tick:g} %" if panel.percent else f"{tick:g}") for tick in ticks]


def _draw_lines(
    image: Image.Image,
    panel: Panel,
    style: Style,
    frame: _Frame,
    ticks: list[float],
    marker: float | None,
    *,
    weight: float | None = None,
) -> None:
    """Grid and lines; ``weight`` is the width of a line in pixels."""
    weight = weight or image.height / 130
    large = image.resize((image.width * SMOOTH, image.height * SMOOTH))
    draw = ImageDraw.Draw(large)
    thin, thick = max(1, round(weight / 3 * SMOOTH)), max(2, round(weight * SMOOTH))
    grid = _mix(style.text.dim, style.text.plate, 0.78)
    for value in ticks:
        y = frame.spot(0, value)[1] * SMOOTH
        draw.line([(frame.left * SMOOTH, y), (frame.right * SMOOTH, y)], fill=grid, width=thin)
    for series in panel.series:
        points = list(zip(series.x, _heights(panel, series), strict=True))
        if marker is not None:
            _stroke(draw, frame, points, _mix(series.color, style.text.plate, 0.72), thick)
        past = points if marker is None else [point for point in points if point[0] <= marker]
        _stroke(draw, frame, past, series.color, thick)
        if past and math.isfinite(past[-1][1]):
            x, y = (c * SMOOTH for c in frame.spot(*past[-1]))
            radius = thick * (1.15 if marker is None else 1.7)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=series.color)
    image.paste(large.resize(image.size, Image.Resampling.LANCZOS))


def _stroke(
    draw: ImageDraw.ImageDraw, frame: _Frame, points: list[tuple[float, float]], color: str, width: int
) -> None:
    """Runs of finite points, joined round."""
    run: list[tuple[float, float]] = []
    for x, y in [*points, (0.0, math.nan)]:
        if math.isfinite(y):
            across, down = frame.spot(x, y)
            run.append((across * SMOOTH, down * SMOOTH))
            continue
        if len(run) > 1:
            draw.line(run, fill=color, width=width, joint="curve")
        run = []


def _label_ends(image: Image.Image, panel: Panel, style: Style, frame: _Frame, letter: float) -> None:
    """Names beside the ends of their lines, moved apart where they would touch."""
    ends = []
    for series in panel.series:
        heights = [(x, y) for x, y in zip(series.x, _heights(panel, series), strict=True) if math.isfinite(y)]
        if heights:
            ends.append((frame.spot(*heights[-1])[1], series))
    ends.sort(key=lambda end: end[0])
    places = spread(
        [end[0] for end in ends],
        gap=1.25 * letter,
        low=frame.top - 0.4 * letter,
        high=frame.bottom + 0.2 * letter,
    )
    room = image.width - frame.right - letter
    for place, (_, series) in zip(places, ends, strict=True):
        text = shorten_text(series.name, width=room, size=letter, weight=600)
        _put(
            image,
            text,
            (frame.right + 0.8 * letter, place),
            letter,
            series.color,
            style,
            weight=600,
            anchor="lm",
        )


def spread(places: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Sorted places moved apart by at least ``gap``, as little as possible, inside low..high where they fit.

    >>> spread([1.0, 1.0, 9.0], gap=2.0, low=0.0, high=10.0)
    [0.0, 2.0, 9.0]
    """
    count = len(places)
    if not count:
        return []
    steps = gap * np.arange(count)
    # Without their steps, places must not fall: the nearest such numbers are running means of groups.
    groups: list[tuple[float, int]] = []
    for wanted in np.asarray(places) - steps:
        group = (float(wanted), 1)
        while groups and groups[-1][0] > group[0]:
            mean, size = groups.pop()
            total = size + group[1]
            group = ((mean * size + group[0] * group[1]) / total, total)
        groups.append(group)
    flat = np.repeat([mean for mean, _ in groups], [size for _, size in groups])
    room = max(low, high - gap * (count - 1))
    return [float(place) for place in np.clip(flat, low, room) + steps]


def _put(
    image: Image.Image,
    text: str,
    spot: tuple[float, float],
    size: float,
    color: str,
    style: Style,
    *,
    weight: int = 500,
    anchor: str = "lt",
) -> None:
    """Text with an anchor: left, middle or right; top or middle."""
    line = Line(text=text, size=size, weight=weight, color=color, tabular=True)
    plate = render_plate([line], texels_per_unit=1.0, pad=0, background=style.text.plate, align="left")
    across = {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * measure_text(
        text, size=size, weight=weight, tabular=True
    )
    down = {"t": 0.0, "m": 0.5}[anchor[1]] * plate.height
    image.paste(plate, (round(spot[0] - across), round(spot[1] - down)))


def _mix(color: str, other: str, share: float) -> str:
    """A colour moved towards another by a share, in sRGB."""
    parts = [
        round((1 - share) * int(color[i : i + 2], 16) + share * int(other[i : i + 2], 16)) for i in (1, 3, 5)
    ]
    return "#{:02x}{:02x}{:02x}".format(*parts)
