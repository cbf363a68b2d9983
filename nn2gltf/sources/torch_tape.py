"""The tape: every torch function that ran, the module call it ran in, and whose outputs it read.

Edges are found by identity (:mod:`nn2gltf.sources.torch_marks`). What an input, or a module with parameters, reaches is
live; everything else (masks, position ids, a weight times a mask) is preparation of whoever reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import nn

from nn2gltf.ir.graph import TensorSpec
from nn2gltf.ir.json import Json
from nn2gltf.sources.torch_flops import count_flops
from nn2gltf.sources.torch_marks import Marks, Origin
from nn2gltf.sources.torch_ops import LIKE_FIRST, NEW_TENSORS, PLUMBING, function_settings
from nn2gltf.sources.torch_program import Program
from nn2gltf.sources.torch_tensors import iterate_tensors, tensor_spec
from nn2gltf.sources.user_line import find_user_line

NO_CALL = -1


@dataclass
class Op:
    """One function call, or a tensor that came from outside.

    Attributes:
        call: Index of the module call it ran in.
        inputs: What it read, in argument order.
        live: An input of the model reaches it.
        plumbing: It passes one tensor's numbers on unchanged.
        weights: Parameters that a preparation was made of.
    """

    index: int
    name: str
    kind: Literal["op", "input", "constant", "parameter"]
    call: int
    inputs: list[Origin] = field(default_factory=list)
    outputs: list[TensorSpec] = field(default_factory=list)
    live: bool = False
    plumbing: bool = False
    weights: tuple[str, ...] = ()
    settings: dict[str, Json] = field(default_factory=dict)
    flops: int | None = None
    source: str | None = None


@dataclass
class Call:
    """One call of one module.

    Attributes:
        path: Its qualified name; ``scope/Class`` for a module that the model does not hold.
        held: The model holds it.
        parent: Index of the call it ran in.
        number: 1 for the first call of this path.
        outputs: What it returned.
        whole: Modules inside are part of it: a parametrised module computes its weight in them.
    """

    index: int
    path: str
    scope: str
    module: Any
    held: bool
    parent: int
    number: int
    whole: bool
    source: str | None
    outputs: list[Origin] = field(default_factory=list)


@dataclass
class Budget:
    """Most that a run may make and do; what is left counts down."""

    bytes: int
    flops: int

    def spend(self, op: Op, made: torch.Tensor) -> None:
        """Count one function call.

        Raises:
            OverBudgetError: Nothing is left.
        """
        self.bytes -= 0 if op.plumbing else made.numel() * made.element_size()
        self.flops -= op.flops or 0
        if self.bytes < 0:
            raise OverBudgetError("the activations are too large")
        if self.flops < 0:
            raise OverBudgetError("there is too much to compute")


class OverBudgetError(BaseException):
    """Breaks a run off; no ``except Exception`` of a user's forward may swallow it."""


