"""Draw the pictures of docs/viewer.md: the viewer page itself, in the sizes and themes that people meet it in.

    python samples/viewer_pictures.py [--lenet out/lenet.glb] [--gpt out/pictures/char-gpt.glb]

Needs a Chromium and the built page (``make setup``). Scenes that are not there are made first, as ``nn2gltf demo``
and ``samples/char_gpt.py`` make them.
"""

import argparse
import base64
import io
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

import nn2gltf
from nn2gltf.html import read_viewer, write_html
from nn2gltf.render import Browser

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 250_000
SECONDS = 60.0
READY = (
    "(() => { const view = globalThis.nn2gltf?.state().view; if (view === 'error') return 'error';"
    " const probes = [...document.querySelectorAll('.probe canvas:not([hidden])')];"
    " return view === 'ready' && probes.every((each) => each.width > 1) ? 'ready' : ''; })()"
)


@dataclass(frozen=True)
class View:
    """One picture: which scene, what the link says, and the window."""

    name: str
    scene: str
    link: str
    width: int
    height: int


DESKTOP, PHONE, FRAME = (1280, 720), (390, 844), (800, 420)
VIEWS = (
    View("desktop-dark", "lenet", "sel=conv2/3&px=4,4", *DESKTOP),
    View("desktop-light", "lenet", "theme=light&probe=7", *DESKTOP),
    View("attention", "gpt", "sel=blocks.0.attention/softmax/1&px=9,4", *DESKTOP),
    View("compare", "lenet", "vs=epochs&a=0&probe=3", *DESKTOP),
    View("phone-dark", "lenet", "sel=conv2/3", *PHONE),
    View("phone-light", "lenet", "theme=light&probe=7", *PHONE),
    View("iframe-dark", "lenet", "probe=7", *FRAME),
    View("iframe-light", "lenet", "theme=light&probe=3", *FRAME),
)


def draw(browser: Browser, page: Path, view: View) -> bytes:
    """PNG of the page at that link, once it stands still."""
    size = {"width": view.width, "height": view.height}
    browser.call("Emulation.setDeviceMetricsOverride", deviceScaleFactor=1, mobile=view.width < 600, **size)
    # A link that differs behind the "#" alone would not open the page again.
    browser.call("Page.navigate", url="about:blank")
    browser.call("Page.navigate", url=f"{page.as_uri()}#{view.link}")
    until = time.monotonic() + SECONDS
    while (state := browser.evaluate(READY)) != "ready":
        if state == "error" or time.monotonic() > until:
            raise SystemExit(f"{view.name}: the page does not show its scene")
        time.sleep(0.1)
    browser.evaluate("nn2gltf.settled()")
    return base64.b64decode(browser.call("Page.captureScreenshot", format="png")["data"])


def small(png: bytes) -> bytes:
    """The same picture below :data:`MOST_BYTES`, with 256 colours where it must be."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for shown in (picture, picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)):
        out = io.BytesIO()
        shown.save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    return out.getvalue()


def scenes(arguments: argparse.Namespace) -> dict[str, Path]:
    """The scenes by name, made where they are missing."""
    if not arguments.lenet.exists():
        nn2gltf.train_model("lenet", data="auto", data_dir=arguments.data_dir, output=arguments.lenet)
    if not arguments.gpt.exists():
        arguments.gpt.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, str(ROOT / "samples" / "char_gpt.py"), str(arguments.gpt)], check=True
        )
    return {"lenet": arguments.lenet, "gpt": arguments.gpt}


def main() -> None:
    """Open each view in one Chromium, with the motion that people may switch off switched off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lenet", type=Path, default=ROOT / "out" / "lenet.glb")
    parser.add_argument("--gpt", type=Path, default=ROOT / "out" / "pictures" / "char-gpt.glb")
    parser.add_argument("--data-dir", default=None)
    found = scenes(parser.parse_args())
    PICTURES.mkdir(parents=True, exist_ok=True)
    calm = [
        {"name": "prefers-reduced-motion", "value": "reduce"},
        {"name": "prefers-color-scheme", "value": "dark"},
    ]
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        browser.call("Emulation.setEmulatedMedia", features=calm)
        for name, scene in found.items():
            Path(folder, f"{name}.html").write_bytes(
                write_html(read_viewer(), scene.read_bytes(), name=f"{name}.glb")
            )
        for view in VIEWS:
            target = PICTURES / f"viewer-{view.name}.png"
            target.write_bytes(small(draw(browser, Path(folder, f"{view.scene}.html"), view)))
            print(f"{target.relative_to(ROOT)} {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
