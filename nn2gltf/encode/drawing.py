"""What every mark needs to draw itself: the scene so far, the data, the look and the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nn2gltf.encode.builder import SceneBuilder, linear_color
from nn2gltf.encode.clips import EPOCHS, FORWARD, ClipBook
from nn2gltf.encode.pages import PageLayout, Tiles
from nn2gltf.encode.parts import PartBook
from nn2gltf.encode.plates import PlateBook
from nn2gltf.encode.style import Style
from nn2gltf.encode.timing import Timing
from nn2gltf.encode.values import SceneValues
from nn2gltf.ir.graph import Graph, Layer
from nn2gltf.ir.placement import LayerPlacement, Placement
from nn2gltf.ir.recording import Recording
from nn2gltf.ir.scene import Material


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Shared state of one scene.

    Attributes:
        main: Index of the probe that the main clip shows.
        probes: All drawn probes, the main one first.
        layouts: Page name to its layout; every probe has a page of each name.
        page_materials: (page name, probe) to the unlit material of that page.
        body_materials: (page name, probe) to the lit, partly emissive material of bodies.
        layer_nodes: Layer id to its node.
        facts: What marks want to say about a layer in the extras.
        parts: Structure in scene units, merged into one mesh a group.
    """

    builder: SceneBuilder
    clips: ClipBook
    graph: Graph
    recording: Recording
    placement: Placement
    style: Style
    values: SceneValues
    layouts: Mapping[str, PageLayout]
    plates: PlateBook
    timing: Timing
    main: int
    probes: tuple[int, ...]
    text_material: int
    page_materials: Mapping[tuple[str, int], int] = field(default_factory=dict)
    body_materials: Mapping[tuple[str, int], int] = field(default_factory=dict)
    layer_nodes: dict[str, int] = field(default_factory=dict)
    facts: dict[str, dict[str, object]] = field(default_factory=dict)
    parts: PartBook = field(default_factory=PartBook)

    @property
    def placed(self) -> list[Layer]:
        """Layers of the graph that are drawn."""
        return [layer for layer in self.graph.layers if layer.id in self.placement.layer_by_id]

    @property
    def last(self) -> int:
        """Index of the last step."""
        return self.timing.steps - 1

    @property
    def main_clip(self) -> str:
        """Name of the clip that shows the main probe: over epochs, or the forward pass of a single step."""
        return EPOCHS if self.timing.steps > 1 else FORWARD

    def place(self, layer_id: str) -> LayerPlacement:
        """A layer's placement."""
        return self.placement.layer_by_id[layer_id]

    def page_name(self, layer_id: str) -> str:
        """Name of the pages that hold a layer."""
        return next(name for name, layout in self.layouts.items() if layer_id in layout.tiles)

    def page(self, layer_id: str) -> PageLayout:
        """Layout of the pages that hold a layer."""
        return self.layouts[self.page_name(layer_id)]

    def tiles(self, layer_id: str) -> Tiles:
        """A layer's tiles."""
        return self.page(layer_id).tiles[layer_id]

    def recorded(self, layer_id: str) -> bool:
        """Whether a layer has values to show."""
        return layer_id in self.values.layers

    def page_material(self, layer_id: str, probe: int) -> int:
        """Material of a layer's page for one probe."""
        return self.page_materials[self.page_name(layer_id), probe]

    def body_material(self, layer_id: str, probe: int) -> int:
        """Material of a layer's bodies for one probe."""
        return self.body_materials[self.page_name(layer_id), probe]

    def structure(self, name: str, color: str, *, double_sided: bool = False) -> int:
        """Material of structure: unlit or matte, as the style says."""
        material = self.style.material
        return self.builder.material(
            Material(
                name=name,
                color=(*linear_color(color), 1.0),
                roughness=material.roughness,
                unlit=material.structure_unlit,
                double_sided=double_sided,
            )
        )
