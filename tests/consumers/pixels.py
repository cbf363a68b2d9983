"""Rendered pixels against recorded values: also what a graphics card reads along a tile's edge."""

from __future__ import annotations

import numpy as np
from observe import BACKGROUND, Sighting, View
from truth import Array, Truth

PIXELS_PER_TEXEL = 3.3
"""Not whole, so that edges of tiles fall inside pixels."""
MARGIN_TEXELS = 1.0
NEAR_BOUNDARY = 0.02
"""A pixel centre so near to two texels (in texels) may show either, or both along a quad's diagonal."""
COLOR_TOLERANCE = 5


def view_of(truth: Truth, layer_id: str) -> View:
    """A view straight onto a layer's panel."""
    corners = _rest_corners(truth, layer_id)
    axes = truth.axes(layer_id)
    flat = corners.reshape(-1, 3) @ axes
    texel = _texel(truth, layer_id, corners @ axes)
    low, high = flat.min(axis=0) - MARGIN_TEXELS * texel, flat.max(axis=0) + MARGIN_TEXELS * texel
    size = np.ceil((high - low)[:2] / texel * PIXELS_PER_TEXEL).astype(int)
    width, height = size * texel / PIXELS_PER_TEXEL
    middle = (low + high) / 2
    middle[2] = flat[:, 2].mean()
    return View(
        center=tuple((axes @ middle).tolist()),
        right=tuple(axes[:, 0].tolist()),
        up=tuple(axes[:, 1].tolist()),
        width=float(width),
        height=float(height),
        depth=float(texel * 0.05),
        pixels=(int(size[0]), int(size[1])),
    )


def find_wrong_pixels(truth: Truth, clip: str, time: float, sighting: Sighting) -> list[str]:
    """Sentences on every picture whose pixels are not the recorded values."""
    problems = []
    for layer_id, picture in sighting.pictures.items():
        lit = truth.clips[clip]["kind"] != "forward" or truth.is_lit(clip, layer_id, time)
        if not lit:
            continue
        probe, step = truth.probe_of(clip), int(truth.step_at(clip, time) + 1e-6)
        problems += _check_picture(truth, layer_id, picture, probe, step)
    return [f"{clip} at {time:.3f} s, rendered: {line}" for line in problems]


def _check_picture(truth: Truth, layer_id: str, picture: Array, probe: int, step: int) -> list[str]:
    view, axes = view_of(truth, layer_id), truth.axes(layer_id)
    corners = _rest_corners(truth, layer_id) @ axes
    left = np.array(view.center) @ axes[:, 0] - view.width / 2
    top = np.array(view.center) @ axes[:, 1] + view.height / 2
    metres = view.width / view.pixels[0]
    colors = truth.palette(layer_id)[_codes(truth, layer_id, probe, step)]
    problems = []
    for channel, quad in enumerate(corners):
        x0, x1 = (quad[:, 0].min() - left) / metres, (quad[:, 0].max() - left) / metres
        y0, y1 = (top - quad[:, 1].max()) / metres, (top - quad[:, 1].min()) / metres
        inner, edge = _compare_tile(picture, (x0, x1, y0, y1), colors[channel])
        if inner:
            problems.append(f"{layer_id} channel {channel}: {inner} pixels have a wrong colour")
        if edge:
            problems.append(f"{layer_id} channel {channel}: {edge} edge pixels show a neighbour's texel")
    return problems


def _compare_tile(picture: Array, frame: tuple[float, float, float, float], colors: Array) -> tuple[int, int]:
    """How many pixels inside and how many on the edge of a tile cannot come from its texels."""
    x0, x1, y0, y1 = frame
    rows, columns = np.arange(int(y0), int(np.ceil(y1))), np.arange(int(x0), int(np.ceil(x1)))
    spots_x = _texels(columns, x0, x1, colors.shape[1])
    spots_y = _texels(rows, y0, y1, colors.shape[0])
    seen = picture[np.ix_(rows, columns)].astype(float)
    backdrop = np.array([int(BACKGROUND[i : i + 2], 16) for i in (1, 3, 5)], float)
    whole_x, whole_y = (columns >= x0) & (columns + 1 <= x1), (rows >= y0) & (rows + 1 <= y1)
    whole = whole_y[:, None] & whole_x[None]
    sure = (spots_y[0] == spots_y[1])[:, None] & (spots_x[0] == spots_x[1])[None]
    own = colors[np.ix_(spots_y[0], spots_x[0])].astype(float)
    inside = np.abs(seen - own).max(axis=2) > COLOR_TOLERANCE
    mixed = _distance_to_mix(seen, own, backdrop) > COLOR_TOLERANCE
    return int((sure & whole & inside).sum()), int((sure & ~whole & mixed).sum())


def _texels(pixels: Array, start: float, end: float, count: int) -> tuple[Array, Array]:
    """The texel under each pixel's centre, and the one beside it where they are close."""
    spot = (pixels + 0.5 - start) / (end - start) * count
    low, high = (np.clip(np.floor(spot + shift), 0, count - 1) for shift in (-NEAR_BOUNDARY, NEAR_BOUNDARY))
    return low.astype(int), high.astype(int)


def _distance_to_mix(seen: Array, own: Array, backdrop: Array) -> Array:
    """Largest channel difference to the nearest mix of a texel's colour and the backdrop."""
    along = own - backdrop
    share = ((seen - backdrop) * along).sum(axis=2) / np.maximum((along**2).sum(axis=2), 1e-9)
    nearest = backdrop + np.clip(share, 0, 1)[..., None] * along
    return np.asarray(np.abs(seen - nearest).max(axis=2))


def _codes(truth: Truth, layer_id: str, probe: int, step: int) -> Array:
    """Codes that the format's formula gives for recorded values."""
    entry = truth.layers[layer_id]["values"]
    low, high = entry["low"], entry["high"]
    recorded = truth.cells(layer_id, probe, step)
    share = (np.clip(np.nan_to_num(recorded, nan=low), low, high) - low) / ((high - low) or 1.0)
    return np.where(np.isfinite(recorded), np.rint(share * 254), 255).astype(int)


def _rest_corners(truth: Truth, layer_id: str) -> Array:
    """(channels, 4, 3) world corners of a layer's quads, from the file."""
    node = next(
        n
        for n in truth.file.json["nodes"]
        if n.get("extras", {}).get("role") in ("panel", "forward_layer")
        and n["extras"].get("layer") == layer_id
    )
    primitive = truth.file.json["meshes"][node["mesh"]]["primitives"][0]
    return truth.to_world(layer_id, truth.file.array(primitive["attributes"]["POSITION"])).reshape(-1, 4, 3)


def _texel(truth: Truth, layer_id: str, corners: Array) -> float:
    return float(np.ptp(corners[0, :, 0])) / float(truth.layers[layer_id]["tiles"]["width"])
