"""``nn2gltf.lightning.Callback``; importing it needs Lightning."""

from __future__ import annotations

from nn2gltf.integrations.lightning import Callback

__all__ = ["Callback"]
