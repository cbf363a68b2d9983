"""Ribbons in the scene: individual connections, bundles and skip arcs, one mesh an edge."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nn2gltf.encode.builder import linear_color, plain
from nn2gltf.encode.connections import (
    Connections,
    bundle_width,
    choose_connections,
    path_between,
    share_limit,
    strength_widths,
)
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.geometry import Triangles, merge, ribbon
from nn2gltf.ir.graph import Edge
from nn2gltf.ir.json import JsonObject
from nn2gltf.ir.placement import Arc, LayerPlacement
from nn2gltf.ir.scene import Material

CAMERA_AZIMUTH_FACING = np.array([-0.235, 0.242, 0.941])
"""Direction ribbons face: the hero camera's (azimuth -14, elevation 14 degrees)."""


def draw_connections(drawing: Drawing, parent: int, budget: int) -> list[JsonObject]:
    """Draw every edge of the graph; returns the edges' entries for the extras."""
    if not drawing.placement.draws_edges:
        return [_listed(edge) for edge in drawing.graph.edges]
    arcs = {(arc.source, arc.target): arc for arc in drawing.placement.arcs}
    edges = list(drawing.graph.edges)
    chosen = _choose(drawing, edges, arcs, budget)
    entries = []
    for edge, connections in zip(edges, chosen, strict=True):
        name = f"{edge.source} to {edge.target}"
        parts, colors = _edge_parts(drawing, edge, connections, arcs.get((edge.source, edge.target)))
        mesh = drawing.builder.mesh(name, plain(parts, _material(drawing), COLOR_0=colors))
        node = drawing.builder.node(
            name,
            parent=parent,
            role="connections",
            mesh=mesh,
            extras={"source": edge.source, "target": edge.target},
        )
        entries.append(_entry(drawing, edge, connections, node))
    return entries


def _choose(
    drawing: Drawing, edges: list[Edge], arcs: dict[tuple[str, str], Arc], budget: int
) -> list[Connections | None]:
    """Connections of every edge within the scene's budget; arcs and blocks have a single ribbon."""
    free = [edge for edge in edges if (edge.source, edge.target) not in arcs]
    full = {edge: _candidates(drawing, edge, limit=budget) for edge in free}
    totals = [len(found.pairs) if found else 0 for found in full.values()]
    limits = share_limit(totals, budget)
    chosen: dict[Edge, Connections | None] = {}
    for (edge, found), limit in zip(full.items(), limits, strict=True):
        chosen[edge] = _candidates(drawing, edge, limit=limit) if found and limit else None
    return [chosen.get(edge) for edge in edges]


def _candidates(drawing: Drawing, edge: Edge, *, limit: int) -> Connections | None:
    source, target = drawing.place(edge.source), drawing.place(edge.target)
    return choose_connections(drawing.recording, drawing.graph, edge, source, target, limit=limit)


def _edge_parts(
    drawing: Drawing, edge: Edge, connections: Connections | None, arc: Arc | None
) -> tuple[Triangles, npt.NDArray[np.float32]]:
    source, target = drawing.place(edge.source), drawing.place(edge.target)
    if connections is not None:
        return _weighted(drawing, source, target, connections)
    numbers = int(np.prod(edge.spec.shape[1:])) if edge.spec else source.grid.count
    path = arc.points if arc else _bundle_path(source, target)
    color = drawing.style.structure.stages[1] if arc else drawing.style.ribbon.neutral
    strip = ribbon(path, bundle_width(numbers), CAMERA_AZIMUTH_FACING)
    return strip, _solid(color, len(strip.positions))


def _bundle_path(source: LayerPlacement, target: LayerPlacement) -> npt.NDArray[np.float64]:
    start = source.world(np.array([source.grid.size[0] / 2 + 0.7, 0.0, -1.5]))
    end = target.world(np.array([-target.grid.size[0] / 2 - 0.7, 0.0, -1.5]))
    t = np.linspace(0.0, 1.0, 14)[:, None]
    ease = t * t * (3 - 2 * t)
    path: npt.NDArray[np.float64] = start + (end - start) * np.concatenate([t, ease, ease], axis=1)
    return path


def _weighted(
    drawing: Drawing, source: LayerPlacement, target: LayerPlacement, connections: Connections
) -> tuple[Triangles, npt.NDArray[np.float32]]:
    """All chosen connections of one edge, the strongest drawn last."""
    style = drawing.style.ribbon
    neutral = connections.rank == "channel"
    widths = strength_widths(connections.weights) * (0.8 if neutral else 1.0)
    parts, colors = [], []
    for (cell_from, cell_to), weight, width in reversed(
        list(zip(connections.pairs, connections.weights, widths, strict=True))
    ):
        path = path_between(source, target, int(cell_from), int(cell_to))
        strip = ribbon(path, float(width), CAMERA_AZIMUTH_FACING)
        parts.append(strip)
        color = style.neutral if neutral else style.positive if weight > 0 else style.negative
        strength = 1.0 if neutral else style.floor + (1 - style.floor) * abs(float(weight))
        colors.append(_solid(color, len(strip.positions), strength, drawing.style.background))
    return merge(parts), np.concatenate(colors)


def _solid(
    color: str, count: int, strength: float = 1.0, towards: str = "#000000"
) -> npt.NDArray[np.float32]:
    """(count, 4) one linear colour, faded towards another."""
    full, faded = np.array(linear_color(color)), np.array(linear_color(towards))
    rgb = faded + (full - faded) * strength
    return np.tile(np.array([*rgb, 1.0], np.float32), (count, 1))


def _material(drawing: Drawing) -> int:
    return drawing.builder.material(Material(name="connections", unlit=True, double_sided=True))


def _listed(edge: Edge) -> JsonObject:
    """An edge that the layout draws in its own way, or not at all."""
    entry: JsonObject = {"source": edge.source, "target": edge.target, "node": None}
    if edge.via:
        entry["via"] = list(edge.via)
    if edge.spec:
        entry["shape"] = list(edge.spec.shape)
    return entry


def _entry(drawing: Drawing, edge: Edge, connections: Connections | None, node: int) -> JsonObject:
    entry: JsonObject = {
        "source": edge.source,
        "target": edge.target,
        "node": drawing.builder.name_of(node),
        "drawn": len(connections.pairs) if connections else 1,
        "total": connections.total if connections else 1,
        "rank": connections.rank if connections else "bundle",
    }
    if edge.via:
        entry["via"] = list(edge.via)
    if edge.spec:
        entry["shape"] = list(edge.spec.shape)
    return entry
