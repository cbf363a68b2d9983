"""What a scene must show at each moment, from the recording and docs/scene-format.md alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from decode import Decoded
from observe import Moment

from nn2gltf.ir.graph import Graph
from nn2gltf.ir.recording import Recording

Array = np.ndarray[Any, Any]
BY_STEP = ("panel", "unit_step", "percent", "counter")
BARS_GROW_S = 0.6
"""After a forward pass reached the class bars they take so long to be grown, and then get their percentages."""
SETTLED_S = 0.65
"""When to look at a layer that a forward pass reached."""

JUST_AFTER_S = 1e-4
"""Key times are float32 and programs count in frames: asked for the exact time, either side of a switch may answer."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A file, its extras, and the recorded arrays that it must show.

    Attributes:
        values: Layer id to (steps, probes, cells, rows, columns) float32, as recorded; probabilities for class bars.
    """

    path: Path
    file: Decoded
    extras: Any
    values: dict[str, Array]

    @property
    def layers(self) -> dict[str, Any]:
        """Layers with values, by id."""
        return {layer["id"]: layer for layer in self.extras["layers"] if "values" in layer}

    @property
    def clips(self) -> dict[str, Any]:
        """Clips by name, in the file's order."""
        return {clip["name"]: clip for clip in self.extras["clips"]}

    @property
    def last(self) -> int:
        """Index of the last step."""
        return len(self.extras["steps"]) - 1

    def probe_of(self, clip: str) -> int:
        """Index of the probe that a clip shows."""
        probe: int = self.clips[clip]["probe"]
        return probe

    def step_at(self, clip: str, time: float) -> float:
        """Index of the step shown, fractional between two; the last one in the forward pass."""
        if self.clips[clip]["kind"] == "forward":
            return float(self.last)
        return min(float(self.last), time / self.extras["time"]["secondsPerStep"])

    def moments(self, clip: str) -> list[Moment]:
        """Every step of a clip and the middle of each two; in a forward pass, after each layer lit up."""
        seconds, entry = self.extras["time"]["secondsPerStep"], self.clips[clip]
        if entry["kind"] == "forward":
            times = sorted(time + SETTLED_S for time in entry["layerTimes"].values())
            return [Moment(clip=clip, time=time) for time in [*times, entry["duration"]]]
        halves = range(2 * self.last + 1)
        return [Moment(clip=clip, time=half / 2 * seconds + JUST_AFTER_S) for half in halves]

    def expected_keys(self, clip: str, time: float) -> set[tuple[Any, ...]]:
        """Keys of the watched nodes that must be visible: (role, layer, step, probe, unit)."""
        return {
            tuple(extras.get(name) for name in ("role", "layer", "step", "probe", "unit"))
            for node in self.file.json["nodes"]
            if self._is_visible(extras := node.get("extras", {}), clip, time)
        }

    def _is_visible(self, extras: dict[str, Any], clip: str, time: float) -> bool:
        role, kind, step = extras.get("role"), self.clips[clip]["kind"], int(self.step_at(clip, time) + 1e-6)
        if role == "counter":
            return bool(extras["step"] == step)
        if role == "outline":
            own = kind != "forward" or next(iter(self.clips)) == clip
            return own and bool(extras["probe"] == self.probe_of(clip))
        if role in BY_STEP:
            return self._shows_step(extras, clip, time)
        if role == "probe_step":
            return kind == "probe" and extras["probe"] == self.probe_of(clip) and extras["step"] == step
        if role == "forward_layer":
            return kind == "forward" and self.is_lit(clip, extras["layer"], time)
        return role == "bar"

    def _shows_step(self, extras: dict[str, Any], clip: str, time: float) -> bool:
        """The forward pass lights the panels of a single step; else they follow the epochs."""
        if self.last == 0:
            return self.clips[clip]["kind"] == "forward" and self.is_lit(clip, extras["layer"], time)
        step = int(self.step_at(clip, time) + 1e-6)
        shown = extras["step"] == step or self._is_constant(extras["layer"])
        return self.clips[clip]["kind"] == "epochs" and shown

    def is_growing(self, clip: str, layer_id: str, time: float) -> bool:
        """Whether a forward pass is just filling the class bars: nothing is promised meanwhile."""
        if self.clips[clip]["kind"] != "forward" or self.layers[layer_id]["mark"] != "bars":
            return False
        start = self.clips[clip]["layerTimes"][layer_id]
        return bool(start <= time and not self.is_lit(clip, layer_id, time))

    def is_lit(self, clip: str, layer_id: str, time: float) -> bool:
        """Whether a forward pass has reached a layer; class bars count once they are grown."""
        delay = BARS_GROW_S if self.layers[layer_id]["mark"] == "bars" else 0.0
        duration, start = self.clips[clip]["duration"], self.clips[clip]["layerTimes"][layer_id]
        return bool(time >= min(duration, start + delay))

    def _is_constant(self, layer_id: str) -> bool:
        return len(self.layers[layer_id]["tiles"]["origins"]) == 1

    def page(self, layer_id: str, probe: int) -> str:
        """Name of the image with a layer's values for a probe."""
        name: str = self.extras["pages"][self.layers[layer_id]["tiles"]["pages"][probe]]["image"]
        return name

    def palette(self, layer_id: str) -> Array:
        """(256, 3) uint8 colours of a layer's codes."""
        text = self.extras["palettes"][self.layers[layer_id]["values"]["palette"]]
        return np.frombuffer(bytes.fromhex(text), np.uint8).reshape(256, 3)

    def cells(self, layer_id: str, probe: int, step: int) -> Array:
        """(cells, rows, columns) recorded values."""
        cells: Array = self.values[layer_id][step, probe]
        return cells

    def body_lengths(self, layer_id: str, probe: int, step: float) -> Array:
        """(cells,) metres of each body, linear between two steps."""
        layer = self.layers[layer_id]
        low, high = layer["values"]["low"], layer["values"]["high"]
        reach = max(abs(low), abs(high)) or 1.0
        recorded = np.nan_to_num(self.values[layer_id][:, probe, :, 0, 0], nan=0.0, posinf=0.0, neginf=0.0)
        drawn = np.abs(np.clip(recorded, low, high)) / reach
        before = min(int(step), self.last)
        after = min(before + 1, self.last)
        share = drawn[before] + (drawn[after] - drawn[before]) * (step - before)
        zero, full = layer["length"]["zero"], layer["length"]["full"]
        return np.asarray(zero + (full - zero) * share)

    def image_of(self, material: str) -> str | None:
        """Name of a material's base colour image."""
        entry = next(m for m in self.file.json["materials"] if m["name"] == material)
        texture = entry.get("pbrMetallicRoughness", {}).get("baseColorTexture")
        if texture is None:
            return None
        source = self.file.json["textures"][texture["index"]]["source"]
        name: str = self.file.json["images"][source]["name"]
        return name

    @property
    def data_materials(self) -> list[str]:
        """Materials whose image is a page."""
        pages = {page["image"] for page in self.extras["pages"]}
        return [m["name"] for m in self.file.json["materials"] if self.image_of(m["name"]) in pages]

    def to_local(self, layer_id: str, points: Array) -> Array:
        """World points in the layer's own directions and origin, still in metres."""
        matrix = self._world_matrix(self.layers[layer_id]["node"])
        axes = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
        return np.asarray((points - matrix[:3, 3]) @ axes)

    def to_world(self, layer_id: str, points: Array) -> Array:
        """Points of a mesh under the layer's node in the world."""
        matrix = self._world_matrix(self.layers[layer_id]["node"])
        return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])

    def axes(self, layer_id: str) -> Array:
        """(3, 3) columns: the layer's right, up and front in the world."""
        matrix = self._world_matrix(self.layers[layer_id]["node"])
        return np.asarray(matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0))

    def _world_matrix(self, name: str) -> Array:
        nodes = self.file.json["nodes"]
        index: int | None = next(i for i, node in enumerate(nodes) if node["name"] == name)
        parents = {child: i for i, node in enumerate(nodes) for child in node.get("children", ())}
        matrix = np.eye(4)
        while index is not None:
            matrix = local_matrix(nodes[index]) @ matrix
            index = parents.get(index)
        return matrix


