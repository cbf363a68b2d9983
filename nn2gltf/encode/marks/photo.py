"""An input picture in its true colours on a slab: an image of its own for every probe, unlit and smooth."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from nn2gltf.encode.clips import probe_clip_name
from nn2gltf.encode.drawing import Drawing
from nn2gltf.encode.geometry import FloatArray, Triangles, quads
from nn2gltf.encode.marks import slab
from nn2gltf.ir.recording import ByteArray
from nn2gltf.ir.scene import Material, Primitive

FACE_UV = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)


def draw_structure(drawing: Drawing, layer_id: str) -> None:
    """As of a slab."""
    slab.draw_structure(drawing, layer_id)


def draw_steps(drawing: Drawing, layer_id: str) -> None:
    """One picture a probe, each shown by the probe's clip."""
    place, builder = drawing.place(layer_id), drawing.builder
    width, height = place.size
    pictures = _pictures(drawing, layer_id)
    for probe in drawing.probes:
        main = probe == drawing.main
        clip = drawing.main_clip if main else probe_clip_name(probe)
        if clip not in drawing.clips.drafts:
            continue
        name = f"{layer_id} picture {probe}"
        texture = builder.texture(builder.image(name, _png(pictures[probe])), smooth=True)
        material = builder.material(Material(name=name, texture=texture, unlit=True, double_sided=True))
        face = quads(np.zeros((1, 2)), width, height, z=slab.FACE)
        primitive = Primitive(
            attributes={"POSITION": face.positions, "TEXCOORD_0": FACE_UV},
            indices=face.indices,
            material=material,
        )
        node = builder.node(
            name,
            parent=drawing.layer_nodes[layer_id],
            role="picture",
            mesh=builder.mesh(name, primitive),
            hidden=not main,
            extras={"layer": layer_id, "probe": probe},
        )
        drawing.clips.own(clip, node)


def _pictures(drawing: Drawing, layer_id: str) -> ByteArray:
    """(probes, rows, columns, 3) bytes; numbers within 0..1 are taken as they are, others spread over their range."""
    layer = drawing.graph.layer_by_id[layer_id]
    raw = np.nan_to_num(drawing.recording.activation(layer.value_id, drawing.values.steps[0]))
    low, high = float(raw.min()), float(raw.max())
    if low >= 0.0 and high <= 1.0:
        low, high = 0.0, 1.0
    share = (raw - low) / ((high - low) or 1.0)
    pixels: ByteArray = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
    return pixels.transpose(0, 2, 3, 1)


def _png(pixels: ByteArray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG", compress_level=9)
    return stream.getvalue()


def draw_forward(drawing: Drawing, layer_id: str, group: int, start: float) -> None:
    """The picture is there from the start."""


def probe_quads(drawing: Drawing, layer_id: str, step: int) -> tuple[Triangles, FloatArray]:
    """None: every probe has a picture of its own."""
    return Triangles(np.zeros((0, 3), np.float32), np.zeros(0, np.uint32)), np.zeros((0, 2), np.float32)
