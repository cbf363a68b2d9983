"""``python -m nn2gltf``."""

from __future__ import annotations

import sys

from nn2gltf.cli import program

if __name__ == "__main__":
    sys.exit(program())
