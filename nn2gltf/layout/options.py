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
        detail: Things that a flow draws at most: more opens more modules.
        most_cards: Folded blocks of one stage drawn as cards at most.
        most_texels: Texels of all steps' tiles at most, 0 for one full page of 4096 x 4096.
        has_values: Whether there is anything recorded to show; bars without values would be empty.
    """

    layout: str = "auto"
    max_units: int = 512
    max_bars: int = 20
    has_values: bool = True
    detail: int = 84
    most_cards: int = 40
    most_texels: int = 0
