"""One run of the built-in loop: its data on the device, its optimiser, and where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler

from nn2gltf.errors import InterruptedRunError
from nn2gltf.ir.recording import Step
from nn2gltf.train.checkpoint import Checkpoint, TrainState
from nn2gltf.train.data import ImageData
from nn2gltf.train.evaluate import evaluate_model
from nn2gltf.train.interrupt import StopRequest
from nn2gltf.train.options import TrainOptions


class Run:
    """State of a training, and what is done with it.

    Attributes:
        steps: The untrained model, then every finished epoch.
        epoch: The one that is going on or comes next, from 1.
        done: Optimiser steps of it that are done.
    """

    def __init__(self, model: nn.Module, data: ImageData, options: TrainOptions) -> None:
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        device = parameters[0].device
        self.model = model
        self.images = torch.from_numpy(data.normalise(data.train_images)).to(device)
        self.labels = torch.from_numpy(data.train_labels).to(device)
        self.test_images = torch.from_numpy(data.normalise(data.test_images)).to(device)
        self.test_labels = torch.from_numpy(data.test_labels).to(device)
        self.batch_size = options.batch_size
        self.batches = -(-len(self.images) // options.batch_size)
        self.evaluated = options.evaluate
        self.steps: list[Step] = []
        self.epoch, self.done = 1, 0
        self._order = torch.Generator().manual_seed(options.seed)
        self._order_before = self._order.get_state()
        self._optimizer = make_optimizer(parameters, options)
        self._schedule = make_schedule(self._optimizer, options, options.epochs * self.batches)

    def train_epoch(self, stop: StopRequest, progress: Callable[[int, int, int], None] | None) -> None:
        """What is left of a pass over the training images in a new order.

        Raises:
            InterruptedRunError: It was asked to stop; :attr:`done` says how far it is.
        """
        self.model.train()
        self._order_before = self._order.get_state()
        batches = self._shuffled()
        skipped, self.done = self.done, 0
        for chosen in batches:
            if self.done >= skipped:
                self._optimizer.zero_grad(set_to_none=True)
                loss = functional.cross_entropy(self.model(self.images[chosen]), self.labels[chosen])
                loss.backward()  # type: ignore[no-untyped-call]
                self._optimizer.step()
                self._schedule.step()
            self.done += 1
            if progress is not None:
                progress(self.epoch, self.done, self.batches)
            if stop.made and self.done >= skipped:
                raise InterruptedRunError(
                    f"interrupted in epoch {self.epoch} after {self.done} of {self.batches} batches"
                )

    def finish_epoch(self, step: Step) -> None:
        """Go on to the next epoch."""
        self.steps.append(step)
        self.epoch, self.done = self.epoch + 1, 0
        self._order_before = self._order.get_state()

    def checkpoint(self) -> Checkpoint:
        """Where the run is."""
        return Checkpoint(
            epoch=self.epoch,
            batch=self.done,
            order=self._order_before,
            steps=tuple(step.to_json() for step in self.steps),
            state=self._state.capture(),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Be where a checkpoint was taken.

        Raises:
            RecordingError: It is of another model.
        """
        self._state.restore(checkpoint.state)
        self._order.set_state(checkpoint.order)
        self.steps = [Step.from_json(step) for step in checkpoint.steps]
        self.epoch, self.done = checkpoint.epoch, checkpoint.batch

    @property
    def _state(self) -> TrainState:
        return TrainState(model=self.model, optimizer=self._optimizer, schedule=self._schedule)

    def _shuffled(self) -> Iterator[Tensor]:
        order = torch.randperm(len(self.images), generator=self._order)
        yield from torch.split(order.to(self.images.device), self.batch_size)

    def measure(self, epoch: int, step: int) -> Step:
        """Loss and accuracy on both parts, in evaluation mode."""
        kept = slice(self.evaluated)
        train = evaluate_model(self.model, self.images[kept], self.labels[kept])
        test = evaluate_model(self.model, self.test_images, self.test_labels)
        metrics = {
            "train_loss": train[0],
            "train_accuracy": train[1],
            "test_loss": test[0],
            "test_accuracy": test[1],
        }
        return Step(epoch=epoch, step=step, metrics=metrics)


def make_optimizer(parameters: list[nn.Parameter], options: TrainOptions) -> torch.optim.Optimizer:
    """The optimiser that the options name."""
    makers: dict[str, Callable[[], torch.optim.Optimizer]] = {
        "adam": lambda: torch.optim.Adam(parameters, lr=options.lr, weight_decay=options.weight_decay),
        "sgd": lambda: torch.optim.SGD(
            parameters, lr=options.lr, momentum=0.9, weight_decay=options.weight_decay
        ),
    }
    return makers[options.optimizer]()


def make_schedule(optimizer: torch.optim.Optimizer, options: TrainOptions, total: int) -> LRScheduler:
    """The course of the learning rate over ``total`` optimiser steps."""
    if options.schedule == "cosine":
        return CosineAnnealingLR(optimizer, T_max=total)
    return ConstantLR(optimizer, factor=1.0)
