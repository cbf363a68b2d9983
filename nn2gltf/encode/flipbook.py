"""Another probe's clip: one whole-network flip-book, one mesh a step (ENCODING.md, Clips)."""

from __future__ import annotations

import numpy as np

from nn2gltf.encode.clips import probe_clip_name
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.geometry import FloatArray, Triangles, merge
from nn2gltf.encode.marks import bars, mark_of
from nn2gltf.encode.timing import visibility
from nn2gltf.ir.scene import Primitive


def draw_probe(drawing: Drawing, root: int, probe: int) -> None:
    """A group with one node a step.

    Geometry and texture coordinates are equal for all probes, so they are stored once.
    """
    builder, clip = drawing.builder, probe_clip_name(probe)
    group = builder.node(clip, parent=root, role="probe", hidden=True, extras={"probe": probe})
    drawing.clips.own(clip, group)
    for step in range(drawing.timing.steps):
        name = f"{clip} step {step}"
        mesh = builder.mesh(name, *_primitives(drawing, probe, step))
        node = builder.node(
            name,
            parent=group,
            role="probe_step",
            mesh=mesh,
            hidden=True,
            extras={"probe": probe, "step": step},
        )
        drawing.clips.track(clip, node, visibility(*drawing.timing.shown(step), drawing.timing.duration))


def _primitives(drawing: Drawing, probe: int, step: int) -> list[Primitive]:
    """One primitive a page, input pictures last, then the percentages."""
    by_page: dict[str, list[str]] = {}
    for layer_id in drawing.values.layers:
        by_page.setdefault(drawing.page_name(layer_id), []).append(layer_id)
    primitives: list[Primitive] = []
    for page, layer_ids in sorted(
        by_page.items(), key=lambda item: (drawing.layouts[item[0]].palette == "input", item)
    ):
        parts, uvs = _panels(drawing, layer_ids, step, primitive=len(primitives))
        if len(parts.positions) == 0:
            # A photo has no panel, and is often the only layer of its palette.
            continue
        attributes = {"POSITION": parts.positions, "TEXCOORD_0": uvs}
        material = drawing.page_materials[page, probe]
        primitives.append(Primitive(attributes=attributes, indices=parts.indices, material=material))
    return [*primitives, *_percents(drawing, probe, step)]


def _panels(
    drawing: Drawing, layer_ids: list[str], step: int, *, primitive: int
) -> tuple[Triangles, FloatArray]:
    parts, uvs, first = [], [], 0
    for layer_id in layer_ids:
        quads, uv = mark_of(drawing, layer_id).probe_quads(drawing, layer_id, step)
        count = len(quads.positions) // 4
        if count:
            drawing.facts.setdefault(layer_id, {})["probeQuads"] = [primitive, first, count]
        first += count
        parts.append(quads)
        uvs.append(uv)
    return merge(parts), np.concatenate(uvs)


def _percents(drawing: Drawing, probe: int, step: int) -> list[Primitive]:
    primitives = []
    for layer_id in drawing.values.layers:
        place = drawing.place(layer_id)
        if place.mark == "bars":
            local = bars.percents(drawing, layer_id, place, probe, step)
            world = place.world(local.attributes["POSITION"]).astype(np.float32)
            attributes = {"POSITION": world, "TEXCOORD_0": local.attributes["TEXCOORD_0"]}
            primitives.append(
                Primitive(attributes=attributes, indices=local.indices, material=local.material)
            )
    return primitives
