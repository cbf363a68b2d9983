"""The recorder as people use it: it knows how to run a model, and how to become a scene."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from nn2gltf.api.outputs import WrittenFile
from nn2gltf.api.scenes import export_recording
from nn2gltf.ir.json import Json
from nn2gltf.record import torch_recorder
from nn2gltf.record.options import MAX_VALUES
from nn2gltf.sources.torch_trace import capture_torch


class Recorder(torch_recorder.Recorder):
    """Records a model's activations and weights on fixed probes while it is being trained.

    Step 0, the untrained model, is recorded on entry; training goes on bit for bit as without it::

        with nn2gltf.Recorder(model, probes=x, labels=y, path="run.nn2gltf") as recorder:
            for epoch in range(10):
                train(...)
                recorder.step(epoch + 1, loss=..., accuracy=...)
        recorder.export("run.glb")

    Args:
        model: An ``nn.Module``; compiled and data-parallel wrappers are looked through.
        probes: A batch with one row per probe, or a tuple or mapping of such arguments.
        labels: True class of each probe.
        path: Folder to record into, durable after every step; kept in memory when None.
        classes: Class names of the outputs.
        names: What to call the probes; their classes by default.
        thumbnails: Pictures of the probes, uint8; made from image-shaped probes by default.
        meta: ``dataset`` and other JSON for the title and the file.
        layers: Patterns on layer ids: ``["conv*", "!conv1"]``; all layers by default.
        record: What to keep beside activations, of ``weights``, ``changes``, ``units``, ``predictions`` (these by
            default), ``gradients``, ``updates`` and ``statistics``; see docs/recording.md.
        every: Record one of so many calls of :meth:`step`; on leaving the ``with`` block also the last one.
        evaluate: A loader: the mean and standard deviation of every layer over it, and the mean of each class.
        optimizer: Record how large its last step was against each parameter; costs a copy of them a step.
        max_values: Activations per step at most; larger layers are pooled, and the file says so.
        resume: Go on with the recording in ``path``, if there is one; steps from the next epoch on are replaced.
        force: Record into a folder that holds files of others.

    Raises:
        UsageError: Probes, labels or meta make no sense.
        OutputError: ``path`` cannot be written to or is not ours.
    """

    def __init__(
        self,
        model: Any,
        *,
        probes: Any,
        labels: Any = None,
        path: str | os.PathLike[str] | None = None,
        classes: Sequence[str] = (),
        names: Sequence[str] | None = None,
        thumbnails: Sequence[npt.NDArray[Any]] | None = None,
        meta: Mapping[str, Json] | None = None,
        layers: str | Sequence[str] = (),
        record: str | Sequence[str] | None = None,
        every: int = 1,
        evaluate: Iterable[Any] | None = None,
        optimizer: Any = None,
        max_values: int = MAX_VALUES,
        resume: bool = False,
        force: bool = False,
    ) -> None:
        super().__init__(
            model,
            probes=probes,
            capture=capture_torch,
            labels=labels,
            path=path,
            classes=classes,
            names=names,
            thumbnails=thumbnails,
            meta={"weights": "trained", **(meta or {})},
            layers=layers,
            record=record,
            every=every,
            evaluate=evaluate,
            optimizer=optimizer,
            max_values=max_values,
            resume=resume,
            force=force,
        )

    def export(self, output: str | os.PathLike[str], *, force: bool = False, **options: Any) -> WrittenFile:
        """Write what is recorded so far as a scene.

        Args:
            output: ``.glb``, ``.gltf`` or ``.html``.
            force: Replace a file that nn2gltf did not write.
            options: As for :func:`nn2gltf.export`: ``style="paper"`` ...

        Raises:
            RecordingError: Nothing is recorded yet.
            OutputError, WriteError: The file cannot be written.
        """
        return export_recording(self.recording(), output, force=force, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """How a notebook shows it: what is recorded so far, and the scene in the viewer."""
        from nn2gltf.api.notebook import show_recording

        shown = show_recording(None if not self.started else self.recording())
        return {
            kind: text
            for kind, text in shown.items()
            if (not include or kind in include) and kind not in (exclude or ())
        }
