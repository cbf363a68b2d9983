"""Compares what a program shows with what it must show; every difference is a sentence."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from observe import Moment, Observation, Part, Shown, Sighting
from truth import Array, Truth

HALF_CODE = 0.5 / 254
"""Quantisation: half a code of a layer's range."""
LENGTH_TOLERANCE = 2e-3
"""Share of a body's full length; a class bar is never shorter than 1e-3 of it."""
UV_TOLERANCE_PX = 0.02


def find_problems(truth: Truth, moments: list[list[Moment]], seen: Observation) -> list[str]:
    """Sentences on every wrong thing in all series."""
    problems = []
    for moment_list, sightings in zip(moments, seen.series, strict=True):
        for moment, sighting in zip(moment_list, sightings, strict=True):
            clip = moment.clip or next(iter(truth.clips))
            found = find_wrong(truth, clip, moment.time, sighting, seen.textures)
            problems += [f"{clip} at {moment.time:.3f} s: {line}" for line in found]
    return problems


def find_wrong(
    truth: Truth, clip: str, time: float, sighting: Sighting, textures: dict[str, Array]
) -> list[str]:
    """Sentences on one moment: what is visible, and whether its lengths and texels are the recorded ones."""
    visible = Counter(shown.key for shown in sighting.shown)
    wanted = truth.expected_keys(clip, time)
    wanted |= {key for key in visible if key[1] and truth.is_growing(clip, key[1], time)}
    problems = [f"not visible: {key}" for key in sorted(wanted - set(visible), key=str)]
    problems += [f"stale: {key} is visible" for key in sorted(set(visible) - wanted, key=str)]
    problems += [f"visible {count} times: {key}" for key, count in visible.items() if count > 1]
    probe, step = truth.probe_of(clip), truth.step_at(clip, time)
    bars: dict[str, dict[int, float]] = {}
    for shown in sighting.shown:
        role, layer_id = shown.key[0], shown.key[1]
        if shown.key not in wanted or role in ("percent", "counter", "outline"):
            continue
        if role == "bar":
            bars.setdefault(layer_id, {})[shown.key[4]] = _bar_length(truth, shown)
        elif role == "probe_step":
            problems += _check_network(truth, shown, probe, int(step + 1e-6), textures)
        else:
            problems += _check_layer(truth, shown, probe, step, textures)
    for layer_id, lengths in bars.items():
        problems += _check_bars(truth, clip, time, layer_id, lengths)
    return problems


def _check_layer(
    truth: Truth, shown: Shown, probe: int, step: float, textures: dict[str, Array]
) -> list[str]:
    """A panel, a step mesh, or a layer of the forward pass."""
    layer_id = shown.key[1]
    layer = truth.layers[layer_id]
    part, index = shown.parts[0], int(step + 1e-6)
    if layer["mark"] == "bars":
        return []  # its percentages; the bars are nodes of their own
    if layer["mark"] == "units":
        lengths = _body_lengths(truth, layer_id, part)
        wanted = truth.body_lengths(layer_id, probe, step)
        return _compare_lengths(truth, layer_id, lengths, wanted) + _check_texels(
            truth, layer_id, part, 8, probe, index, textures
        )
    return _check_tiles(truth, layer_id, _face(part, layer), probe, index, textures)


def _face(part: Part, layer: dict[str, Any]) -> Part:
    """The tiles without the two projections on a slab's sides, which Blender puts into one mesh with them."""
    count = 4 * layer["tiles"]["count"]
    if len(part.positions) != count + 8:
        return part
    return Part(material=part.material, positions=part.positions[:count], uvs=part.uvs[:count])


def _check_network(
    truth: Truth, shown: Shown, probe: int, step: int, textures: dict[str, Array]
) -> list[str]:
    """Another probe's whole-network panel."""
    problems = []
    for layer_id, layer in truth.layers.items():
        primitive, first, count = layer["probeQuads"]
        whole = shown.parts[primitive]
        rows = slice(4 * first, 4 * (first + count))
        part = Part(material=whole.material, positions=whole.positions[rows], uvs=whole.uvs[rows])
        if layer["tiles"]["gutter"] == 0:
            problems += _check_texels(truth, layer_id, part, 4, probe, step, textures)
        else:
            problems += _check_tiles(truth, layer_id, part, probe, step, textures)
    return problems


def _check_tiles(
    truth: Truth, layer_id: str, part: Part, probe: int, step: int, textures: dict[str, Array]
) -> list[str]:
    """Quads whose texture coordinates must frame the right tile, the right way up, with the recorded values in it."""
    problems = check_page(truth, layer_id, part, probe)
    picture = textures[part.material]
    tiles, recorded = truth.layers[layer_id]["tiles"], truth.cells(layer_id, probe, step)
    if len(part.positions) != 4 * len(recorded):
        return [*problems, f"{layer_id}: {len(part.positions) // 4} quads for {len(recorded)} channels"]
    local = truth.to_local(layer_id, part.positions).reshape(-1, 4, 3)
    uvs = (part.uvs * picture.shape[1::-1]).reshape(-1, 4, 2)
    for channel, (corners, uv) in enumerate(zip(local, uvs, strict=True)):
        low, high = uv.min(axis=0), uv.max(axis=0)
        x, y = np.rint(low).astype(int)
        framed = np.abs(
            np.concatenate([low - (x, y), high - (x + tiles["width"], y + tiles["height"])])
        ).max()
        if framed > UV_TOLERANCE_PX:
            problems.append(f"{layer_id} channel {channel}: its coordinates miss a tile by {framed:.3f} px")
            continue
        if not _upright(corners, uv):
            problems.append(f"{layer_id} channel {channel}: it stands on its head or is mirrored")
        colors = picture[y : y + tiles["height"], x : x + tiles["width"]]
        problems += _check_colors(truth, layer_id, f"channel {channel}", colors, recorded[channel])
    return problems


