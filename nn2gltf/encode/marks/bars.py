"""Class bars: one named node a class whose length is its probability, with names, percentages and an outline."""

from __future__ import annotations

import numpy as np

from nn2gltf.encode.builder import linear_color, place_rotation
from nn2gltf.encode.class_plates import percent_key
from nn2gltf.encode.clips import EPOCHS, FORWARD, probe_clip_name
from nn2gltf.encode.colormap import palette
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.geometry import FloatArray, Triangles, boxes, frames, quads
from nn2gltf.encode.marks.still import light_still
from nn2gltf.encode.text_mesh import text_quads
from nn2gltf.encode.timing import visibility
from nn2gltf.ir.placement import LayerPlacement
from nn2gltf.ir.scene import Material, Primitive

SHORTEST = 1e-3
"""Scale of a bar at probability 0: a zero scale would hide it from importers."""
DEPTH, BACK_DEPTH, TRACK_DEPTH, OUTLINE = 0.88, 0.3, 0.12, 0.1
"""Of bars before and behind the track's face, of tracks and of the outline's rails, in heights of a bar.

Bars come through the back of their tracks, so that they are seen from behind too."""
BAR_CODE = 208
"""Palette code whose colour all bars have: their length is the value."""


def draw_structure(drawing: Drawing, layer_id: str) -> None:
    """Tracks as long as probability 1, and the class names."""
    place, builder = drawing.place(layer_id), drawing.builder
    parent, extras = drawing.layer_nodes[layer_id], {"layer": layer_id}
    tracks = _tracks(place)
    mesh = builder.static(
        f"{layer_id} tracks", tracks, drawing.structure("tray", drawing.style.structure.tray)
    )
    builder.node(f"{layer_id} frame", parent=parent, role="frame", mesh=mesh, extras=extras)
    names = _names(drawing, place)
    if names:
        mesh = builder.mesh(f"{layer_id} names", names)
        builder.node(f"{layer_id} names", parent=parent, role="names", mesh=mesh, extras=extras)
    drawing.facts.setdefault(layer_id, {})["length"] = {"zero": 0.0, "full": place.length}
    if drawing.recorded(layer_id):
        _draw_bars(drawing, layer_id, place)
        for probe in drawing.probes:
            _draw_outline(drawing, layer_id, place, probe)


def _classes(drawing: Drawing, place: LayerPlacement) -> tuple[int, ...]:
    """Class of each bar."""
    return drawing.plates.shown_classes or tuple(range(place.grid.count))


def _bar_start(place: LayerPlacement) -> float:
    return place.grid.size[0] / 2 + 0.25 * place.grid.height


def _tracks(place: LayerPlacement) -> Triangles:
    centers, half = place.grid.centers(), place.grid.height / 2
    start = _bar_start(place)
    count = len(centers)
    low = np.stack(
        [np.full(count, start), centers[:, 1] - half, np.full(count, -TRACK_DEPTH * place.grid.height)],
        axis=1,
    )
    high = np.stack([np.full(count, start + place.length), centers[:, 1] + half, np.zeros(count)], axis=1)
    return boxes(low, high)


def _names(drawing: Drawing, place: LayerPlacement) -> Primitive | None:
    """Each ends where its bar begins, so that names of any length stand in one line with the bars."""
    scale, items = drawing.placement.text_scale * place.text, []
    for index, (x, y) in zip(_classes(drawing, place), place.grid.centers(), strict=True):
        key = f"class {index}"
        if key in drawing.plates:
            room = place.grid.width - drawing.plates.size(key).width * scale
            items.append((key, np.array([x + room / 2, y, 0.0])))
    return text_quads(drawing, items, scale=scale)


