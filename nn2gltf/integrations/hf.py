"""Hugging Face transformers: a callback that records a model while a Trainer trains it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn2gltf.api.recording import Recorder
from nn2gltf.integrations.numbers import numbers_of
from nn2gltf.lazy import require
from nn2gltf.torch_vision import require_torchvision

if TYPE_CHECKING:
    from transformers import TrainerCallback as _Base
else:
    require_torchvision()  # transformers imports it too
    _Base = require("transformers").TrainerCallback


class Callback(_Base):
    """Records step 0 when training starts, then every epoch, or every evaluation with ``on="evaluate"``.

    ::

        recording = nn2gltf.hf.Callback(probes={"input_ids": ids, "attention_mask": mask}, path="run.nn2gltf")
        Trainer(model=model, train_dataset=data, callbacks=[recording]).train()
        recording.recorder.export("run.glb")

    The numbers that the Trainer logged last are kept as metrics.

    Args:
        probes: A mapping of the model's arguments, one row per probe.
        on: ``epoch`` or ``evaluate``.
        options: As for :class:`nn2gltf.Recorder`.
    """

    def __init__(self, probes: Any, *, on: str = "epoch", **options: Any) -> None:
        if on not in ("epoch", "evaluate"):
            raise ValueError(f"on is {on!r}, it must be 'epoch' or 'evaluate'")
        self._probes, self._on, self._options = probes, on, options
        self._recorder: Recorder | None = None
        self._logged: dict[str, float] = {}

    @property
    def recorder(self) -> Recorder:
        """The recorder, once training has started.

        Raises:
            RuntimeError: It has not.
        """
        if self._recorder is None:
            raise RuntimeError("training has not started")
        return self._recorder

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Record the model as it is before the first batch."""
        self._recorder = Recorder(kwargs["model"], probes=self._probes, **self._options).start()

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """Remember what was logged; the epoch is told otherwise."""
        self._logged |= {key: value for key, value in numbers_of(logs or {}).items() if key != "epoch"}

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Record a finished epoch."""
        if self._on == "epoch":
            self._step(state)

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Record after an evaluation."""
        if self._on == "evaluate" and self._recorder is not None:
            self._step(state)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Let others write to the folder."""
        if self._recorder is not None:
            self._recorder.close()

    def _step(self, state: Any) -> None:
        last = self.recorder.steps[-1].epoch
        if state.epoch is not None and state.epoch > last:
            self.recorder.step(state.epoch, global_step=state.global_step, **self._logged)
