"""An input for a model that came without a sample: stated by the user, by the model, or proved by its first layer."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedParameter

from nn2gltf.errors import InputDataError, UsageError
from nn2gltf.sources.input_spec import InputSpec
from nn2gltf.sources.torch_arguments import describe_signature
from nn2gltf.sources.torch_fake import fake_parameters
from nn2gltf.sources.torch_quiet import quiet
from nn2gltf.sources.torch_statements import stated_inputs
from nn2gltf.sources.torch_tensors import map_tensors

PICTURE_SIZES = {1: (28, 32, 64, 224), 3: (224, 32, 64, 96, 128, 256, 299)}
OTHER_SIZES = (32, 16, 28, 64, 8, 128, 224)
LARGEST = 2**31
HEAVY = 50_000_000
"""From so many parameters on, setting up a run without computing is cheaper than a run."""

TAKING_NUMBERS = (nn.Linear, nn.Embedding, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.RNNBase)


def build_inputs(specs: Iterable[InputSpec]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Neutral tensors of the stated shapes: zeros; their values are never drawn as data."""
    args, kwargs = [], {}
    for spec in specs:
        size = 1
        for extent in spec.shape:
            size *= extent
        if size > LARGEST:
            raise UsageError("the --input has more than 2^31 numbers", hint="Give a smaller shape.")
        tensor = torch.zeros(spec.shape, dtype=getattr(torch, spec.dtype))
        if spec.name:
            kwargs[spec.name] = tensor
        else:
            args.append(tensor)
    return tuple(args), kwargs


def infer_inputs(model: nn.Module) -> tuple[Any, ...]:
    """Arguments that the model's forward accepts, from its own statement or its first layer.

    Raises:
        InputDataError: Nothing tried was accepted; the forward's signature and the line to type are in the message.
    """
    stated = stated_inputs(model)
    if len(stated) == 1:
        return stated[0]
    if any(isinstance(p, UninitializedParameter) for p in model.parameters()):
        model = copy.deepcopy(model)  # the first run fixes the shapes of lazy modules
    for args in (*stated, *_guesses(model)):
        if _accepts(model, args):
            return args
    raise InputDataError(
        f"the model's input cannot be inferred from forward{describe_signature(model)}",
        code="E_INPUT_UNKNOWN",
        where=type(model).__name__,
        hint=f"Give its shape, for example --input {example_shape(model)}, or a sample.",
    )


def example_shape(model: nn.Module) -> str:
    """A shape as a person types it, with the channels or features that the first layer reads."""
    for layer in _first_layers(model):
        for shape, is_index in _candidates(layer):
            if all(shape):  # a lazy layer does not know yet what it reads
                return "x".join(map(str, shape)) + (":int64" if is_index else "")
    return "1x3x224x224"


def _guesses(model: nn.Module) -> Iterator[tuple[Any, ...]]:
    """Arguments that the first layers would take."""
    like = next((p for p in model.parameters() if p.is_floating_point() or p.is_complex()), torch.empty(0))
    for layer in _first_layers(model):
        for shape, is_index in _candidates(layer):
            dtype = torch.int64 if is_index else like.dtype
            yield (torch.zeros(shape, dtype=dtype, device="cpu" if like.is_meta else like.device),)


def _first_layers(model: nn.Module) -> list[nn.Module]:
    """Layers that may read the model's input: the first of each kind, in the order they were registered."""
    first: dict[type[nn.Module], nn.Module] = {}
    for module in model.modules():
        kind = next((kind for kind in TAKING_NUMBERS if isinstance(module, kind)), None)
        if kind is not None:
            first.setdefault(kind, module)
    return list(first.values())


def _candidates(layer: nn.Module) -> list[tuple[tuple[int, ...], bool]]:  # noqa: PLR0911  # one line a kind
    """Shapes worth trying for a layer, likeliest first, and whether the numbers are indices."""
    if isinstance(layer, nn.Embedding):
        return [((1, 16), True)]
    if isinstance(layer, nn.Linear):
        return [(shape, False) for shape in _vector_shapes(layer.in_features)]
    if isinstance(layer, nn.RNNBase):
        return [((1, 16, layer.input_size), False)]
    if isinstance(layer, nn.Conv1d):
        return [((1, layer.in_channels, size), False) for size in (128, 1024, 16_000)]
    if isinstance(layer, nn.Conv3d):
        return [((1, layer.in_channels, 16, size, size), False) for size in (16, 32, 112)]
    if isinstance(layer, nn.Conv2d):
        sizes = PICTURE_SIZES.get(layer.in_channels, OTHER_SIZES)
        return [((1, layer.in_channels, size, size), False) for size in sizes]
    return []


def _vector_shapes(features: int) -> list[tuple[int, ...]]:
    """A vector, the square picture that flattens to it, or a sequence of such vectors."""
    side = round(features**0.5)
    picture: list[tuple[int, ...]] = [(1, 1, side, side)] if side * side == features else []
    return [(1, features), *picture, (1, 16, features)]


def _accepts(model: nn.Module, args: tuple[Any, ...]) -> bool:
    """Whether the forward takes arguments; heavy models are tried without computing first."""
    parameters = [p for p in model.parameters() if not isinstance(p, UninitializedParameter)]
    on_meta = any(p.is_meta for p in parameters)
    heavy = on_meta or sum(p.numel() for p in parameters) > HEAVY
    return (heavy and _runs(model, args, fake=True)) or (not on_meta and _runs(model, args, fake=False))


def _runs(model: nn.Module, args: tuple[Any, ...], *, fake: bool) -> bool:
    try:
        with quiet(model), contextlib.ExitStack() as stack:
            if fake:
                mode, convert = stack.enter_context(fake_parameters(model))
                stack.enter_context(mode)
                args = map_tensors(convert, args)
            model(*args)
    except Exception:  # any failure means: not these
        return False
    return True
