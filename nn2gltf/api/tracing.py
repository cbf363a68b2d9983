"""Tracing: a model becomes a graph."""

from __future__ import annotations

from typing import Any

from nn2gltf.ir.graph import Graph


def trace(model: Any, *args: Any, **kwargs: Any) -> Graph:
    """Trace a live model: every layer, functional operation, shape and edge of one forward pass.

    Args:
        model: An ``nn.Module``; compiled and data-parallel wrappers are looked through. Its weights, flags,
            hooks and the random state stay as they are.
        args, kwargs: What its forward takes. Without any, an input is inferred from the model itself.

    Returns:
        The graph: ``print`` it, or take ``graph.to_json()``.

    Raises:
        InputDataError: Nothing was given and no input can be inferred.

    >>> from torch import nn
    >>> print(trace(nn.Sequential(nn.Linear(4, 3), nn.ReLU())))  # doctest: +NORMALIZE_WHITESPACE
    Sequential: 3 layers, 15 parameters
      input                        input                        1x4
      0                            Linear                       1x3                          15
      1                            ReLU                         1x3
    """
    from nn2gltf.sources.torch_inputs import infer_inputs
    from nn2gltf.sources.torch_trace import TraceOptions, trace_torch

    if args or kwargs:
        return trace_torch(model, args, kwargs)
    return trace_torch(model, infer_inputs(model), options=TraceOptions(data=False))
