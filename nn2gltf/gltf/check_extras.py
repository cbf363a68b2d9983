"""Checks of ``scenes[0].extras.nn2gltf``: the schema, and that what it names is in the file."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

from nn2gltf.gltf.read import GlbDocument
from nn2gltf.gltf.report import Findings
from nn2gltf.gltf.schema import SCENE_EXTRAS, check_schema

ROOT = "/scenes/0/extras/nn2gltf"
MAIN_CLIP = "epochs"


def check_extras(document: GlbDocument, findings: Findings) -> None:
    """Check the extras of a file whose tree has passed its own checks."""
    extras = document.extras
    if extras is None:
        findings.error("EXTRAS_MISSING", "the file has no nn2gltf extras, so nn2gltf did not write it", ROOT)
        return
    if not check_schema(extras, SCENE_EXTRAS, findings, code="EXTRAS_SCHEMA", root=ROOT):
        return
    _check_names(document, extras, findings)
    _check_steps(extras, findings)
    _check_clips(document, extras, findings)
    _check_pages(document, extras, findings)
    _check_tiles(extras, findings)


def _check_names(document: GlbDocument, extras: Any, findings: Findings) -> None:
    data: Any = document.json
    nodes = {node["name"] for node in data["nodes"]}
    layers = [layer["id"] for layer in extras["layers"]]
    if len(set(layers)) != len(layers):
        findings.error("EXTRAS_LAYERS", "two layers have the same id", f"{ROOT}/layers")
    for kind in ("layers", "edges", "scopes"):
        for index, item in enumerate(extras[kind]):
            if item.get("node") is not None and item["node"] not in nodes:
                findings.error("EXTRAS_NODE", f"there is no node {item['node']!r}", f"{ROOT}/{kind}/{index}")
    for index, edge in enumerate(extras["edges"]):
        if edge["source"] not in layers or edge["target"] not in layers:
            findings.error("EXTRAS_EDGE", "it does not join two layers", f"{ROOT}/edges/{index}")
    main = extras["mainProbe"]
    if main is not None and extras["probes"] and main >= len(extras["probes"]):
        findings.error("EXTRAS_PROBE", "the main probe does not exist", f"{ROOT}/mainProbe")


def _check_steps(extras: Any, findings: Findings) -> None:
    for key in ("epoch", "time"):
        values = [step[key] for step in extras["steps"]]
        if any(later <= earlier for earlier, later in pairwise(values)):
            findings.error("EXTRAS_STEPS", f"the {key} of the steps does not increase", f"{ROOT}/steps")
    if extras["steps"] and extras["steps"][-1]["time"] >= extras["time"]["duration"]:
        findings.error("EXTRAS_STEPS", "the last step lies after the end", f"{ROOT}/steps")


def _check_clips(document: GlbDocument, extras: Any, findings: Findings) -> None:
    data: Any = document.json
    named = [clip["name"] for clip in extras["clips"]]
    animations = [animation["name"] for animation in data.get("animations", [])]
    if named != animations:
        findings.error("EXTRAS_CLIPS", f"it lists {named}, the file has {animations}", f"{ROOT}/clips")
    if len(extras["steps"]) > 1 and named[:1] != [MAIN_CLIP]:
        findings.error("EXTRAS_CLIPS", f"the first animation is not {MAIN_CLIP!r}", f"{ROOT}/clips")


def _check_pages(document: GlbDocument, extras: Any, findings: Findings) -> None:
    sizes = _image_sizes(document)
    for index, page in enumerate(extras["pages"]):
        where = f"{ROOT}/pages/{index}"
        for name in filter(None, (page["image"], page["low"])):
            if name not in sizes:
                findings.error("EXTRAS_PAGE", f"there is no image {name!r}", where)
            elif sizes[name] != (page["width"], page["height"]):
                findings.error("EXTRAS_PAGE", f"the image {name!r} has another size", where)
        if page["palette"] not in extras["palettes"]:
            findings.error("EXTRAS_PAGE", f"there is no palette {page['palette']!r}", where)


def _check_tiles(extras: Any, findings: Findings) -> None:
    pages, probes, steps = extras["pages"], len(extras["probes"]), len(extras["steps"])
    for index, layer in enumerate(extras["layers"]):
        where = f"{ROOT}/layers/{index}/tiles"
        tiles = layer.get("tiles")
        if tiles is None:
            continue
        if len(tiles["pages"]) != probes or len(tiles["origins"]) not in (1, steps):
            findings.error("EXTRAS_TILES", "its pages or origins do not fit the probes and steps", where)
        rows = -(-tiles["count"] // tiles["columns"])
        width = min(tiles["columns"], tiles["count"]) * (tiles["width"] + 2 * tiles["gutter"])
        height = rows * (tiles["height"] + 2 * tiles["gutter"])
        for page in set(tiles["pages"]):
            if page >= len(pages):
                findings.error("EXTRAS_TILES", f"there is no page {page}", where)
            elif any(
                x + width > pages[page]["width"] or y + height > pages[page]["height"]
                for x, y in tiles["origins"]
            ):
                findings.error("EXTRAS_TILES", f"a block of tiles leaves page {page}", where)


def _image_sizes(document: GlbDocument) -> dict[str, tuple[int, int]]:
    """Width and height of every PNG, from its header (PNG, section 11.2.2)."""
    data: Any = document.json
    sizes = {}
    for image in data.get("images", []):
        offset = data["bufferViews"][image["bufferView"]].get("byteOffset", 0)
        header = bytes(document.binary[offset + 16 : offset + 24])
        if len(header) == 8:
            sizes[image.get("name", "")] = struct.unpack(">II", header)
    return sizes