class Tape:
    """Everything that one forward pass did.

    Args:
        keep_values: Also keep a copy of every layer's first output.
        budget: Most that the run may make and do.
        program: Also gets every call, so that they can run again.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        keep_values: bool = False,
        budget: Budget | None = None,
        program: Program | None = None,
    ) -> None:
        self.ops: list[Op] = []
        self.calls: list[Call] = []
        self.values: dict[int, torch.Tensor] = {}
        self.call_values: dict[int, torch.Tensor] = {}
        self.outputs: list[Origin] = []
        self.inner_calls: set[int] = set()
        self.muted = 0
        self._keep = keep_values
        self._budget, self._program = budget, program
        self._marks = Marks()
        self._stack = [NO_CALL]
        self._times: dict[str, int] = {}
        self._paths: dict[int, str] = {}
        self._names: dict[int, str] = {}
        self._parameter_ops: dict[str, Op] = {}
        self._alive: list[torch.Tensor] = []
        for path, module in model.named_modules(remove_duplicate=False):
            self._paths.setdefault(id(module), path)
        for name, tensor in named_tensors(model):
            self._names.setdefault(id(tensor), name)
            self._alive.append(tensor)
        self._trainable = {name for name, _ in model.named_parameters(remove_duplicate=False)}

    def add_input(self, tensor: torch.Tensor, name: str = "input") -> None:
        """Note a tensor that the caller gave, and its argument's name."""
        if self._marks.read(tensor) is None:
            op = self._append(name, "input", [tensor])
            op.live = True
            self._keep_value(op, tensor)

    def enter(self, module: nn.Module) -> Call:
        """Begin a module call."""
        parent = self._stack[-1]
        around = self.calls[parent] if parent != NO_CALL else None
        if around is not None and around.whole:
            self._stack.append(parent)
            return around
        path = self._paths.get(id(module))
        held = path is not None
        outer = around.path if around is not None else ""
        if path is None:
            path = f"{outer}/{type(module).__name__}" if outer else type(module).__name__
        self._times[path] = number = self._times.get(path, 0) + 1
        scope = path.rpartition(".")[0] if held else outer
        whole = hasattr(module, "parametrizations")
        call = Call(
            len(self.calls), path, scope, module, held, parent, number, whole=whole, source=find_user_line()
        )
        self.calls.append(call)
        self.inner_calls.add(parent)
        self._stack.append(call.index)
        return call

    def leave(self, call: Call, result: Any) -> None:
        """End a module call."""
        self._stack.pop()
        if self._stack[-1] == call.index:
            return
        tensors = list(iterate_tensors(result))
        call.outputs = [origin for tensor in tensors if (origin := self._marks.read(tensor)) is not None]
        if call.index in self.inner_calls:
            return
        inside = self._ops_of_last(call)
        if any(op.weights and self._trainable & set(op.weights) for op in self._readings(inside)):
            # a table of positions may be read by an index alone: then that is what the module does
            only_plumbing = all(op.plumbing for op in inside)
            for op in inside:
                op.live, op.plumbing, op.weights = True, op.plumbing and not only_plumbing, ()
        if self._keep:
            for op in inside:
                self.values.pop(op.index, None)
            if tensors:
                self.call_values[call.index] = tensors[0].detach().clone()

    def abandon(self, call: Call) -> None:
        """End a module call that raised."""
        if call.index in self._stack:
            del self._stack[self._stack.index(call.index) :]

    def finish(self, result: Any) -> None:
        """Note what the model returned."""
        if self._program is not None:
            self._program.results = [self._marks.read(tensor) for tensor in iterate_tensors(result)]
        for tensor in iterate_tensors(result):
            origin = self._marks.read(tensor)
            if origin is not None and origin not in self.outputs:
                self.outputs.append(origin)

    def close(self) -> None:
        """Take all marks off the tensors."""
        self._marks.clear()
        self._alive.clear()

    def record(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        result: Any,
        written: list[torch.Tensor],
        function: Any,
    ) -> None:
        """Add a function call, unless it made no tensor or gave back its own argument.

        Args:
            written: Arguments that it changed in place.
        """
        inputs = [] if name in NEW_TENSORS else list(iterate_tensors((args, kwargs)))
        changed = {id(tensor) for tensor in written}
        old = {id(tensor) for tensor in inputs} - changed
        made = [tensor for tensor in iterate_tensors(result) if id(tensor) not in old]
        made += [tensor for tensor in written if id(tensor) not in {id(t) for t in made}]
        if not made:
            return
        readings = [self._origins(tensor) for tensor in (inputs[:1] if name in LIKE_FIRST else inputs)]
        outputs = made[:1] + [tensor for tensor in made[1:] if id(tensor) not in changed]
        stored = (
            None
            if self._program is None
            else self._program.refer(args, kwargs, lambda tensor: self._origins(tensor)[0])
        )
        op = self._append(name, "op", outputs)
        if self._program is not None:
            self._program.add(op.index, function, stored, (args, kwargs), result, outputs)
        op.inputs = list(dict.fromkeys(origin for reading in readings for origin in reading))
        self._classify(op, {reading[0] for reading in readings})
        op.settings = function_settings(name, args, kwargs)
        op.flops = count_flops(name, args, made[0])
        op.source = find_user_line()
        for tensor in written:
            self._marks.put_written(tensor, (op.index, 0))
        self._keep_value(op, made[0])
        if self._budget is not None:
            self._budget.spend(op, made[0])

    def carry(self, source: torch.Tensor, target: torch.Tensor) -> None:
        """Give one tensor another's origin: vmap wraps and unwraps tensors out of torch's sight."""
        if self._program is not None:
            self._program.obstacle = "vmap runs functions on tensors that exist nowhere else"
        self._marks.put(target, self._origins(source)[0])

    def _classify(self, op: Op, tensors: set[Origin]) -> None:
        """Whether an op is live, plumbing (one live tensor at most), or a preparation made of parameters."""
        readings = [self.ops[index] for index, _ in op.inputs]
        weights = tuple(dict.fromkeys(name for r in readings if not r.live for name in r.weights))
        op.live = any(reading.live for reading in readings)
        op.weights = () if op.live else weights
        sources = sum(self.ops[index].live for index, _ in tensors) + bool(weights)
        op.plumbing = op.name in PLUMBING and sources <= 1

    def _origins(self, tensor: torch.Tensor) -> list[Origin]:
        """Where a tensor came from, and who wrote it through another view since."""
        origin = self._marks.read(tensor) or self._outside(tensor)
        later = self._marks.read_written(tensor, origin[0])
        return [origin] if later is None else [origin, later]

    def _outside(self, tensor: torch.Tensor) -> Origin:
        """A parameter, or a tensor that no function of this run made."""
        name = self._names.get(id(tensor))
        if name is None:
            op = self._append("constant", "constant", [tensor])
            if self._program is not None:
                self._program.constants[op.index, 0] = tensor.detach().clone()
            return (op.index, 0)
        if name not in self._parameter_ops:
            op = Op(len(self.ops), name, "parameter", self._stack[-1], weights=(name,))
            self.ops.append(op)
            self._parameter_ops[name] = op
        return (self._parameter_ops[name].index, 0)

    def _append(self, name: str, kind: Literal["op", "input", "constant"], outputs: list[torch.Tensor]) -> Op:
        op = Op(len(self.ops), name, kind, self._stack[-1])
        self.ops.append(op)
        for index, tensor in enumerate(outputs):
            op.outputs.append(tensor_spec(tensor))
            self._marks.put(tensor, (op.index, index))
        return op

    def _keep_value(self, op: Op, tensor: torch.Tensor) -> None:
        if self._keep and op.live and not op.plumbing:
            self.values[op.index] = tensor.detach().clone()

    def _ops_of_last(self, call: Call) -> list[Op]:
        """Ops of a call that has just ended and had no calls inside: the newest ones."""
        found: list[Op] = []
        for op in reversed(self.ops):
            if op.call != call.index:
                break
            if op.kind == "op":
                found.append(op)
        return found[::-1]

    def _readings(self, ops: list[Op]) -> list[Op]:
        return [self.ops[index] for op in ops for index, _ in op.inputs]


def named_tensors(model: nn.Module) -> list[tuple[str, torch.Tensor]]:
    """Parameters and buffers by every name they have."""
    buffers = [(n, b) for n, b in model.named_buffers(remove_duplicate=False) if b is not None]
    return [*model.named_parameters(remove_duplicate=False), *buffers]
