"""Draw a scene with three.js: GLTFLoader, no tone mapping, sRGB, the neutral room of three-gltf-viewer as light.

python tests/consumers/render_three.py FILE.glb -o out.png --camera back --clip "probe 3" --time 4
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from browser import Browser

CAMERAS = ("hero", "back", "front", "left", "right", "top")


def parse_size(text: str) -> tuple[int, int]:
    """``1600x800`` as (1600, 800)."""
    width, _, height = text.partition("x")
    return int(width), int(height)


def read_arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--background", default="#0b0e14", help="any CSS colour")
    parser.add_argument("--size", type=parse_size, default=(1600, 800))
    parser.add_argument("--clip", help="animation to play; the rest pose when omitted")
    parser.add_argument("--time", type=float, default=0.0, help="seconds into the clip")
    parser.add_argument("--camera", choices=CAMERAS, default="hero", help="back is hero seen from behind")
    parser.add_argument(
        "--turn", type=float, default=0.0, help="degrees the hero camera goes round the scene"
    )
    parser.add_argument("--light", type=float, default=1.0, help="brightness of the room")
    return parser.parse_args()


def main() -> None:
    """Open, go to the moment, draw, and print what it took."""
    wish = read_arguments()
    width, height = wish.size
    with Browser() as browser:
        tab = browser.open("three", width=width, height=height)
        found = tab.call("load", path=str(wish.file.resolve()))
        tab.call("show", clip=wish.clip, time=wish.time)
        camera = {"view": wish.camera, "turn": wish.turn, "light": wish.light}
        cost = tab.call("draw", width=width, height=height, background=wish.background, **camera)
        tab.shoot(wish.output.resolve())
        notes = tab.take_log()
    clips = ", ".join(f"{clip['name']} ({clip['duration']:.1f} s)" for clip in found["clips"])
    print(f"{wish.output}: {cost['calls']} draw calls, {cost['triangles']} triangles; clips: {clips}")
    for note in notes:
        print(note, file=sys.stderr)


if __name__ == "__main__":
    main()
