"""Modules and groups of a file of weights alone, by the hierarchy of names, equal groups folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nn2gltf.errors import safe
from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.layout.stages import common_parts

MOST_MODULES = 40
"""More modules than this, and groups of equal shapes are folded to their first and last."""
FOLD_AT = 4
"""Fewer equal groups are never folded."""


@dataclass(frozen=True, kw_only=True)
class Module:
    """The tensors of one module, and of the batch norm after it.

    Attributes:
        path: Of the module.
        plates: Tensors of two or more axes, in the file's order.
        strips: Vectors and single numbers.
        norm: Name of the batch norm that stands with it, empty for none.
    """

    path: str
    plates: tuple[Layer, ...]
    strips: tuple[Layer, ...]
    norm: str = ""

    @property
    def tensors(self) -> tuple[Layer, ...]:
        """All of them."""
        return (*self.plates, *self.strips)

    @property
    def op(self) -> str:
        """Class of the module, as far as it is known."""
        return "" if self.tensors[0].op == "parameters" else self.tensors[0].op

    @property
    def parameters(self) -> int:
        """Trainable parameters."""
        return sum(layer.parameter_count for layer in self.tensors)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Modules that stand together: a block, or one module by itself.

    Attributes:
        path: Common to its modules.
        type: Class of the block, empty where the file does not say.
        folded: Equal groups before it that are not drawn.
    """

    path: str
    modules: tuple[Module, ...]
    type: str = ""
    folded: int = 0

    @property
    def shapes(self) -> tuple[object, ...]:
        """What makes two groups equal."""
        return tuple(
            (layer.id.removeprefix(self.path), layer.outputs[0].shape)
            for module in self.modules
            for layer in module.tensors
        )

    @property
    def parameters(self) -> int:
        """Trainable parameters."""
        return sum(module.parameters for module in self.modules)


def read_groups(graph: Graph) -> list[Group]:
    """Groups of a graph of tensors; of many, equal ones in a row are folded to the first and the last."""
    groups = _groups(graph)
    if sum(len(group.modules) for group in groups) <= MOST_MODULES:
        return groups
    kept: list[Group] = []
    for run in _runs(groups):
        if len(run) < FOLD_AT:
            kept += run
        else:
            last = run[-1]
            rest = Group(path=last.path, modules=last.modules, type=last.type, folded=len(run) - 2)
            kept += [run[0], rest]
    return kept


def module_name(group: Group, module: Module) -> str:
    """What a label shows: the path inside the group, or the tensor's name where a group has it itself."""
    inner = module.path.removeprefix(group.path).lstrip(".")
    own = module.tensors[0].name if len(module.tensors) == 1 else "own parameters"
    return safe(inner or (module.path.rpartition(".")[2] if module.op else own), limit=30)


def shape_text(layer: Layer) -> str:
    """``16×8×5×5``."""
    return "×".join(str(n) for n in layer.parameters[0].shape)


def _groups(graph: Graph) -> list[Group]:
    modules: dict[str, list[Layer]] = {}
    for layer in graph.layers:
        modules.setdefault(layer.scope, []).append(layer)
    depth = _wrapping(list(modules))
    types = {scope.path: scope.type for scope in graph.scopes}
    groups: list[tuple[str, list[Module]]] = []
    for path, layers in modules.items():
        module = Module(
            path=path,
            plates=tuple(layer for layer in layers if not _is_strip(layer)),
            strips=tuple(layer for layer in layers if _is_strip(layer)),
        )
        key = _key(path, depth)
        if groups and _is_norm_of(module, groups[-1][1][-1]):
            before = groups[-1][1][-1]
            strips = (*before.strips, *module.strips)
            name = path.rpartition(".")[2]
            norm = "batch norm" if name.isdecimal() else safe(name, limit=20)
            groups[-1][1][-1] = replace(before, strips=strips, norm=norm)
        elif groups and groups[-1][0] == key:
            groups[-1][1].append(module)
        else:
            groups.append((key, [module]))
    return [
        Group(
            path=path,
            modules=tuple(found),
            type=types.get(path, "") if len(found) > 1 or found[0].path != path else "",
        )
        for path, found in groups
    ]


def _is_norm_of(norm: Module, module: Module) -> bool:
    """Whether a batch norm has the channels of the module before it, whose neighbour it is by name."""
    siblings = norm.path.rpartition(".")[0] == module.path.rpartition(".")[0]
    first = module.plates[0].parameters[0].shape if module.plates else ()
    wide = {layer.parameters[0].shape for layer in norm.strips}
    return siblings and norm.op.startswith("BatchNorm") and not module.norm and wide == {first[:1]}


def _is_strip(layer: Layer) -> bool:
    return sum(n > 1 for n in layer.parameters[0].shape) < 2


def _wrapping(paths: Sequence[str]) -> int:
    """Parts that all paths begin with: ``model`` of a wrapper says nothing."""
    split = [path.split(".") for path in paths if path]
    if not split:
        return 0
    return min(len(common_parts(split)), min(len(parts) for parts in split) - 1)


def _key(path: str, depth: int) -> str:
    """Up to the first number of a list of blocks, else the outermost part."""
    parts = path.split(".")
    inner = parts[depth:]
    number = next((index for index, part in enumerate(inner) if part.isdecimal()), None)
    if number is None or (number == 0 and len(inner) == 1):
        return ".".join(parts[: depth + 1])
    return ".".join(parts[: depth + number + 1])


def _runs(groups: Sequence[Group]) -> list[list[Group]]:
    runs: list[list[Group]] = []
    for group in groups:
        if runs and len(group.modules) > 1 and runs[-1][-1].shapes == group.shapes:
            runs[-1].append(group)
        else:
            runs.append([group])
    return runs
