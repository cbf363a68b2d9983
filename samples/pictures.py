"""Draw the README's pictures: scenes as three.js shows them, in two styles, and as Blender does.

    python samples/pictures.py [--data-dir DIR] [--blender]

Needs what the tests need: a Chromium and ``npm ci`` in tests/js (``make setup``), and ``make blender`` for
Blender's picture. The networks are trained here; nothing is drawn by hand.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import nn2gltf

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
SCENES = (
    ("lenet", "stage", "#0b0e14", "hero"),
    ("lenet", "paper", "#ffffff", "hero"),
    ("mlp", "stage", "#0b0e14", "hero"),
    ("resnet", "stage", "#0b0e14", "hero"),
)
BIG = ("resnet50",)
"""torchvision's models, drawn as structure: their weights are not on this machine."""


def draw(program: str, scene: Path, picture: Path, *options: str) -> None:
    """Run one of the test harness's picture programs."""
    command = [sys.executable, str(ROOT / "tests" / "consumers" / program), str(scene), "-o", str(picture)]
    subprocess.run([*command, "--size", "1600x800", *options], check=True)
    print(picture.relative_to(ROOT))


def main() -> None:
    """Train once for each small network, export each style and the big ones, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", default=None)
    parser.add_argument("--blender", action="store_true", help="also render with Blender's Cycles")
    arguments = parser.parse_args()
    out = ROOT / "out" / "pictures"
    for folder in (out, PICTURES):
        folder.mkdir(parents=True, exist_ok=True)
    for name, style, background, camera in SCENES:
        run = out / f"{name}.nn2gltf"
        if not run.exists():
            nn2gltf.train_model(name, data="auto", data_dir=arguments.data_dir, record=run)
        scene = out / f"{name}-{style}.glb"
        nn2gltf.export(run, scene, style=style, probe=7, force=True)
        options = ("--background", background, "--camera", camera)
        draw("render_three.py", scene, PICTURES / f"{name}-{style}.png", *options)
    for name in BIG:
        scene = out / f"{name}.glb"
        nn2gltf.export(f"torchvision:{name}", scene, force=True)
        draw("render_three.py", scene, PICTURES / f"{name}.png", "--background", "#0b0e14")
    scene = out / "char-gpt.glb"
    subprocess.run([sys.executable, str(ROOT / "samples" / "char_gpt.py"), str(scene)], check=True)
    draw("render_three.py", scene, PICTURES / "char-gpt.png", "--background", "#0b0e14")
    if arguments.blender:
        draw("render_blender.py", out / "lenet-stage.glb", PICTURES / "lenet-blender.png")


if __name__ == "__main__":
    main()
