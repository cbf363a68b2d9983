"""Loss and accuracy beside the epoch counter, so that a scene shows its training in Blender and on slides, too."""

from __future__ import annotations

import math

from PIL import Image

from nn2gltf.encode.chart import draw_spark
from nn2gltf.encode.curves import spark_series
from nn2gltf.encode.style import Style
from nn2gltf.ir.recording import Recording

MOST_STEPS = 30
"""Longer clips get no curves: every step has a picture of its own in the text atlas."""
ASPECT = 3.0
"""Width of the curves, by their height."""


def add_curves(words: Image.Image, recording: Recording, style: Style, epoch: float) -> Image.Image:
    """A counter's plate with curves at its right, as high as it is; the plate alone when there is nothing to draw.

    Args:
        words: Epoch and accuracy.
        epoch: Where the dots are; what comes later is dim.
    """
    series = spark_series(recording, style)
    if not series:
        return words
    height = words.height
    chart = draw_spark(series, style, size=(round(ASPECT * height), height), marker=epoch)
    joined = Image.new("RGB", (words.width + chart.width, height), style.text.plate)
    joined.paste(words, (0, 0))
    joined.paste(chart, (words.width, 0))
    return joined


def has_curves(recording: Recording, steps: int) -> bool:
    """Whether a scene of so many steps gets curves: at least two points of one of them."""
    return 2 <= steps <= MOST_STEPS and any(
        sum(math.isfinite(step.metrics.get(name, math.nan)) for step in recording.steps) > 1
        for name in {name for step in recording.steps for name in step.metrics}
        if "loss" in name.lower() or "accuracy" in name.lower()
    )
