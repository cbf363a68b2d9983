"""The zoo's tests of timm and transformers run in an environment of their own (make test-zoo), and only there."""

from __future__ import annotations

import os
from importlib.util import find_spec

ZOO = os.environ.get("NN2GLTF_ZOO") == "1"
"""Set by make test-zoo: a missing package then fails instead of going unnoticed."""

os.environ.setdefault("HF_HUB_OFFLINE", "1")

collect_ignore = [
    f"test_zoo_{package}.py" for package in ("timm", "transformers") if not ZOO and find_spec(package) is None
]
