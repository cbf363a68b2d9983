"""Stage: a graph, its recording and its placement become a scene."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from nn2gltf.encode.builder import SceneBuilder, place_rotation
from nn2gltf.encode.clips import EPOCHS, FORWARD, ClipBook, probe_clip_name
from nn2gltf.encode.colormap import palette
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.extras import encode_extras
from nn2gltf.encode.flipbook import draw_probe
from nn2gltf.encode.floor import draw_floor
from nn2gltf.encode.furniture import draw_furniture
from nn2gltf.encode.joints import draw_joints
from nn2gltf.encode.marks import mark_of
from nn2gltf.encode.pages import encode_pages, layout_pages
from nn2gltf.encode.plan import Plan
from nn2gltf.encode.png import write_pngs
from nn2gltf.encode.prepare import Prepared
from nn2gltf.encode.ribbons import draw_connections
from nn2gltf.encode.signs import draw_counter, draw_signs
from nn2gltf.encode.timing import Timing
from nn2gltf.encode.values import SceneValues
from nn2gltf.ir.placement import LayerPlacement, Placement
from nn2gltf.ir.scene import Camera, Material, Scene, Vector3
from nn2gltf.ir.tensor_picture import are_weights

FORWARD_SECONDS = 8.0
"""The forward pass takes at most so long to cross the network."""


def encode_scene(
    prepared: Prepared, placement: Placement, *, made_with: Mapping[str, object] | None = None
) -> Scene:
    """Draw a placed graph with its recorded values.

    Args:
        prepared: From :func:`prepare_scene`.
        placement: Made with ``prepared.plates.sizes``.
        made_with: Options of the other stages, for the extras.

    Raises:
        LimitError: More values than pages can hold.
    """
    drawing = _start(prepared, placement)
    root = _draw_tree(drawing)
    edges = draw_connections(drawing, root, prepared.options.connections)
    draw_joints(drawing, root)
    draw_furniture(drawing)
    draw_floor(drawing, root)
    _draw_clips(drawing, root)
    draw_signs(drawing, root)
    draw_counter(drawing, root)
    camera_node, camera = _camera(drawing)
    extras = encode_extras(drawing, prepared, edges=edges, made_with=made_with or {})
    return drawing.builder.scene(
        prepared.graph.name, (root, camera_node), drawing.clips.finish(), cameras=(camera,), extras=extras
    )


def _start(prepared: Prepared, placement: Placement) -> Drawing:
    recording, graph, plan, style = prepared.recording, prepared.graph, prepared.plan, prepared.style
    builder, clips = SceneBuilder(), ClipBook()
    plates = prepared.plates.with_signs(placement, style)
    values = SceneValues(recording, graph, placement, plan.steps, prepared.ranges)
    layouts = layout_pages(values.tiled, len(plan.steps))
    timing = Timing(steps=len(plan.steps))
    computed = not are_weights(graph.layers)
    _open_clips(clips, len(placement.layers), timing, plan, animated=bool(values.layers), computed=computed)
    atlas = builder.texture(builder.image("text", plates.png), smooth=True)
    drawing = Drawing(
        builder=builder,
        clips=clips,
        graph=graph,
        recording=recording,
        placement=placement,
        style=style,
        values=values,
        layouts=layouts,
        plates=plates,
        timing=timing,
        main=plan.main,
        probes=plan.probes,
        text_material=builder.material(Material(name="text", texture=atlas, unlit=True)),
        page_materials={},
        body_materials={},
    )
    _add_pages(drawing, plan)
    return drawing


def _open_clips(
    clips: ClipBook, layers: int, timing: Timing, plan: Plan, *, animated: bool, computed: bool
) -> None:
    """Clips over the steps and of the forward pass; weights alone are passed by nothing."""
    if not animated or (timing.steps == 1 and not computed):
        return
    pause = min(1.0, FORWARD_SECONDS / max(1, layers))
    length = pause * (layers + 1) + 0.6
    if timing.steps > 1:
        clips.open(EPOCHS, kind="epochs", duration=timing.duration, probe=plan.main)
    else:
        clips.open(FORWARD, kind="forward", duration=length, probe=plan.main)
    for probe in plan.probes[1:]:
        clips.open(probe_clip_name(probe), kind="probe", duration=timing.duration, probe=probe)
    if timing.steps > 1 and computed:
        clips.open(FORWARD, kind="forward", duration=length, probe=plan.main)


def _add_pages(drawing: Drawing, plan: Plan) -> None:
    """Images, textures and materials of every page; low-byte images belong to no texture."""
    builder, look = drawing.builder, drawing.style.material
    pages = encode_pages(drawing.values, drawing.layouts, drawing.probes, exact=plan.exact)
    colors = {kind: palette(drawing.style, kind) for kind in ("sequential", "diverging", "input")}
    bodies = {drawing.page_name(p.id) for p in drawing.placement.layers if _has_bodies(drawing, p)}
    for page, probe, codes, remainders in write_pngs(pages, drawing.layouts, colors):
        name, layout = f"{page} probe {probe}", drawing.layouts[page]
        image = builder.image(name, codes)
        texture = builder.texture(image, mipmaps=layout.mipmaps)
        if remainders is not None:
            builder.image(f"{name} low", remainders)
        drawing.page_materials[page, probe] = builder.material(  # type: ignore[index]
            Material(name=name, texture=texture, unlit=True, double_sided=True)
        )
        if page in bodies and probe == drawing.main:
            drawing.body_materials[page, probe] = builder.material(  # type: ignore[index]
                Material(
                    name=f"{page} bodies",
                    color=(look.unit_base, look.unit_base, look.unit_base, 1.0),
                    texture=texture,
                    emission=look.unit_emission,
                    metallic=look.unit_metallic,
                    roughness=look.unit_roughness,
                )
            )


def _has_bodies(drawing: Drawing, place: LayerPlacement) -> bool:
    """Whether a layer's values are drawn as bodies; an input vector is, with the palette of input pictures."""
    return place.mark == "units" and place.id in drawing.values.layers