def _draw_bars(drawing: Drawing, layer_id: str, place: LayerPlacement) -> None:
    """Ten shared nodes that every clip scales: named and pickable in any tool."""
    builder = drawing.builder
    half = place.grid.height / 2 * 0.82
    height = place.grid.height
    body = boxes(np.array([0.0, -half, -BACK_DEPTH * height]), np.array([place.length, half, DEPTH * height]))
    material = _bar_material(drawing)
    mesh = builder.static(f"{layer_id} bar", body, material)
    start, bars = _bar_start(place), []
    classes = _classes(drawing, place)
    for index, (_, y) in enumerate(place.grid.centers()):
        resting = _bar_scale(_probability(drawing, layer_id, drawing.main)[-1, index])
        node = builder.node(
            f"{layer_id} class {drawing.plates.class_name(classes[index])}",
            parent=drawing.layer_nodes[layer_id],
            role="bar",
            mesh=mesh,
            extras={"layer": layer_id, "unit": classes[index]},
            translation=(start, float(y), 0.0),
            scale=tuple(resting),
        )
        bars.append(node)
    for probe in drawing.probes:
        clip = EPOCHS if probe == drawing.main else probe_clip_name(probe)
        if clip not in drawing.clips.drafts:
            continue
        for index, node in enumerate(bars):
            keys = _bar_keys(drawing, _probability(drawing, layer_id, probe)[:, index])
            drawing.clips.track(clip, node, keys, interpolation="LINEAR")
    drawing.facts[layer_id]["bars"] = bars


def _bar_material(drawing: Drawing) -> int:
    material = drawing.style.material
    red, green, blue = (int(v) for v in palette(drawing.style, "sequential")[BAR_CODE])
    color = f"#{red:02x}{green:02x}{blue:02x}"
    return drawing.builder.material(
        Material(
            name="class bars",
            color=(*linear_color(color), 1.0),
            emission=material.unit_emission,
            metallic=material.unit_metallic,
            roughness=material.unit_roughness,
        )
    )


def _probability(drawing: Drawing, layer_id: str, probe: int) -> FloatArray:
    """(steps, classes) clipped probabilities of one probe."""
    classes = list(_classes(drawing, drawing.place(layer_id)))
    return np.stack([drawing.values.drawn(layer_id, step)[probe, classes] for step in drawing.values.steps])


def _bar_scale(probability: float) -> FloatArray:
    return np.array([max(SHORTEST, float(probability)), 1.0, 1.0], np.float32)


def _bar_keys(drawing: Drawing, probability: FloatArray) -> tuple[FloatArray, FloatArray]:
    timing = drawing.timing
    times = [timing.time_of(step) for step in range(timing.steps)] + [timing.duration]
    values = [_bar_scale(p) for p in probability] + [_bar_scale(probability[-1])]
    return np.array(times, np.float32), np.stack(values)


def draw_steps(drawing: Drawing, layer_id: str) -> None:
    """Percentages of the main probe, one mesh a step."""
    builder, place = drawing.builder, drawing.place(layer_id)
    group = builder.node(
        f"{layer_id} percents",
        parent=drawing.layer_nodes[layer_id],
        role="panels",
        extras={"layer": layer_id},
    )
    drawing.clips.own(drawing.main_clip, group)
    for step in range(drawing.timing.steps):
        name, still = f"{layer_id} percents step {step}", step == drawing.last
        primitive = percents(drawing, layer_id, place, drawing.main, step)
        node = builder.node(
            name,
            parent=group,
            role="percent",
            mesh=builder.mesh(name, primitive),
            hidden=not still,
            extras={"layer": layer_id, "step": step},
        )
        if still:
            drawing.facts[layer_id]["still"] = node
        if drawing.timing.steps > 1:
            drawing.clips.track(
                EPOCHS, node, visibility(*drawing.timing.shown(step), drawing.timing.duration)
            )


def percents(drawing: Drawing, layer_id: str, place: LayerPlacement, probe: int, step: int) -> Primitive:
    """A percentage right of each bar's track, in the layer's local frame."""
    probability = _probability(drawing, layer_id, probe)[step]
    best = int(np.argmax(probability))
    x, scale = (
        _bar_start(place) + place.length + 0.2 * place.grid.height,
        drawing.placement.text_scale * place.text,
    )
    items = []
    for index, (_, y) in enumerate(place.grid.centers()):
        key = percent_key(float(probability[index]), bright=index == best)
        width = drawing.plates.size(key).width * scale
        items.append((key, np.array([x + width / 2, y, 0.0])))
    primitive = text_quads(drawing, items, scale=scale)
    assert primitive is not None
    return primitive