def _upright(corners: Array, uv: Array) -> bool:
    """Whether right on the panel is right in the picture, and up is up (v grows downwards)."""
    x, y = corners[:, 0] - corners[:, 0].mean(), corners[:, 1] - corners[:, 1].mean()
    u, v = uv[:, 0] - uv[:, 0].mean(), uv[:, 1] - uv[:, 1].mean()
    return bool((x * u > 0).all() and (y * v < 0).all())


def _check_texels(
    truth: Truth,
    layer_id: str,
    part: Part,
    vertices: int,
    probe: int,
    step: int,
    textures: dict[str, Array],
) -> list[str]:
    """Shapes of one colour: all their vertices must point at the middle of the right texel."""
    problems = check_page(truth, layer_id, part, probe)
    picture, recorded = textures[part.material], truth.cells(layer_id, probe, step)
    uvs = (part.uvs * picture.shape[1::-1]).reshape(-1, vertices, 2)
    if len(uvs) != len(recorded):
        return [*problems, f"{layer_id}: {len(uvs)} bodies for {len(recorded)} units"]
    texel = np.floor(uvs[:, 0]).astype(int)
    off = np.abs(uvs - (texel[:, None] + 0.5)).max()
    if off > 0.25:
        problems.append(f"{layer_id}: coordinates are {off:.2f} px from the middle of a texel")
    colors = picture[texel[:, 1], texel[:, 0]]
    return problems + _check_colors(truth, layer_id, "units", colors, recorded[:, 0, 0])


def check_page(truth: Truth, layer_id: str, part: Part, probe: int) -> list[str]:
    """Whether a part wears the page of its probe, and lies inside the layer's box."""
    problems = []
    image, wanted = truth.image_of(part.material), truth.page(layer_id, probe)
    if image != wanted:
        problems.append(f"{layer_id}: it wears {image!r} instead of {wanted!r}")
    box = truth.layers[layer_id]["box"]
    low, high = np.array(box["min"]), np.array(box["max"])
    outside = max((low - part.positions).max(), (part.positions - high).max())
    # Bodies and plates stand out of the panel's own box; what must not happen is another layer's place.
    if outside > np.linalg.norm(high - low):
        problems.append(f"{layer_id}: it is {outside:.2f} m outside its box")
    return problems


def _check_colors(truth: Truth, layer_id: str, what: str, colors: Array, recorded: Array) -> list[str]:
    """Colours back to codes, codes to values, values against the recorded ones."""
    codes = to_codes(truth.palette(layer_id), colors)
    if (codes < 0).any():
        return [f"{layer_id} {what}: {(codes < 0).sum()} colours are not in the palette"]
    entry = truth.layers[layer_id]["values"]
    low, high = entry["low"], entry["high"]
    shown = np.where(codes == 255, np.nan, low + (high - low) * codes / 254)
    finite = np.isfinite(recorded)
    if ((codes == 255) == finite).any():
        return [f"{layer_id} {what}: not-finite values are shown as others or others as not finite"]
    error = np.abs(shown - np.clip(recorded, low, high))[finite].max(initial=0.0)
    if error > (high - low) * HALF_CODE * (1 + 1e-4):
        return [f"{layer_id} {what}: off by {error:.4g}, quantisation is {(high - low) * HALF_CODE:.4g}"]
    return []


def to_codes(palette: Array, colors: Array) -> Array:
    """Palette indices of (..., 3) colours, -1 where there is none; the colours of a palette all differ."""
    keys = palette.astype(int) @ (65536, 256, 1)
    order = np.argsort(keys)
    wanted = colors.astype(int) @ (65536, 256, 1)
    spot = order[np.minimum(np.searchsorted(keys[order], wanted), 255)]
    return np.where(keys[spot] == wanted, spot, -1)


def _body_lengths(truth: Truth, layer_id: str, part: Part) -> Array:
    """(units,) metres from the tray's plane to the front of each box of 8 vertices."""
    local = truth.to_local(layer_id, part.positions)
    return np.asarray(local[:, 2].reshape(-1, 8).max(axis=1))


def _bar_length(truth: Truth, shown: Shown) -> float:
    local = truth.to_local(shown.key[1], shown.parts[0].positions)
    return float(np.ptp(local[:, 0]))


def _check_bars(truth: Truth, clip: str, time: float, layer_id: str, lengths: dict[int, float]) -> list[str]:
    seen = np.array([lengths[unit] for unit in sorted(lengths)])
    wanted = truth.body_lengths(layer_id, truth.probe_of(clip), truth.step_at(clip, time))[sorted(lengths)]
    if truth.is_growing(clip, layer_id, time):
        return []
    if truth.clips[clip]["kind"] == "forward":
        wanted = wanted if truth.is_lit(clip, layer_id, time) else np.zeros(len(wanted))
    return _compare_lengths(truth, layer_id, seen, wanted)


def _compare_lengths(truth: Truth, layer_id: str, seen: Array, wanted: Array) -> list[str]:
    if len(seen) != len(wanted):
        return [f"{layer_id}: {len(seen)} bodies for {len(wanted)} units"]
    full = truth.layers[layer_id]["length"]["full"]
    error = np.abs(seen - wanted)
    worst = int(error.argmax())
    if error[worst] > LENGTH_TOLERANCE * full:
        return [f"{layer_id} unit {worst}: {seen[worst]:.4f} m long instead of {wanted[worst]:.4f} m"]
    return []
