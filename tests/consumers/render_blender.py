"""Draw a scene with Blender: Cycles on the CPU, Standard view transform, lit by the world's colour alone.

python tests/consumers/render_blender.py FILE.glb -o out.png --frame 96 --samples 32 --blender 5.0
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from blender import DEFAULT_VERSION, run_blender
from render_three import parse_size


def read_arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--background", default="#0b0e14", help="#rrggbb that the camera sees")
    parser.add_argument("--light", default="#b8b8b8", help="#rrggbb of the world that lights the scene")
    parser.add_argument("--size", type=parse_size, default=(1600, 800))
    parser.add_argument("--clip", help="animation to show; `epochs` (what Blender plays) when omitted")
    parser.add_argument(
        "--frame", type=float, help="the last frame of the file when omitted; step k is at 24 k"
    )
    parser.add_argument("--turn", type=float, default=0.0, help="degrees the camera goes round the scene")
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--blender", default=DEFAULT_VERSION, help="version of the bpy environment")
    return parser.parse_args()


def main() -> None:
    """Hand the wish to the program that runs inside Blender and print its answer."""
    wish = vars(read_arguments())
    version = wish.pop("blender")
    wish |= {key: str(wish[key].resolve()) for key in ("file", "output")}
    print(json.dumps(run_blender("render", wish, version=version)), file=sys.stdout)


if __name__ == "__main__":
    main()
