"""Make the gallery: a scene of each kind of network, and their pictures.

    python samples/gallery.py [-o FOLDER] [--data-dir DIR] [--pictures FOLDER] [--only NAME]... [--smoke]

The small networks are trained here, on MNIST where ``--data-dir`` has it, else on the bundled digits. The big ones have
random weights, which their scenes say, and are shown a photograph; the language models, which no text fits without its
vocabulary, are drawn as structure. ``--smoke`` makes a miniature of each within seconds.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from char_gpt import LETTERS, CharGPT, read_windows
from small_vit import SmallViT
from torch import Tensor, nn
from unet import UNet, clutter

import nn2gltf
from nn2gltf.train.data import load_dataset
from nn2gltf.train.options import TrainOptions

HERE = Path(__file__).resolve().parent
PHOTO = HERE / "photos" / "cat.jpg"
CAMERAS = (("hero", "0"), ("hero", "-35"), ("front", "0"))
"""Three looks at each scene: the file's own camera, from the left, and from the front."""
MOST_PICTURE_BYTES = 250_000


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What was asked for.

    Attributes:
        folder: Where scenes go.
        smoke: Miniatures.
    """

    folder: Path
    smoke: bool = False
    data_dir: str | None = None
    style: str = "stage"

    @property
    def data(self) -> str:
        """Name of the data set of the small networks."""
        return "mnist" if self.data_dir else "digits"

    @property
    def epochs(self) -> int:
        """Passes over the data."""
        return 1 if self.smoke else 6


Maker = Callable[[Wish, Path], Any]


def train_builtin(model: str, title: str) -> Maker:
    """One of nn2gltf's own networks, in nn2gltf's own loop."""

    def make(wish: Wish, path: Path) -> Any:
        nn2gltf.train_model(
            model,
            data=wish.data,
            data_dir=wish.data_dir,
            options=TrainOptions(epochs=wish.epochs),
            output=path,
            force=True,
            title=title,
            style=wish.style,
        )

    return make


Loss = Callable[[Tensor, Tensor], Tensor]


def learn(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    loss: Loss,
    probes: int,
    labels: Any,
    classes: Sequence[str],
    epochs: int,
) -> nn2gltf.Recorder:
    """A plain training loop with a recorder in it."""
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    order = torch.Generator().manual_seed(0)
    with nn2gltf.Recorder(model, probes=x[:probes], labels=labels, classes=classes) as recorder:
        for epoch in range(epochs):
            model.train()
            for batch in torch.randperm(len(x), generator=order).split(32):
                optimizer.zero_grad()
                loss(model(x[batch]), y[batch]).backward()
                optimizer.step()
            model.eval()
            recorder.step(epoch + 1, accuracy=_accuracy(model, x[:512], y[:512]))
    return recorder


@torch.no_grad()
def _accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """Share of right classes, or of right pixels."""
    out = model(x)
    right = out.argmax(1) == y if y.ndim == 1 else (out > 0.5) == (y > 0.5)
    return right.float().mean().item()


def make_unet(wish: Wish, path: Path) -> Any:
    """A U-Net that finds handwriting in clutter."""
    torch.manual_seed(0)
    digits = load_dataset(wish.data, data_dir=wish.data_dir)
    count = 32 if wish.smoke else 480
    x, y = clutter(digits, count)
    loss = nn.functional.binary_cross_entropy
    settings: dict[str, Any] = {"loss": loss, "probes": 3, "labels": None, "classes": ()}
    recorder = learn(UNet(), x, y, epochs=1 if wish.smoke else 6, **settings)
    recorder.export(path, title="U-Net", style=wish.style)


def make_char_gpt(wish: Wish, path: Path) -> Any:
    """A character GPT that learns a text by heart."""
    torch.manual_seed(0)
    x, y = read_windows()
    classes = [letter if letter != " " else "space" for letter in LETTERS]
    settings: dict[str, Any] = {
        "loss": nn.functional.cross_entropy,
        "probes": 3,
        "labels": y[:3],
        "classes": classes,
    }
    recorder = learn(CharGPT(), x, y, epochs=min(wish.epochs, 6), **settings)
    recorder.export(path, title="A character GPT", style=wish.style)


def make_small_vit(wish: Wish, path: Path) -> Any:
    """A vision transformer that reads digits."""
    torch.manual_seed(0)
    digits = load_dataset(wish.data, data_dir=wish.data_dir)
    kept = 128 if wish.smoke else 2000
    x, y = (
        torch.from_numpy(digits.normalise(digits.train_images[:kept])),
        torch.from_numpy(digits.train_labels[:kept]),
    )
    loss = nn.functional.cross_entropy
    settings: dict[str, Any] = {"loss": loss, "probes": 3, "labels": y[:3], "classes": digits.classes}
    recorder = learn(SmallViT(), x, y, epochs=min(wish.epochs, 6), **settings)
    recorder.export(path, title="A small ViT", style=wish.style)


def show_photo(name: str, title: str, *, spec: str | None = None) -> Maker:
    """A builder's network with random weights that looks at a photograph."""

    def make(wish: Wish, path: Path) -> Any:
        source = f"{HERE / 'gallery_models.py'}:{name}" if wish.smoke else spec or f"torchvision:{name}"
        sample = _photo(64) if wish.smoke else _photo(320 if name == "maskrcnn" else 224)
        nn2gltf.export(source, path, sample=sample, force=True, title=title, style=wish.style)

    return make