def _draw_tree(drawing: Drawing) -> int:
    """The root, a node for each scope that holds layers, and one for each layer."""
    builder, placement = drawing.builder, drawing.placement
    scale, center = placement.scale, np.asarray(placement.center)
    shift = -center * scale
    translation: Vector3 = (float(shift[0]), float(shift[1]), float(shift[2]))
    root = builder.node(drawing.graph.name, parent=None, scale=(scale, scale, scale), translation=translation)
    scopes = _scope_nodes(drawing, root)
    drawing.parts.groups.update(scopes)
    for layer in drawing.placed:
        place = placement.layer_by_id[layer.id]
        shape = "×".join(str(n) for n in layer.outputs[0].shape[1:]) if layer.outputs else ""
        drawing.layer_nodes[layer.id] = builder.node(
            layer.id,
            parent=scopes.get(layer.scope, root),
            role="layer",
            extras={"layer": layer.id, "op": layer.op, "shape": shape, "parameters": layer.parameter_count},
            translation=place.position,
            rotation=place_rotation(place),
        )
        mark = mark_of(drawing, layer.id)
        mark.draw_structure(drawing, layer.id)
        if drawing.recorded(layer.id):
            mark.draw_steps(drawing, layer.id)
    return root


def _scope_nodes(drawing: Drawing, root: int) -> dict[str, int]:
    """Nodes of module scopes that hold drawn layers, nested like the modules."""
    needed: set[str] = set()
    for layer in drawing.placed:
        path: str | None = layer.scope
        while path:
            needed.add(path)
            path = drawing.graph.parent_of.get(path)
    nodes = {"": root}
    for scope in drawing.graph.scopes:
        if scope.path in needed:
            parent = nodes.get(scope.parent or "", root)
            nodes[scope.path] = drawing.builder.node(
                scope.path, parent=parent, extras={"scope": scope.path, "type": scope.type}
            )
    return nodes


def _draw_clips(drawing: Drawing, root: int) -> None:
    """The whole-network panels of the other probes, and the forward pass."""
    for probe in drawing.probes[1:]:
        if probe_clip_name(probe) in drawing.clips.drafts:
            draw_probe(drawing, root, probe)
    if FORWARD not in drawing.clips.drafts:
        return
    alone = drawing.timing.steps == 1
    group = drawing.builder.node(FORWARD, parent=root, role="forward", hidden=not alone)
    drawing.clips.own(FORWARD, group)
    layers = [layer.id for layer in drawing.placed if drawing.recorded(layer.id)]
    pause = min(1.0, FORWARD_SECONDS / max(1, len(drawing.placed)))
    for index, layer_id in enumerate(layers):
        start = pause * index
        drawing.facts.setdefault(layer_id, {})["forward"] = start
        mark_of(drawing, layer_id).draw_forward(drawing, layer_id, group, start)


def _camera(drawing: Drawing) -> tuple[int, Camera]:
    """The hero camera: a scene root of its own, because Babylon scales the view under a scaled parent."""
    place = drawing.placement.camera
    pitch, yaw = -place.elevation, place.azimuth
    rotation = (
        math.sin(pitch / 2) * math.cos(yaw / 2),
        math.cos(pitch / 2) * math.sin(yaw / 2),
        -math.sin(pitch / 2) * math.sin(yaw / 2),
        math.cos(pitch / 2) * math.cos(yaw / 2),
    )
    camera = Camera(
        name="hero",
        yfov=place.yfov,
        aspect_ratio=place.aspect_ratio,
        znear=round(place.distance * 0.1, 6),
        zfar=round(place.distance * 10, 6),
    )
    node = drawing.builder.node(
        "hero camera", parent=None, role="camera", camera=0, translation=place.position, rotation=rotation
    )
    return node, camera
