"""The sheet of a style: behind everything, square to the hero camera, as large as its picture."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import LENET, chain, record

from nn2gltf.api.scenes import SceneOptions, encode_recording
from nn2gltf.encode.style import style_names
from nn2gltf.ir.scene import Node, Scene


def world(scene: Scene, node: Node) -> np.ndarray:
    """(n, 3) metres of a node that hangs on the root."""
    root = scene.nodes[scene.roots[0]]
    mesh = scene.meshes[node.mesh or 0]
    points = np.concatenate([p.attributes["POSITION"] for p in mesh.primitives])
    return points * np.asarray(root.scale) + np.asarray(root.translation)


def eye_of(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Position of the hero camera and (3, 3) right, up and back."""
    camera = scene.nodes[scene.roots[1]]
    x, y, z, w = camera.rotation or (0, 0, 0, 1)
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    return np.asarray(camera.translation), turn.T


@pytest.mark.parametrize("layout", ["row", "flow"])
def test_a_sheet_stands_behind_everything_and_fills_the_picture(layout: str) -> None:
    graph = chain(*LENET)
    scene = encode_recording(record(graph), SceneOptions.from_keywords(style="blueprint", layout=layout))
    eye, axes = eye_of(scene)
    sheet = next(node for node in scene.nodes if node.name == "sheet")
    corners = (world(scene, sheet) - eye) @ axes.T
    depth = -corners[:, 2]
    assert np.ptp(depth) < 1e-4 * depth[0]
    up = np.tan(scene.cameras[0].yfov / 2) * depth[0]
    assert np.abs(corners[:, 1]) == pytest.approx(up, rel=1e-4)
    assert np.abs(corners[:, 0]) == pytest.approx(up * scene.cameras[0].aspect_ratio, rel=1e-4)
    boxes = [layer["box"] for layer in scene.extras["layers"]]  # type: ignore[index,call-overload,union-attr]
    points = np.array([[*box["min"], *box["max"]] for box in boxes]).reshape(-1, 3)  # type: ignore[index,call-overload]
    assert (-((points - eye) @ axes.T)[:, 2] < depth[0]).all()
    first = world(scene, sheet)[:3]
    facing = np.cross(first[1] - first[0], first[2] - first[0])
    assert facing @ axes[2] > 0, "seen from the camera, and from behind not at all"


def test_styles_without_a_sheet_have_no_floor() -> None:
    with_floor = [
        name
        for name in style_names()
        if any(
            node.extras.get("role") == "floor"
            for node in encode_recording(
                record(chain(*LENET), steps=1), SceneOptions.from_keywords(style=name)
            ).nodes
        )
    ]
    assert with_floor == ["blueprint"]
