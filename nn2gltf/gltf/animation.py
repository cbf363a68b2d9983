"""Clips to typed animations: samplers shared inside a clip, weights flattened, values checked."""

from __future__ import annotations

import numpy as np
import pygltflib

from nn2gltf.errors import EncodingError
from nn2gltf.gltf.accessors import AccessorTable, Array
from nn2gltf.ir.scene import Clip, Scene, Track

_WIDTHS = {"translation": 3, "scale": 3, "rotation": 4}
_UNIT_LENGTH_TOLERANCE = 1e-3


def make_animation(clip: Clip, scene: Scene, table: AccessorTable) -> pygltflib.Animation:
    """Typed animation of a clip.

    Raises:
        EncodingError: No tracks, two tracks of one property, key lists that do not fit each other,
            weights outside 0..1 (Blender clamps them) or a rotation that is no unit quaternion.
    """
    if not clip.tracks:
        raise EncodingError("an animation has no tracks", where=clip.name)
    samplers: dict[tuple[int, int, str], int] = {}
    channels: list[pygltflib.AnimationChannel] = []
    seen: set[tuple[int, str]] = set()
    for track in clip.tracks:
        where = f"{clip.name}: {scene.nodes[track.node].name}"
        if (track.node, track.path) in seen:
            raise EncodingError(f"{track.path} is animated twice", where=where)
        seen.add((track.node, track.path))
        _check_values(track, scene, where)
        key = (
            table.times(track.times, where=where),
            table.key_values(track.values, flat=track.path == "weights", where=where),
            track.interpolation,
        )
        sampler = samplers.setdefault(key, len(samplers))
        target = pygltflib.AnimationChannelTarget(node=track.node, path=track.path)
        channels.append(pygltflib.AnimationChannel(sampler=sampler, target=target))
    return pygltflib.Animation(
        name=clip.name,
        channels=channels,
        samplers=[
            pygltflib.AnimationSampler(input=times, output=values, interpolation=interpolation)
            for times, values, interpolation in samplers
        ],
    )


def _check_values(track: Track, scene: Scene, where: str) -> None:
    values = np.asarray(track.values)
    width = _morph_targets(track, scene, where) if track.path == "weights" else _WIDTHS[track.path]
    if values.shape != (len(track.times), width):
        expected = (len(track.times), width)
        raise EncodingError(f"{track.path} keys have shape {values.shape}, not {expected}", where=where)
    if track.path == "weights" and not ((values >= 0) & (values <= 1)).all():
        raise EncodingError("morph weights leave 0..1", where=where)
    if track.path == "rotation" and not _are_unit(values):
        raise EncodingError("a rotation is not a unit quaternion", where=where)


def _morph_targets(track: Track, scene: Scene, where: str) -> int:
    mesh = scene.nodes[track.node].mesh
    count = 0 if mesh is None else len(scene.meshes[mesh].primitives[0].targets)
    if count == 0:
        raise EncodingError("weights are animated but the node's mesh has no morph targets", where=where)
    return count


def _are_unit(values: Array) -> bool:
    lengths = np.linalg.norm(values.astype(np.float64), axis=1)
    return bool((np.abs(lengths - 1) <= _UNIT_LENGTH_TOLERANCE).all())
