"""The version, a leaf, so that every stage can say who made a file."""

VERSION = "0.1.0"
GENERATOR = f"nn2gltf {VERSION}"
"""What files name as their maker."""
