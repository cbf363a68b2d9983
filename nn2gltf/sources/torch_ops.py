"""What torch's functions and modules are: plumbing, kinds, readable names, settings worth showing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nn2gltf.ir.json import Json

QUIET = frozenset(
    "size dim stride numel ndimension is_contiguous element_size data_ptr storage_offset "
    "is_floating_point is_complex get_device __len__ untyped_storage requires_grad_ __hash__ "
    "__bool__ item tolist is_nonzero __index__ __int__ __float__ nelement register_hook is_tensor "
    "__repr__ __format__ __contains__ is_inference is_same_size __set__ has_names "
    "_has_torch_function is_signed type result_type broadcast_shapes".split()
)
"""Functions that ask about a tensor and make none."""

PLUMBING = frozenset(
    "view view_as reshape flatten unflatten transpose permute t T mT H contiguous clone detach to "
    "type_as float half double bfloat16 int long bool cpu cuda squeeze unsqueeze expand expand_as "
    "chunk split unbind __getitem__ select narrow swapaxes movedim data __get__ requires_grad_ ravel "
    "alias positive tensor_split moveaxis adjoint swapdims unsafe_chunk real resolve_conj "
    "resolve_neg".split()
)
"""Functions that pass numbers on unchanged: they fold into edges."""

LIKE_FIRST = frozenset("view_as expand_as type_as reshape_as unflatten_dense_tensors".split())
"""Functions that take only the look of their second tensor."""

NEW_TENSORS = frozenset(
    "zeros_like ones_like full_like empty_like rand_like randn_like randint_like new_zeros new_ones new_full "
    "new_empty new_tensor".split()
)
"""Functions that take only the look of their tensor: what they make depends on no number of it."""

_KINDS: dict[str, str] = {
    "conv": "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d convolution _convolution",
    "pool": "max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d "
    "adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d mean amax "
    "max_pool1d_with_indices max_pool2d_with_indices boolean_dispatch lp_pool2d",
    "linear": "linear bilinear matmul mm bmm addmm baddbmm __matmul__ __rmatmul__ einsum",
    "activation": "relu relu6 gelu silu sigmoid tanh leaky_relu elu selu celu hardtanh hardswish hardsigmoid "
    "mish softplus softsign prelu rrelu logsigmoid threshold glu hardshrink",
    "softmax": "softmax log_softmax softmin",
    "norm": "batch_norm layer_norm group_norm instance_norm rms_norm local_response_norm normalize native_batch_norm "
    "_native_batch_norm_legit_no_training native_layer_norm native_group_norm",
    "dropout": "dropout dropout1d dropout2d dropout3d alpha_dropout feature_dropout",
    "add": "add __add__ __iadd__ __radd__",
    "mul": "mul __mul__ __imul__ __rmul__",
    "concat": "cat concat concatenate stack hstack vstack",
    "embedding": "embedding embedding_bag",
    "attention": "scaled_dot_product_attention multi_head_attention_forward",
    "upsample": "interpolate upsample grid_sample pixel_shuffle",
    "recurrent": "lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell",
    "loss": "cross_entropy nll_loss mse_loss l1_loss binary_cross_entropy binary_cross_entropy_with_logits",
}
KIND_OF_FUNCTION: dict[str, str] = {name: kind for kind, names in _KINDS.items() for name in names.split()}

_NAMES: dict[str, str] = {
    "relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU", "silu": "SiLU", "sigmoid": "Sigmoid",
    "tanh": "Tanh", "leaky_relu": "LeakyReLU", "elu": "ELU", "selu": "SELU", "hardswish": "Hardswish",
    "hardsigmoid": "Hardsigmoid", "hardtanh": "Hardtanh", "mish": "Mish", "softplus": "Softplus", "glu": "GLU",
    "softmax": "Softmax", "log_softmax": "LogSoftmax", "conv1d": "Conv1d", "conv2d": "Conv2d", "conv3d": "Conv3d",
    "conv_transpose2d": "ConvTranspose2d", "linear": "Linear", "max_pool1d": "MaxPool1d", "max_pool2d": "MaxPool2d",
    "max_pool3d": "MaxPool3d", "avg_pool1d": "AvgPool1d", "avg_pool2d": "AvgPool2d",
    "adaptive_avg_pool2d": "AdaptiveAvgPool2d", "adaptive_max_pool2d": "AdaptiveMaxPool2d",
    "batch_norm": "BatchNorm", "layer_norm": "LayerNorm", "group_norm": "GroupNorm", "embedding": "Embedding",
    "scaled_dot_product_attention": "attention", "cat": "concat", "concatenate": "concat", "__matmul__": "matmul",
    "__rmatmul__": "matmul", "interpolate": "upsample",
}  # fmt: skip

_MODULE_KINDS: tuple[tuple[str, str], ...] = (
    ("MultiheadAttention", "attention"),
    ("_ConvNd", "conv"),
    ("_LazyConvXdMixin", "conv"),
    ("Linear", "linear"),
    ("Bilinear", "linear"),
    ("_BatchNorm", "norm"),
    ("_InstanceNorm", "norm"),
    ("LayerNorm", "norm"),
    ("GroupNorm", "norm"),
    ("RMSNorm", "norm"),
    ("LocalResponseNorm", "norm"),
    ("_MaxPoolNd", "pool"),
    ("_AvgPoolNd", "pool"),
    ("_AdaptiveAvgPoolNd", "pool"),
    ("_AdaptiveMaxPoolNd", "pool"),
    ("_LPPoolNd", "pool"),
    ("FractionalMaxPool2d", "pool"),
    ("Softmax", "softmax"),
    ("LogSoftmax", "softmax"),
    ("Softmax2d", "softmax"),
    ("_DropoutNd", "dropout"),
    ("Embedding", "embedding"),
    ("EmbeddingBag", "embedding"),
    ("RNNBase", "recurrent"),
    ("RNNCellBase", "recurrent"),
    ("Upsample", "upsample"),
    ("PixelShuffle", "upsample"),
    ("Flatten", "reshape"),
    ("Unflatten", "reshape"),
    ("Identity", "reshape"),
    ("_Loss", "loss"),
)

SETTINGS = tuple(
    "kernel_size stride padding dilation groups in_channels out_channels in_features out_features "
    "num_features normalized_shape num_groups eps p num_embeddings embedding_dim num_heads embed_dim "
    "input_size hidden_size num_layers bidirectional output_size scale_factor mode negative_slope".split()
)
"""Module attributes shown as settings, where they exist."""

FUNCTION_SETTINGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), ("", "kernel_size", "stride", "padding")),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), ("", "kernel_size", "stride", "padding")),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), ("", "", "", "stride", "padding", "dilation", "groups")),
    "adaptive_avg_pool2d": ("", "output_size"),
    "dropout": ("", "p"),
    "softmax": ("", "dim"),
    "cat": ("", "dim"),
}
"""Names of positional arguments worth showing, by function."""

LONGEST_INDEX = 24


def function_kind(name: str, *, weighted: bool = True) -> str:
    """Kind of a torch function that is a layer, ``op`` if it has no drawing rule.

    Args:
        weighted: It reads parameters; a product of two activations is not drawn as a linear layer.
    """
    kind = KIND_OF_FUNCTION.get(name if name.startswith("__") else name.rstrip("_"), "op")
    return "op" if kind == "linear" and not weighted else kind


def function_name(name: str) -> str:
    """What a person calls a torch function: ``relu_`` is ReLU, ``__radd__`` is add."""
    plain = name if name.startswith("__") else name.rstrip("_")
    if plain in _NAMES:
        return _NAMES[plain]
    bare = name.strip("_")
    if name.startswith("__") and len(bare) > 2 and bare[0] in "ir" and bare[1:] in _ARITHMETIC:
        return bare[1:]
    return bare or name


_ARITHMETIC = frozenset(
    ["add", "sub", "mul", "truediv", "floordiv", "pow", "mod", "matmul", "and", "or", "xor"]
)


def module_kind(module: Any) -> str:
    """Kind of a leaf module by its class and bases."""
    bases = {base.__name__ for base in type(module).__mro__}
    for name, kind in _MODULE_KINDS:
        if name in bases:
            return kind
    if type(module).__module__ == "torch.nn.modules.activation":
        return "activation"
    return "op"


def module_settings(module: Any) -> dict[str, Json]:
    """Settings of a leaf module that JSON can hold."""
    found: dict[str, Json] = {}
    own, kind = vars(module), type(module)
    for name in SETTINGS:
        if name not in own and not hasattr(kind, name):  # asking a module itself for what it lacks is slow
            continue
        value = _plain(getattr(module, name, None))
        if value is not None:
            found[name] = value
    if "bias" in getattr(module, "_parameters", {}):
        found["bias"] = module.bias is not None
    return found


def function_settings(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Json]:
    """Settings of a function call that JSON can hold."""
    names = FUNCTION_SETTINGS.get(name, ())
    given = {key: value for key, value in zip(names, args, strict=False) if key}
    given |= {key: value for key, value in kwargs.items() if key in names}
    found: dict[str, Json] = {
        key: plain for key, value in given.items() if (plain := _plain(value)) is not None
    }
    if name in ("__getitem__", "select") and len(args) > 1 and (index := _index_text(name, args[1:])):
        found["index"] = index
    if name.startswith("conv") and len(args) > 1 and "kernel_size" not in found:
        found["kernel_size"] = [int(n) for n in args[1].shape[2:]]
    if isinstance(size := found.get("kernel_size"), int):
        found["kernel_size"] = [size] * int(name[-2]) if name[-1] == "d" and name[-2].isdigit() else size
    return found


def _index_text(name: str, args: tuple[Any, ...]) -> str:
    """``[:, 0]``: what is taken of a tensor, as it is written; empty where it is long or made of tensors."""
    index = args[0] if isinstance(args[0], tuple) else (args[0],)
    if name == "select":
        if len(args) != 2 or not all(isinstance(n, int) for n in args) or args[0] < 0:
            return ""
        index = (*[slice(None)] * args[0], args[1])
    parts = []
    for item in index:
        if isinstance(item, slice):
            ends = ["" if end is None else str(end) for end in (item.start, item.stop, item.step)]
            parts.append(":".join(ends[: 3 if ends[2] else 2]))
        elif item is None or isinstance(item, int):
            parts.append(str(item))
        elif item is Ellipsis:
            parts.append("...")
        else:
            return ""
    text = f"[{', '.join(parts)}]"
    return text if len(text) <= LONGEST_INDEX else ""


def _plain(value: Any) -> Json:
    """JSON form of a setting, None if it has none."""
    if isinstance(value, bool | int | float | str):
        return value
    if (
        isinstance(value, tuple | list)
        and len(value) < 9
        and all(isinstance(v, bool | int | float) for v in value)
    ):
        return list(value)
    return None


def changes_argument(name: str, kwargs: Mapping[str, Any]) -> bool:
    """Whether a function writes into ``out`` or its first argument, by its name and arguments."""
    if name == "__setitem__" or bool(kwargs.get("inplace")) or kwargs.get("out") is not None:
        return True
    if name.startswith("__i") and name.endswith("__"):
        return name not in ("__invert__", "__int__", "__index__")
    return name.endswith("_") and not name.endswith("__")
