"""PyTorch's own operators by the ONNX names that the flat model uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nn2gltf.ir.json import Json

DTYPES: dict[int, str] = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16",
}  # fmt: skip
"""Numbers of element types in torch.export's JSON."""

_TABLE: dict[str, str] = {
    "Conv": "conv1d conv2d conv3d convolution",
    "ConvTranspose": "conv_transpose1d conv_transpose2d conv_transpose3d",
    "MatMul": "matmul mm bmm",
    "MaxPool": "max_pool1d max_pool2d max_pool3d max_pool2d_with_indices adaptive_max_pool2d",
    "AveragePool": "avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d",
    "ReduceMean": "mean",
    "Relu": "relu relu_ relu6 relu6_",
    "LeakyRelu": "leaky_relu leaky_relu_", "PRelu": "prelu", "Elu": "elu elu_", "Selu": "selu selu_",
    "Sigmoid": "sigmoid sigmoid_", "HardSigmoid": "hardsigmoid hardsigmoid_", "HardSwish": "hardswish hardswish_",
    "Tanh": "tanh tanh_", "Softplus": "softplus", "Gelu": "gelu", "Swish": "silu silu_", "Mish": "mish mish_",
    "Clip": "clamp hardtanh hardtanh_",
    "Softmax": "softmax _softmax _safe_softmax", "LogSoftmax": "log_softmax _log_softmax",
    "BatchNormalization": "batch_norm _native_batch_norm_legit_no_training native_batch_norm",
    "LayerNormalization": "layer_norm native_layer_norm", "GroupNormalization": "group_norm native_group_norm",
    "InstanceNormalization": "instance_norm", "RMSNormalization": "rms_norm",
    "Dropout": "dropout dropout_ alpha_dropout feature_dropout",
    "Add": "add add_", "Mul": "mul mul_", "Sub": "sub sub_ rsub", "Div": "div div_", "Concat": "cat stack",
    "Attention": "scaled_dot_product_attention _scaled_dot_product_flash_attention_for_cpu",
    "LSTM": "lstm", "GRU": "gru", "RNN": "rnn_tanh rnn_relu",
    "Resize": "upsample_nearest2d upsample_bilinear2d upsample_bicubic2d upsample_linear1d upsample_nearest1d",
    "DepthToSpace": "pixel_shuffle",
    "Reshape": "view reshape _unsafe_view unflatten", "Flatten": "flatten", "Transpose": "transpose permute t numpy_T",
    "Squeeze": "squeeze", "Unsqueeze": "unsqueeze", "Cast": "to _to_copy type_as float", "Expand": "expand expand_as",
    "Slice": "slice select narrow getitem", "Split": "chunk split split_with_sizes unbind",
    "Identity": "clone contiguous detach alias lift_fresh_copy detach_ positive",
    "Shape": "sym_size sym_numel sym_stride",
}  # fmt: skip
_ONNX: dict[str, str] = {aten: op for op, names in _TABLE.items() for aten in names.split()}

_ORDERS: dict[str, tuple[int, ...]] = {"addmm": (1, 2, 0), "baddbmm": (1, 2, 0)}
"""Operators whose first argument is what is added."""

_SETTINGS: dict[str, str] = {
    "kernel_size": "kernel_shape",
    "stride": "strides",
    "padding": "pads",
    "dilation": "dilations",
    "groups": "group",
    "eps": "epsilon",
    "dim": "axis",
    "hidden_size": "hidden_size",
}


def operator(target: str, settings: dict[str, Json]) -> tuple[str, str, tuple[int, ...]]:
    """ONNX name, domain, and order of the arguments (empty: as they are) of ``torch.ops.aten.conv2d.default``.

    >>> operator("torch.ops.aten.relu.default", {})
    ('Relu', '', ())
    """
    parts = target.split(".")
    name = parts[3] if target.startswith("torch.ops.") and len(parts) > 3 else parts[-1]
    if name == "linear":
        settings["transB"] = 1
        return "Gemm", "", ()
    if name in ("addmm", "baddbmm"):
        return "Gemm", "", _ORDERS[name]
    if name == "embedding":
        return "Gather", "", ()
    if name in _ONNX:
        return _ONNX[name], "", ()
    return name.strip("_") or "op", "aten", ()


def plain_settings(
    op: str, settings: Mapping[str, Json], kernel: Sequence[int | None] | None
) -> dict[str, Json]:
    """Settings under their ONNX names; a convolution's kernel is read from its weights' shape."""
    found: dict[str, Json] = {_SETTINGS.get(name, name): value for name, value in settings.items()}
    if op in ("Conv", "ConvTranspose") and kernel is not None:
        found["kernel_shape"] = [n for n in kernel[2:] if n is not None]
    return found