def _draw_outline(drawing: Drawing, layer_id: str, place: LayerPlacement, probe: int) -> None:
    """The true class of one probe: an accent frame around its name and track."""
    label = drawing.recording.probes[probe].label
    classes = _classes(drawing, place)
    if label is None or label not in classes:
        return
    builder, main = drawing.builder, probe == drawing.main
    height = place.grid.height
    left, right = -place.grid.width / 2, _bar_start(place) + place.length
    center = np.array([[(left + right) / 2, place.grid.centers()[classes.index(label), 1]]])
    rails = frames(
        center,
        right - left + 0.15 * height,
        1.1 * height,
        border=OUTLINE * height,
        low=-0.15 * height,
        high=0.3 * height,
    )
    color = drawing.style.accent.line
    mesh = builder.static(f"{layer_id} true class {label}", rails, drawing.structure("accent", color))
    node = builder.node(
        f"{layer_id} true class of probe {probe}",
        parent=drawing.layer_nodes[layer_id],
        role="outline",
        mesh=mesh,
        hidden=not main,
        extras={"layer": layer_id, "probe": probe},
    )
    drawing.clips.own(drawing.main_clip if main else probe_clip_name(probe), node)
    if main:
        drawing.facts[layer_id]["outline"] = mesh


def draw_forward(drawing: Drawing, layer_id: str, group: int, start: float) -> None:
    """Bars grow and the percentages appear when the pass arrives."""
    duration, place, builder = drawing.clips.duration(FORWARD), drawing.place(layer_id), drawing.builder
    final = _probability(drawing, layer_id, drawing.main)[-1]
    bars = drawing.facts[layer_id]["bars"]
    assert isinstance(bars, list)
    grown = min(duration, start + 0.6)
    for index, node in enumerate(bars):
        full, empty = _bar_scale(final[index]), _bar_scale(0.0)
        keys = (np.array([0.0, start, grown, duration], np.float32), np.stack([empty, empty, full, full]))
        drawing.clips.track(FORWARD, node, keys, interpolation="LINEAR")
    if light_still(drawing, layer_id, grown):
        return
    name = f"{layer_id} forward"
    node = builder.node(
        name,
        parent=group,
        role="forward_layer",
        mesh=builder.mesh(name, percents(drawing, layer_id, place, drawing.main, drawing.last)),
        hidden=True,
        extras={"layer": layer_id},
        translation=place.position,
        rotation=place_rotation(place),
    )
    drawing.clips.track(FORWARD, node, visibility(grown, duration, duration))
    outline = drawing.facts[layer_id].get("outline")
    if isinstance(outline, int):
        framed = builder.node(
            f"{name} true class",
            parent=group,
            role="forward_layer",
            mesh=outline,
            hidden=True,
            extras={"layer": layer_id, "probe": drawing.main},
            translation=place.position,
            rotation=place_rotation(place),
        )
        drawing.clips.track(FORWARD, framed, visibility(grown, duration, duration))


def probe_quads(drawing: Drawing, layer_id: str, step: int) -> tuple[Triangles, FloatArray]:
    """One coloured square a class at the start of its track: the bars themselves are shared nodes."""
    place = drawing.place(layer_id)
    x = _bar_start(place) - 0.12 * place.grid.height
    centers = np.stack([np.full(place.grid.count, x), place.grid.centers()[:, 1]], axis=1)
    local = quads(centers, 0.18 * place.grid.height, place.grid.height, z=0.1)
    world = place.world(local.positions).astype(np.float32)
    uvs = drawing.page(layer_id).texel_uvs(layer_id, step, 4).reshape(-1, 4, 2)
    return Triangles(world, local.indices), uvs[list(_classes(drawing, place))].reshape(-1, 2)
