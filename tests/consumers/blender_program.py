"""The program that runs inside Blender's Python: reads a wish as JSON, answers one line of JSON.

It may import numpy and bpy only: a bpy environment holds nothing else.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))

from blender import answer
from blender_picture import draw_picture
from blender_read import FRAMES_PER_SECOND, go_to, last_frame, play_clip, read_keys, read_shown, read_textures


def import_scene(path: str) -> float:
    """Import into an empty file; answers the seconds it took."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    start = time.perf_counter()
    bpy.ops.import_scene.gltf(filepath=path)
    return time.perf_counter() - start


def render(wish: dict[str, Any]) -> dict[str, Any]:
    """Verb: one picture."""
    seconds = import_scene(wish["file"])
    if wish["clip"] is not None:
        play_clip(wish["clip"])
    frame = last_frame() if wish["frame"] is None else wish["frame"]
    go_to(frame / FRAMES_PER_SECOND)
    draw_picture(wish)
    return {"import_seconds": seconds, "frame": frame, "version": bpy.app.version_string}


def observe(wish: dict[str, Any]) -> dict[str, Any]:
    """Verb: what is visible at the wished moments; each series begins with a fresh import.

    A series is a list of {clip, time}; clip null plays what Blender plays by itself.
    """
    answers, seconds = [], []
    for series in wish["series"]:
        seconds.append(import_scene(wish["file"]))
        seen, playing = [], None
        for moment in series:
            if moment["clip"] not in (None, playing):
                playing = moment["clip"]
                play_clip(playing)
            go_to(moment["time"])
            seen.append(read_shown())
        answers.append(seen)
    return {"series": answers, "textures": read_textures(wish["wanted"]), "import_seconds": seconds}


def survey(wish: dict[str, Any]) -> list[dict[str, Any]]:
    """Verb: for each file, what the import took and made, and which watched objects are visible at each moment."""
    answers = []
    for entry in wish["files"]:
        seconds = import_scene(entry["file"])
        playing, seen = None, []
        for moment in entry["moments"]:
            if moment["clip"] not in (None, playing):
                playing = moment["clip"]
                play_clip(playing)
            go_to(moment["time"])
            seen.append(read_keys())
        objects = list(bpy.data.objects)
        animated = [
            o for o in objects if o.animation_data or (o.data and getattr(o.data, "shape_keys", None))
        ]
        answers.append(
            {
                "seconds": seconds,
                "objects": {o.name: o.parent.name if o.parent else None for o in objects},
                "animated": len(animated),
                "seen": seen,
            }
        )
    return answers


if __name__ == "__main__":
    answer(
        {"render": render, "observe": observe, "survey": survey}[sys.argv[1]](json.loads(sys.stdin.read()))
    )
