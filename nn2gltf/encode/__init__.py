"""Stage: graph, recording and placement become a scene."""

from __future__ import annotations

from nn2gltf.encode.options import EncodeOptions
from nn2gltf.encode.prepare import Prepared, prepare_scene
from nn2gltf.encode.scene import encode_scene

__all__ = ["EncodeOptions", "Prepared", "encode_scene", "prepare_scene"]
