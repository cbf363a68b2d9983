"""What ONNX's operators are: plumbing, kinds, the names people know from torch, and settings worth showing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nn2gltf.ir.json import Json

OWN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"})

PLUMBING = frozenset(
    "Identity Reshape Flatten Transpose Squeeze Unsqueeze Cast CastLike Expand Slice Split SplitToSequence "
    "SequenceAt SequenceConstruct SequenceInsert SequenceErase ConcatFromSequence Optional OptionalGetElement "
    "BitCast".split()
)
"""Operators that pass numbers on unchanged: they fold into edges."""

ASKING = frozenset("Shape Size SequenceLength OptionalHasElement".split())
"""Operators that ask about a tensor: what follows from them is computed from shapes, not from data."""

MAKING = frozenset("Constant ConstantOfShape Range RandomNormal RandomUniform EyeLike".split())
"""Operators that make a tensor from nothing."""

_KINDS: dict[str, str] = {
    "conv": "Conv ConvTranspose ConvInteger QLinearConv DeformConv FusedConv NhwcConv CausalConvWithState",
    "pool": "MaxPool AveragePool LpPool GlobalMaxPool GlobalAveragePool GlobalLpPool MaxRoiPool RoiAlign ReduceMean",
    "linear": "Gemm MatMul MatMulInteger QLinearMatMul FusedMatMul FusedGemm QGemm MatMulNBits LinearRegressor "
    "LinearClassifier",
    "activation": "Relu LeakyRelu PRelu Elu Selu Celu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Gelu Swish "
    "Mish ThresholdedRelu Shrink Clip FastGelu QuickGelu BiasGelu",
    "softmax": "Softmax LogSoftmax Hardmax",
    "norm": "BatchNormalization InstanceNormalization LayerNormalization GroupNormalization RMSNormalization LRN "
    "LpNormalization MeanVarianceNormalization SimplifiedLayerNormalization SkipLayerNormalization "
    "SkipSimplifiedLayerNormalization Normalizer Scaler",
    "dropout": "Dropout",
    "add": "Add Sum",
    "mul": "Mul",
    "concat": "Concat",
    "embedding": "EmbedLayerNormalization",
    "attention": "Attention MultiHeadAttention GroupQueryAttention LinearAttention FlexAttention",
    "recurrent": "LSTM GRU RNN",
    "upsample": "Resize Upsample DepthToSpace GridSample",
    "loss": "SoftmaxCrossEntropyLoss NegativeLogLikelihoodLoss",
}
KIND_OF_OP: dict[str, str] = {op: kind for kind, ops in _KINDS.items() for op in ops.split()}

_NAMES: dict[str, str] = {
    "Gemm": "Linear", "BatchNormalization": "BatchNorm", "LayerNormalization": "LayerNorm",
    "InstanceNormalization": "InstanceNorm", "GroupNormalization": "GroupNorm", "RMSNormalization": "RMSNorm",
    "GlobalAveragePool": "GlobalAvgPool", "AveragePool": "AvgPool", "Relu": "ReLU", "LeakyRelu": "LeakyReLU",
    "PRelu": "PReLU", "Elu": "ELU", "Selu": "SELU", "Celu": "CELU", "Gelu": "GELU", "Swish": "SiLU",
    "HardSwish": "Hardswish", "HardSigmoid": "Hardsigmoid", "Add": "add", "Sum": "add", "Mul": "mul", "Sub": "sub",
    "Div": "div", "Concat": "concat", "MatMul": "matmul", "ReduceMean": "mean",
}  # fmt: skip

_WITH_RANK = {
    "Conv": "Conv",
    "ConvTranspose": "ConvTranspose",
    "MaxPool": "MaxPool",
    "AveragePool": "AvgPool",
}
"""Operators that torch names by the number of their spatial axes."""

_SETTINGS: dict[str, str] = {
    "kernel_shape": "kernel_size",
    "strides": "stride",
    "pads": "padding",
    "dilations": "dilation",
    "group": "groups",
    "epsilon": "eps",
    "hidden_size": "hidden_size",
    "num_heads": "num_heads",
    "axis": "dim",
    "perm": "perm",
    "alpha": "alpha",
    "mode": "mode",
    "direction": "direction",
}


def op_kind(op: str, domain: str, *, weighted: bool) -> str:
    """Kind of an operator, ``op`` for one without a drawing rule.

    Args:
        weighted: It reads parameters; a product of two activations is not drawn as a linear layer.
    """
    kind = KIND_OF_OP.get(op, "op") if domain in OWN_DOMAINS or domain == "com.microsoft" else "op"
    if op == "Gather" and weighted:
        return "embedding"
    return "op" if kind == "linear" and not weighted else kind


def op_name(op: str, kind: str, rank: int | None, *, weighted: bool) -> str:
    """What a person calls an operator: ``Conv2d``, ``ReLU``, ``Linear``.

    Args:
        rank: Axes of its output, None if unknown.
    """
    if op in _WITH_RANK and rank is not None and 3 <= rank <= 5:
        return f"{_WITH_RANK[op]}{rank - 2}d"
    if op == "Gather" and kind == "embedding":
        return "Embedding"
    if op == "MatMul" and weighted:
        return "Linear"
    return _NAMES.get(op, op)


def shown_settings(op: str, settings: Mapping[str, Json]) -> dict[str, Json]:
    """Settings under the names that torch gives them."""
    found = {_SETTINGS[name]: value for name, value in settings.items() if name in _SETTINGS}
    if op == "Gemm":
        found.pop("alpha", None)
    return found


def leaf_name(ops: Sequence[str]) -> tuple[str, str] | None:
    """What several operators of one module are together: name and kind; None when nothing is known.

    Older opsets have no operator for these, so exporters write them out.
    """
    kinds = set(ops)
    for needed, only, name, kind in _WRITTEN_OUT:
        if needed <= kinds and (not only or kinds == needed):
            return name, kind
    return None


_WRITTEN_OUT: tuple[tuple[frozenset[str], bool, str, str], ...] = (
    (frozenset({"ReduceMean", "Sub", "Pow", "Sqrt", "Div"}), False, "LayerNorm", "norm"),
    (frozenset({"ReduceMean", "Pow", "Sqrt"}), False, "RMSNorm", "norm"),
    (frozenset({"Erf"}), False, "GELU", "activation"),
    (frozenset({"Tanh", "Mul", "Add", "Pow"}), True, "GELU", "activation"),
    (frozenset({"Sigmoid", "Mul"}), True, "SiLU", "activation"),
    (frozenset({"HardSigmoid", "Mul"}), True, "Hardswish", "activation"),
    (frozenset({"Softplus", "Tanh", "Mul"}), True, "Mish", "activation"),
    (frozenset({"MatMul", "Add"}), True, "Linear", "linear"),
)
"""Operators, whether there are no others, and what they are."""

_CLASS_KINDS: tuple[tuple[str, str], ...] = (
    ("Attention", "attention"),
    ("Conv", "conv"),
    ("Linear", "linear"),
    ("Norm", "norm"),
    ("Pool", "pool"),
    ("Softmax", "softmax"),
    ("Dropout", "dropout"),
    ("Embedding", "embedding"),
    ("LSTM", "recurrent"),
    ("GRU", "recurrent"),
    ("RNN", "recurrent"),
    ("Upsample", "upsample"),
    ("ReLU", "activation"),
    ("GELU", "activation"),
    ("SiLU", "activation"),
    ("Sigmoid", "activation"),
    ("Tanh", "activation"),
    ("Hardswish", "activation"),
    ("Mish", "activation"),
    ("ELU", "activation"),
)
"""Ends of the class names of single layers to their kinds."""


def class_kind(name: str) -> str:
    """Kind of a module by its class's name, empty for one that says nothing.

    >>> class_kind("BatchNorm2d"), class_kind("Net")
    ('norm', '')
    """
    plain = name.rstrip("0123456789d")
    return next((kind for ending, kind in _CLASS_KINDS if plain.endswith(ending)), "")
