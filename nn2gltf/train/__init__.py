"""Data sets, small models and the built-in training loop.

The models by name, loaded when used; packages add theirs with an entry point in the group
``nn2gltf.train`` (name = "package.module:factory").
"""

from __future__ import annotations

MODELS: dict[str, str] = {
    "mlp": "nn2gltf.train.models:MLP",
    "mlp-deep": "nn2gltf.train.models:DeepMLP",
    "lenet": "nn2gltf.train.models:LeNet",
    "resnet": "nn2gltf.train.models:ResNet",
}
"""Name to ``module:factory``; a factory takes ``classes``, the number of outputs."""

DATA_NAMES = ("auto", "mnist", "fashion-mnist", "kmnist", "digits")
"""Names that ``load_dataset`` knows, besides folders."""
