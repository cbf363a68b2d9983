"""Which module a node belongs to: from the exporter's metadata, or from the node's name."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from nn2gltf.sources.flat_model import FlatNode

NAME_SCOPES = "pkg.torch.onnx.name_scopes"
CLASS_HIERARCHY = "pkg.torch.onnx.class_hierarchy"
NAMESPACE = "namespace"
MODULE_STACK = "nn_module_stack"
MOST_METADATA = 65_536
"""Longer metadata is no list of scopes."""
MOST_DEPTH = 64

_ITEM = re.compile(r"'((?:[^'\\]|\\.)*)'")


@dataclass(frozen=True, kw_only=True)
class Home:
    """Where a node lives.

    Attributes:
        path: Of its module: ``layer1.0.conv1``; empty for the model itself.
        classes: Class of the module at each path around it, its own included, where the file names it.
        named: The exporter says so in metadata; a name alone is a guess.
        module: It is a module's path; else only that of a function or subgraph around the node.
    """

    path: str = ""
    classes: tuple[tuple[str, str], ...] = ()
    named: bool = False
    module: bool = False

    @property
    def type(self) -> str:
        """Class of its own module, empty if unknown."""
        return dict(self.classes).get(self.path, "")


def find_home(node: FlatNode) -> Home:
    """The module of a node; functions and subgraphs around it come first in the path."""
    found = _from_metadata(node) or _from_name(node.name)
    found = replace(found, module=bool(found.path))
    if not node.frames:
        return found
    outer = ".".join(part.strip("/").replace("/", ".") for part in node.frames[:MOST_DEPTH])
    classes = tuple((f"{outer}.{path}" if path else outer, kind) for path, kind in found.classes)
    path = f"{outer}.{found.path}" if found.path else outer
    return replace(found, path=path, classes=classes)


def _from_metadata(node: FlatNode) -> Home | None:
    scopes, classes = node.metadata.get(NAME_SCOPES, ""), node.metadata.get(CLASS_HIERARCHY, "")
    if 0 < len(scopes) <= MOST_METADATA and len(classes) <= MOST_METADATA:
        names = _ITEM.findall(scopes)[:-1]  # the last one is the operation itself
        kinds = _ITEM.findall(classes)[: len(names)]
        return _home(list(zip(names, [*kinds, *[""] * len(names)], strict=False)))
    stack = node.metadata.get(MODULE_STACK, "")
    if 0 < len(stack) <= MOST_METADATA:
        calls = [part.split(",") for part in stack.split(";")]
        return _home([(call[1].partition("@")[0], call[2]) for call in calls if len(call) == 3])
    space = node.metadata.get(NAMESPACE, "")
    if 0 < len(space) <= MOST_METADATA and ": " in space:
        pairs = [part.rpartition(": ")[::2] for part in space.split("/")][:-1]
        return _home([(name.strip(": "), kind) for name, kind in pairs])
    return None


def _home(pairs: list[tuple[str, str]]) -> Home:
    """Names are whole paths (``layer1.0``), each longer than the one before."""
    kept = [(name, kind.rpartition(".")[2]) for name, kind in pairs[:MOST_DEPTH]]
    path = kept[-1][0] if kept else ""
    return Home(path=path, classes=tuple((name, kind) for name, kind in kept if kind), named=True)


def _from_name(name: str) -> Home:
    """``/layer1/layer1.0/conv1/Conv`` is in ``layer1.0.conv1``: a part may repeat the one before it.

    >>> _from_name("/layer1/layer1.0/conv1/Conv").path
    'layer1.0.conv1'
    """
    parts = [part for part in name.split("/") if part][:-1][:MOST_DEPTH]
    steps: list[str] = []
    before = ""
    for part in parts:
        steps.append(part.removeprefix(f"{before}.") if before else part)
        before = part
    return Home(path=".".join(steps))
