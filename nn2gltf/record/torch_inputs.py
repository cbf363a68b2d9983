"""The probe batch of a recorder: arguments, labels, names and thumbnails, checked before any training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from nn2gltf.errors import UsageError
from nn2gltf.ir.recording import ByteArray, Probe
from nn2gltf.record.probes import name_probes

MAX_THUMBNAIL_SIDE = 512
"""Probes larger than this get no thumbnail of their own accord, pixels."""


@dataclass(frozen=True)
class ProbeBatch:
    """Arguments of one forward pass over all probes.

    Attributes:
        args, kwargs: Of the model's forward; tensors are copies.
        count: Number of probes, the first axis of every tensor.
    """

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    count: int

    def to(self, device: torch.device | None) -> ProbeBatch:
        """The same on another device; unchanged when None."""
        if device is None:
            return self
        move = {key: _moved(value, device) for key, value in self.kwargs.items()}
        return ProbeBatch(tuple(_moved(value, device) for value in self.args), move, self.count)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Tensor arguments as arrays, by position or name; types that numpy lacks as float32."""
        named = {**{str(i): value for i, value in enumerate(self.args)}, **self.kwargs}
        return {
            f"input/{name}": to_array(value) for name, value in named.items() if isinstance(value, Tensor)
        }


def make_batch(probes: Any) -> ProbeBatch:
    """Read what a person gave as probes.

    Args:
        probes: A tensor or array, a tuple or list of positional arguments, or a mapping of named ones.

    Raises:
        UsageError: No tensor in it, no probe, or tensors with different numbers of probes.
    """
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}
    if isinstance(probes, Mapping):
        kwargs = {str(key): _copied(value) for key, value in probes.items()}
    elif isinstance(probes, tuple | list):
        args = tuple(_copied(value) for value in probes)
    else:
        args = (_copied(probes),)
    tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)]
    if not tensors:
        hint = "Give a tensor with one row per probe, or a tuple or dictionary of arguments."
        raise UsageError(f"the probes hold no tensor: {type(probes).__name__}", hint=hint)
    counts = {int(tensor.shape[0]) if tensor.ndim else 0 for tensor in tensors}
    if len(counts) > 1 or counts == {0}:
        hint = "The first axis of every tensor counts the probes."
        raise UsageError(f"the probes' tensors have {sorted(counts)} rows", hint=hint)
    return ProbeBatch(args, kwargs, counts.pop())


def describe_probes(
    batch: ProbeBatch,
    *,
    labels: Any = None,
    classes: Sequence[str] = (),
    names: Sequence[str] | None = None,
    thumbnails: Sequence[npt.NDArray[Any]] | None = None,
) -> tuple[Probe, ...]:
    """What a person sees of each probe.

    Args:
        labels: One class index each (None: unknown), as a tensor, an array or a list.
        names: By default the class, or ``probe 3``.
        thumbnails: (h, w) or (h, w, 3) uint8 each; by default made from image-shaped probes.

    Raises:
        UsageError: Not one per probe, or a label without a class.
    """
    truth = _labels(labels, batch.count)
    if classes:
        outside = [label for label in truth if label is not None and not 0 <= label < len(classes)]
        if outside:
            hint = f"Classes count from 0 to {len(classes) - 1}."
            raise UsageError(f"label {outside[0]} has no class: there are {len(classes)}", hint=hint)
    shown = tuple(names) if names is not None else name_probes(truth, classes)
    pictures = make_thumbnails(batch) if thumbnails is None else tuple(_picture(item) for item in thumbnails)
    for what, items in (("names", shown), ("thumbnails", pictures)):
        if len(items) != batch.count:
            hint = f"Give {batch.count} {what}, one for each row of the probes."
            raise UsageError(f"{len(items)} {what} for {batch.count} probes", hint=hint)
    rows = zip(truth, shown, pictures, strict=True)
    return tuple(Probe(label=label, name=str(name), thumbnail=picture) for label, name, picture in rows)


def make_thumbnails(batch: ProbeBatch) -> tuple[ByteArray | None, ...]:
    """Pictures of probes of shape (n, 1 or 3, h, w), the batch's smallest value black and its largest white."""
    first = next(value for value in (*batch.args, *batch.kwargs.values()) if isinstance(value, Tensor))
    shape = first.shape
    drawable = first.ndim == 4 and shape[1] in (1, 3) and 1 < max(shape[2:]) <= MAX_THUMBNAIL_SIDE
    if not drawable or not (first.is_floating_point() or first.dtype == torch.uint8):
        return (None,) * batch.count
    values = np.nan_to_num(to_array(first).astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = values.min(), values.max()
    scaled = (values - low) / (high - low) if high > low else np.zeros_like(values)
    pixels = np.rint(255 * scaled).astype(np.uint8).transpose(0, 2, 3, 1)
    return tuple(picture[..., 0] if picture.shape[2] == 1 else picture for picture in pixels)


def to_array(tensor: Tensor) -> npt.NDArray[Any]:
    """A copy on the CPU as numpy; bfloat16 and the like become float32."""
    plain = tensor.detach().cpu()
    if plain.is_floating_point() and plain.dtype not in (torch.float16, torch.float32, torch.float64):
        plain = plain.float()
    # Copied before numpy sees it: a storage that numpy has seen cannot be resized, as sharded training does.
    array: npt.NDArray[Any] = plain.clone(memory_format=torch.contiguous_format).numpy()
    return array


def model_device(model: nn.Module) -> torch.device | None:
    """Where a model's first parameter or buffer is, None without any."""
    for tensor in (*model.parameters(), *model.buffers()):
        return tensor.device
    return None


def _copied(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = torch.from_numpy(np.ascontiguousarray(value))
    return value.detach().clone() if isinstance(value, Tensor) else value


def _moved(value: Any, device: torch.device) -> Any:
    return value.to(device) if isinstance(value, Tensor) else value


def _labels(labels: Any, count: int) -> tuple[int | None, ...]:
    if labels is None:
        return (None,) * count
    items = labels.tolist() if hasattr(labels, "tolist") else list(labels)
    if len(items) != count:
        raise UsageError(f"{len(items)} labels for {count} probes", hint=f"Give {count}, None where unknown.")
    if any(isinstance(item, bool) or not isinstance(item, int | None) for item in items):
        raise UsageError("labels must be class indices", hint="Give one integer per probe, or None.")
    return tuple(items)


def _picture(item: npt.NDArray[Any] | Tensor) -> ByteArray:
    array = to_array(item) if isinstance(item, Tensor) else np.array(item)
    if array.dtype != np.uint8 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)):
        hint = "Give uint8 arrays of shape (height, width) or (height, width, 3)."
        raise UsageError(f"a thumbnail is {array.dtype} of shape {array.shape}", hint=hint)
    return array
