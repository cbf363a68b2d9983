"""Lightning: a callback that records a model while a Trainer trains it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn2gltf.api.recording import Recorder
from nn2gltf.integrations.numbers import numbers_of
from nn2gltf.lazy import require
from nn2gltf.torch_vision import require_torchvision

if TYPE_CHECKING:
    from lightning.pytorch.callbacks import Callback as _Base
else:
    require_torchvision()  # Lightning's metrics import it too
    _Base = require("lightning.pytorch.callbacks").Callback


class Callback(_Base):
    """Records step 0 when training starts, then every epoch.

    ::

        recording = nn2gltf.lightning.Callback(probes=x, labels=y, path="run.nn2gltf")
        Trainer(max_epochs=10, callbacks=[recording]).fit(module, loader)
        recording.recorder.export("run.glb")

    Metrics that the module logs with ``self.log`` are kept. Under a strategy with several processes, every one
    records and rank 0 writes. A checkpoint of Lightning's goes on in the same folder with ``resume=True``.

    Args:
        probes: A batch with one row per probe; a tuple or mapping of arguments.
        model: Name of the module's attribute to record; the whole LightningModule when empty.
        options: As for :class:`nn2gltf.Recorder`.
    """

    def __init__(self, probes: Any, *, model: str = "", **options: Any) -> None:
        super().__init__()
        self._probes, self._model, self._options = probes, model, options
        self._recorder: Recorder | None = None

    @property
    def recorder(self) -> Recorder:
        """The recorder, once training has started.

        Raises:
            RuntimeError: It has not.
        """
        if self._recorder is None:
            raise RuntimeError("training has not started")
        return self._recorder

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Record the model as it is before the first batch."""
        subject = pl_module.get_submodule(self._model) if self._model else pl_module
        self._recorder = Recorder(subject, probes=self._probes, **self._options).start()

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Record a finished epoch with what was logged."""
        metrics = numbers_of(trainer.callback_metrics)
        self.recorder.step(trainer.current_epoch + 1, global_step=trainer.global_step, **metrics)

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Let others write to the folder; also after an error."""
        if self._recorder is not None:
            self._recorder.close()
