"""What a trace of a model under ``fully_shard`` lacks: its own name, and which layer has which parameters.

The forward reads tensors that were put together for it, so a trace does not see the model's own.
"""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from nn2gltf.ir.graph import Graph, Parameter

PREFIX = "FSDP"
"""What ``fully_shard`` puts before the class name of a module."""

UNREAD = "No layer reads "
"""How a trace's note on unused parameters begins; of a sharded model it would name all of them."""


def is_sharded(model: nn.Module) -> bool:
    """Whether ``fully_shard`` was applied to a model or a part of it."""
    return any(hasattr(module, "reshard") and PREFIX in type(module).__name__ for module in model.modules())


def name_sharded(graph: Graph, model: nn.Module) -> Graph:
    """The graph with the names of the user's classes, and the parameters of each module at its layers."""
    if not is_sharded(model):
        return graph
    modules = dict(model.named_modules())
    layers = []
    for layer in graph.layers:
        path = layer.id.partition("@")[0]
        known = {parameter.name for parameter in layer.parameters}
        own = _parameters(modules[path], path) if path in modules and path else ()
        missing = tuple(parameter for parameter in own if parameter.name not in known)
        layers.append(replace(layer, op=_plain(layer.op), parameters=(*missing, *layer.parameters)))
    scopes = tuple(replace(scope, type=_plain(scope.type)) for scope in graph.scopes)
    report = tuple(line for line in graph.report if not line.startswith(UNREAD))
    return replace(
        graph,
        name=_plain(graph.name),
        layers=tuple(layers),
        scopes=scopes,
        report=(*report, "The model is sharded; parameters are shown at the layers of their modules."),
    )


def _plain(name: str) -> str:
    return name.removeprefix(PREFIX) or name


def _parameters(module: nn.Module, path: str) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            name=f"{path}.{name}",
            shape=tuple(int(size) for size in tensor.shape),
            dtype=str(tensor.dtype).removeprefix("torch."),
            trainable=True,
            shared_with=None,
        )
        for name, tensor in module.named_parameters(recurse=False)
    )
