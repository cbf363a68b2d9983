"""What a caller may choose about the drawing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EncodeOptions:
    """Options of :func:`nn2gltf.encode.encode_scene`.

    Attributes:
        style: Name of a style or path of a style file.
        cmap: Name of a colour map in place of the style's: ``viridis``, ``magma_r``, or one of the package cmap.
        probe: Index of the probe that the main clip shows; None takes the first one classified correctly.
        title: Text of the title plate; None takes the model's name.
        connections: Most individual connections drawn in the whole scene.
        max_animated_nodes: Probes, then steps are thinned to stay below (Blender's import slows down above 1,000).
        max_exact_values: Up to so many recorded values, pages get a second image with the low byte.
        curves: Draw loss and accuracy beside the epoch counter, in clips of up to 30 steps.
        all_probes: Write a clip for every probe, not only the main one.
    """

    style: str = "stage"
    cmap: str | None = None
    probe: int | None = None
    title: str | None = None
    connections: int = 280
    max_animated_nodes: int = 1000
    max_exact_values: int = 2_000_000
    curves: bool = True
    all_probes: bool = True
