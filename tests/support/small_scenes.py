"""Small hand-made scenes with everything the writer knows, for tests of the writer, the page and the commands."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image as Pillow

from nn2gltf.ir.scene import (
    Camera,
    Clip,
    Image,
    Material,
    Mesh,
    Node,
    Primitive,
    Scene,
    Texture,
    Track,
)
from nn2gltf.version import GENERATOR

PALETTE = "".join(f"{n:02x}{n:02x}{n:02x}" for n in range(256))
HEIGHTS = (0.25, 1.0)
"""What the only unit shows at steps 0 and 1."""


def png(width: int = 4, height: int = 4) -> bytes:
    """A grey ramp as an 8-bit PNG."""
    picture = Pillow.frombytes("L", (width, height), bytes(n % 256 for n in range(width * height)))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def quad(z: float = 0.0) -> np.ndarray[Any, Any]:
    """(4, 3) float32 corners of a unit square."""
    return np.array([[0, 0, z], [1, 0, z], [1, 1, z], [0, 1, z]], dtype=np.float32)


def extras(**changes: Any) -> dict[str, Any]:
    """Extras that satisfy the schema for :func:`tiny_scene`."""
    layer = {
        "id": "fc",
        "name": "fc",
        "op": "Linear",
        "kind": "linear",
        "mark": "units",
        "node": "fc",
        "inputs": [{"shape": [1, 2], "dtype": "float32"}],
        "outputs": [{"shape": [1, 1], "dtype": "float32"}],
        "parameters": 3,
    }
    color = dict.fromkeys(("background", "text", "dim", "accent", "positive", "negative", "frame"), "#112233")
    made: dict[str, Any] = {
        "schema": 1,
        "generator": GENERATOR,
        "title": "Tiny",
        "model": {"name": "Tiny", "parameters": 3, "weights": "trained"},
        "data": {"name": None, "classes": [], "accuracy": None},
        "style": {"name": "stage", **color},
        "options": {},
        "time": {"duration": 1.4, "secondsPerStep": 1, "framesPerSecond": 24},
        "steps": [
            {"epoch": 0, "time": 0.0, "metrics": {}},
            {"epoch": 1, "time": 1.0, "metrics": {"loss": 0.5}},
        ],
        "probes": [{"label": None, "name": "", "tile": None}],
        "mainProbe": 0,
        "clips": [{"name": "epochs", "kind": "epochs", "probe": 0, "duration": 1.4}],
        "palettes": {"sequential": PALETTE},
        "pages": [{"image": "page 0", "low": None, "palette": "sequential", "width": 4, "height": 4}],
        "layers": [layer],
        "edges": [],
        "scopes": [],
        "reductions": [],
        "report": [],
    }
    return {**made, **changes}


def tiny_scene(**changes: Any) -> Scene:
    """One layer, two steps: two panels shown by scale and one body grown by a morph target."""
    shared = {"POSITION": quad(), "NORMAL": np.tile(np.float32([0, 0, 1]), (4, 1))}
    indices = np.array([0, 1, 2, 0, 2, 3], dtype=np.uint8)
    panels = tuple(
        Mesh(
            name=f"panel {step}",
            primitives=(
                Primitive(
                    attributes={**shared, "TEXCOORD_0": quad()[:, :2] / 2 + np.float32(step / 2)},
                    indices=indices,
                    material=0,
                ),
            ),
        )
        for step in (0, 1)
    )
    grown = quad() * np.float32([0, HEIGHTS[1] - HEIGHTS[0], 0])
    body = Mesh(
        name="body",
        primitives=(
            Primitive(
                attributes={"POSITION": quad() * np.float32([1, HEIGHTS[0], 1]), "TEXCOORD_0": quad()[:, :2]},
                indices=indices,
                material=1,
                targets=({"POSITION": grown},),
            ),
        ),
        weights=(0.0,),
        target_names=("step 1",),
    )
    times = np.array([0, 0.999, 1, 1.4], dtype=np.float32)
    on = np.repeat(np.float32([[0], [0], [1], [1]]), 3, axis=1)
    tracks = (
        Track(node=2, path="scale", times=times, values=1 - on),
        Track(node=3, path="scale", times=times, values=on),
        Track(
            node=4,
            path="weights",
            times=np.float32([0, 1, 1.4]),
            values=np.float32([[0], [1], [1]]),
            interpolation="LINEAR",
        ),
    )
    made: dict[str, Any] = {
        "name": "Tiny",
        "nodes": (
            Node(name="Tiny", children=(1,), scale=(2.0, 2.0, 2.0)),
            Node(name="fc", children=(2, 3, 4), extras={"layer": "fc", "parameters": 3}),
            Node(name="fc step 0", mesh=0, scale=(0.0, 0.0, 0.0), extras={"role": "panel", "step": 0}),
            Node(name="fc step 1", mesh=1, extras={"role": "panel", "step": 1}),
            Node(name="fc units", mesh=2, rotation=(0.0, 0.0, 0.0, 1.0), translation=(2.0, 0.0, 0.0)),
            Node(name="hero camera", camera=0, translation=(0.0, 0.0, 5.0)),
        ),
        "roots": (0, 5),
        "meshes": (*panels, body),
        "materials": (
            Material(name="data", texture=0, unlit=True, double_sided=True),
            Material(name="lit", texture=0, emission=0.45, roughness=0.6),
            Material(name="glow", color=(0.5, 0.25, 1.0, 1.0), emission=0.5),
        ),
        "textures": (Texture(image=0), Texture(image=0, smooth=True)),
        "images": (Image(name="page 0", png=png()),),
        "cameras": (Camera(name="hero", yfov=0.6, aspect_ratio=1.6, znear=0.1, zfar=100.0),),
        "clips": (Clip(name="epochs", tracks=tracks),),
        "extras": extras(),
    }
    return Scene(**{**made, **changes})