def local_matrix(node: dict[str, Any]) -> Array:
    """(4, 4) translation, rotation and scale of a node."""
    x, y, z, w = node.get("rotation", (0, 0, 0, 1))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.array(node.get("scale", (1, 1, 1)))
    matrix[:3, 3] = node.get("translation", (0, 0, 0))
    return matrix


def read_truth(path: Path, recording: Recording, graph: Graph) -> Truth:
    """The truth about a file that was made from a recording; ``graph`` is the one that was drawn."""
    file = Decoded(path.read_bytes())
    extras = file.json["scenes"][0]["extras"]["nn2gltf"]
    epochs = [step.epoch for step in recording.steps]
    steps = [epochs.index(step["epoch"]) for step in extras["steps"]]
    values = {}
    for layer in extras["layers"]:
        if "values" not in layer:
            continue
        value_id = graph.layer_by_id[layer["id"]].value_id
        arrays = np.stack([recording.activation(value_id, step) for step in steps]).astype(np.float64)
        if layer["values"]["quantity"].startswith("probability (softmax"):
            powers = np.exp(arrays - arrays.max(axis=2, keepdims=True))
            arrays = powers / powers.sum(axis=2, keepdims=True)
        values[layer["id"]] = as_drawn(arrays, layer)
    return Truth(path=path, file=file, extras=extras, values=values)


def as_drawn(arrays: Array, layer: dict[str, Any]) -> Array:
    """(steps, probes, cells, rows, columns) numbers of a tensor (steps, probes, ...) as docs/scene-format.md says.

    Channels come first, large maps are means of squares, what is missing at the end of a folded vector is NaN.
    """
    tiles = layer["tiles"]
    cells, size = tiles["count"], (tiles["height"], tiles["width"])
    if layer.get("attributes", {}).get("channels_last"):
        arrays = np.moveaxis(arrays, -1, 2)
    if layer["kind"] == "input" and cells == 1 and arrays.ndim == 5:
        arrays = arrays.mean(axis=2, keepdims=True)  # the codes of a coloured picture are its greys
    if arrays.ndim == 5 and arrays.shape[2] == cells and arrays.shape[3:] != size:
        arrays = pooled(arrays, size)
    flat = arrays.reshape(*arrays.shape[:2], -1)
    missing = cells * size[0] * size[1] - flat.shape[2]
    flat = np.concatenate([flat, np.full((*flat.shape[:2], missing), np.nan)], axis=2)
    return flat.reshape(*flat.shape[:2], cells, *size)


def pooled(maps: Array, size: tuple[int, int]) -> Array:
    """Means over squares of the least side that gives maps (..., rows, columns) of a size."""
    height, width = maps.shape[-2:]
    factor = next(f for f in range(1, height + 1) if (-(-height // f), -(-width // f)) == size)
    rows = [maps[..., y : y + factor, :] for y in range(0, height, factor)]
    blocks = [[row[..., x : x + factor].mean(axis=(-2, -1)) for x in range(0, width, factor)] for row in rows]
    return np.moveaxis(np.array(blocks), (0, 1), (-2, -1))
