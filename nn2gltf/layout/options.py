"""What a caller may choose about a layout."""

from __future__ import annotations

from dataclasses import dataclass

BYTES_PER_TEXEL = 0.9
"""Of a compressed page of random activations (measured: 8.5 MB for 10 million texels of ResNet-50)."""


@dataclass(frozen=True, kw_only=True)
class LayoutOptions:
    """Options of :func:`nn2gltf.layout.place_graph`.

    Attributes:
        layout: Name of a layout, or ``auto``.
        max_units: Widest vector drawn as bodies in 3D; a wider one becomes a mosaic.
        max_bars: Most classes drawn as bars with names.
        detail: Things that a flow draws at most: more opens more modules.
        most_cards: Folded blocks of one stage drawn as cards at most.
        max_mb: Megabytes that the tiles of slabs may take, of all steps of one probe; maps are pooled until they fit.
        classifier: Whether the recording names or labels classes, so that a wide output can be told from an embedding.
        has_values: Whether there is anything recorded to show; bars without values would be empty.
    """

    layout: str = "auto"
    max_units: int = 512
    max_bars: int = 20
    has_values: bool = True
    detail: int = 84
    most_cards: int = 40
    max_mb: float | None = None
    classifier: bool = False

    @property
    def most_texels(self) -> int:
        """Texels of the tiles at most, 0 for one full page of 4096 x 4096."""
        return int(self.max_mb * 1e6 / BYTES_PER_TEXEL) if self.max_mb else 0
