"""``nn2gltf.hf.Callback``; importing it needs transformers."""

from __future__ import annotations

from nn2gltf.integrations.hf import Callback

__all__ = ["Callback"]
