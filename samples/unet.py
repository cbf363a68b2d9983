"""A small U-Net that learns to find handwriting in clutter, recorded while it does.

python samples/unet.py [OUTPUT.glb]
"""

import sys
from itertools import pairwise

import numpy as np
import torch
from torch import nn

import nn2gltf
from nn2gltf.train.data import ImageData, load_dataset

SIDE, WIDTH, DEPTH = 64, 8, 3


class Double(nn.Module):
    """Two convolutions of 3 x 3 with normalisation."""

    def __init__(self, inputs: int, outputs: int) -> None:
        """Sides stay as they are."""
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs)
        self.conv2, self.norm2 = nn.Conv2d(outputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, outputs, h, w)."""
        maps = torch.relu(self.norm1(self.conv1(maps)))
        return torch.relu(self.norm2(self.conv2(maps)))


class UNet(nn.Module):
    """Down to an eighth of the resolution and up again, every level handed across."""

    def __init__(self, width: int = WIDTH, depth: int = DEPTH) -> None:
        """Channels double from level to level."""
        super().__init__()
        widths = [width << level for level in range(depth + 1)]
        pairs = list(pairwise(widths))
        self.down = nn.ModuleList(Double(a, b) for a, b in zip([1, *widths], widths, strict=False))
        self.pool = nn.MaxPool2d(2)
        self.rise = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in pairs)
        self.up = nn.ModuleList(Double(2 * a, a) for a, _ in pairs)
        self.mask = nn.Conv2d(width, 1, 1)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """(n, 1, h, w) to the probability of ink (n, 1, h, w)."""
        maps, kept = self.down[0](pictures), []
        for block in self.down[1:]:
            kept.append(maps)
            maps = block(self.pool(maps))
        for level in reversed(range(len(kept))):
            maps = self.up[level](torch.cat([kept[level], self.rise[level](maps)], dim=1))
        return torch.sigmoid(self.mask(maps))


def clutter(
    digits: ImageData, count: int, *, side: int = SIDE, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of up to four digits over waves and noise, and where their ink is: (n, 1, side, side) each, 0..1."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    pictures, masks = [], []
    half = side // 2
    for _ in range(count):
        ink = np.zeros((side, side))
        for corner in rng.permutation(4)[: rng.integers(1, 5)]:
            digit = digits.train_images[rng.integers(len(digits.train_images))].reshape(28, 28)
            top, left = (int(rng.integers(half - 27)) + half * int(bit) for bit in divmod(corner, 2))
            ink[top : top + 28, left : left + 28] = digit / 255
        turn, waves, phase = rng.uniform(0, np.pi), rng.uniform(3, 9), rng.uniform(0, 2 * np.pi)
        wave = 0.5 + 0.5 * np.sin(2 * np.pi * waves * (x * np.cos(turn) + y * np.sin(turn)) + phase)
        back = 0.55 * wave + rng.uniform(0, 0.35, (side, side))
        pictures.append(np.clip(np.maximum(0.8 * back, ink * rng.uniform(0.7, 1.0)), 0, 1))
        masks.append(ink > 0.4)
    stack = [np.asarray(items, np.float32)[:, None] for items in (pictures, masks)]
    return torch.from_numpy(stack[0]), torch.from_numpy(stack[1])


def main() -> None:
    """Train for some seconds and export."""
    output = sys.argv[1] if len(sys.argv) > 1 else "unet.glb"
    torch.manual_seed(0)
    digits = load_dataset("digits")
    x, y = clutter(digits, 320)
    model = UNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    with nn2gltf.Recorder(model, probes=x[:3]) as recorder:
        for epoch in range(4):
            for batch in torch.randperm(len(x)).split(16):
                optimizer.zero_grad()
                nn.functional.binary_cross_entropy(model(x[batch]), y[batch]).backward()
                optimizer.step()
            recorder.step(epoch + 1, accuracy=((model(x[:64]) > 0.5) == (y[:64] > 0.5)).float().mean().item())
    print(recorder.export(output, title="A small U-Net").path)


if __name__ == "__main__":
    main()