def _photo(side: int) -> Tensor:
    """(1, 3, side, side) pixels in 0..1."""
    import numpy as np
    from PIL import Image

    with Image.open(PHOTO) as picture:
        pixels = np.asarray(picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS), np.float32)
    return torch.from_numpy(pixels / 255).permute(2, 0, 1)[None].contiguous()


def draw_config(name: str, title: str, smaller: dict[str, int]) -> Maker:
    """A language model from its configuration alone."""

    def make(wish: Wish, path: Path) -> Any:
        folder = HERE / "configs" / name
        if wish.smoke:
            settings = json.loads((folder / "config.json").read_text("utf-8")) | smaller
            folder = wish.folder / "configs" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "config.json").write_text(json.dumps(settings), "utf-8")
        nn2gltf.export(f"hf:{folder}", path, force=True, title=title, style=wish.style)

    return make


SCENES: dict[str, Maker] = {
    "mlp": train_builtin("mlp", "MLP"),
    "lenet": train_builtin("lenet", "LeNet"),
    "resnet": train_builtin("resnet", "A small ResNet"),
    "unet": make_unet,
    "char-gpt": make_char_gpt,
    "small-vit": make_small_vit,
    "resnet18": show_photo("resnet18", "ResNet-18"),
    "resnet152": show_photo("resnet152", "ResNet-152"),
    "vgg16": show_photo("vgg16", "VGG-16"),
    "densenet121": show_photo("densenet121", "DenseNet-121"),
    "vit_b_16": show_photo("vit_b_16", "ViT-B/16"),
    "swin_t": show_photo("swin_t", "Swin-T"),
    "maskrcnn": show_photo("maskrcnn", "Mask R-CNN", spec=f"{HERE / 'gallery_models.py'}:maskrcnn_large"),
    "gpt2": draw_config(
        "gpt2",
        "GPT-2",
        {"n_layer": 3, "n_embd": 48, "n_head": 3, "vocab_size": 99, "bos_token_id": 0, "eos_token_id": 0},
    ),
    "llama-70b": draw_config("llama-70b", "Llama 70B", {"num_hidden_layers": 6}),
}
"""Scene to how it is made: twelve kinds of network, and three more that are trained here."""


def draw(scene: Path, picture: Path, camera: str, turn: str) -> None:
    """A picture as three.js shows the scene, small enough for a page."""
    program = HERE.parent / "tests" / "consumers" / "render_three.py"
    options = ["--size", "1280x640", "--camera", camera, f"--turn={turn}"]
    subprocess.run([sys.executable, str(program), str(scene), "-o", str(picture), *options], check=True)
    shrink(picture)


def shrink(picture: Path) -> None:
    """Fewer colours until the file is below MOST_PICTURE_BYTES."""
    from PIL import Image

    with Image.open(picture) as opened:
        full = opened.convert("RGB")
    for colors in (256, 128, 64, 32):
        full.quantize(colors, dither=Image.Dither.NONE).save(picture, optimize=True)
        if picture.stat().st_size < MOST_PICTURE_BYTES:
            return


def main() -> None:
    """Make the scenes that were asked for, then their pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("out/gallery"), metavar="FOLDER")
    parser.add_argument("--data-dir", metavar="DIR", help="where MNIST is; the bundled digits without it")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="also draw each scene in three.js")
    parser.add_argument("--cameras", action="store_true", help="draw it from three cameras")
    parser.add_argument(
        "--only", action="append", choices=list(SCENES), metavar="NAME", help=", ".join(SCENES)
    )
    parser.add_argument("--style", default="stage")
    parser.add_argument("--smoke", action="store_true", help="miniatures, within seconds")
    wished = parser.parse_args()
    wish = Wish(folder=wished.output, smoke=wished.smoke, data_dir=wished.data_dir, style=wished.style)
    wish.folder.mkdir(parents=True, exist_ok=True)
    for name in wished.only or SCENES:
        path, start = wish.folder / f"{name}.glb", time.perf_counter()
        SCENES[name](wish, path)
        print(
            f"{path}: {path.stat().st_size / 1e6:.2f} MB in {time.perf_counter() - start:.1f} s", flush=True
        )
        if wished.pictures:
            wished.pictures.mkdir(parents=True, exist_ok=True)
            for camera, turn in CAMERAS if wished.cameras else CAMERAS[:1]:
                suffix = "" if (camera, turn) == CAMERAS[0] else f"-{camera}{turn}"
                draw(path, wished.pictures / f"{name}{suffix}.png", camera, turn)


if __name__ == "__main__":
    main()
