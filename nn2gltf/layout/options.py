"""What a caller may choose about a layout."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LayoutOptions:
    """Options of :func:`nn2gltf.layout.place_graph`.

    Attributes:
        layout: Name of a layout, or ``auto``.
        max_units: Widest vector drawn as bodies in 3D; a wider one becomes a mosaic.
        max_bars: Most classes drawn as bars with names.
    """

    layout: str = "auto"
    max_units: int = 512
    max_bars: int = 20
