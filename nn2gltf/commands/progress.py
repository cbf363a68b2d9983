"""A line of progress on a terminal; nothing at all when stderr is a file or a pipe."""

from __future__ import annotations

import sys
from typing import TextIO

from nn2gltf.commands.terminal import paint
from nn2gltf.ir.recording import Step

_BAR = 24
_EVERY = 10
"""Batches between two drawings of the bar."""


class TrainingProgress:
    """Watches a training run: a bar during each epoch, a line with loss and accuracy after it."""

    def __init__(self, epochs: int, *, stream: TextIO | None = None) -> None:
        self.epochs = epochs
        self._stream = stream or sys.stderr
        self._on = self._stream.isatty()

    def batch_done(self, epoch: int, done: int, total: int) -> None:
        """Draw the bar of an epoch."""
        if self._on and (done % _EVERY == 0 or done == total):
            filled = _BAR * done // total
            bar = "━" * filled + "─" * (_BAR - filled)
            self._stream.write(f"\r\x1b[Kepoch {epoch}/{self.epochs}  {bar}  {100 * done // total} %")
            self._stream.flush()

    def epoch_done(self, step: Step) -> None:
        """Replace the bar by what was measured."""
        if not self._on:
            return
        metrics = step.metrics
        loss = f"loss {metrics['test_loss']:.4f}"
        accuracy = paint(f"accuracy {metrics['test_accuracy']:.1%}", "green", stream=self._stream)
        self._stream.write(f"\r\x1b[Kepoch {step.epoch:g}/{self.epochs}  {loss}  {accuracy}\n")
        self._stream.flush()
