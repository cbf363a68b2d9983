"""A small vision transformer that reads digits, its attention recorded while it learns.

python samples/small_vit.py [OUTPUT.glb]
"""

import sys

import torch
from char_gpt import Block
from torch import nn

import nn2gltf
from nn2gltf.train.data import load_dataset

SIDE, PATCH, WIDTH, BLOCKS = 28, 7, 64, 3


class SmallViT(nn.Module):
    """Patches of 7 x 7 pixels and a class token."""

    def __init__(self) -> None:
        """Blocks as in the character GPT, without its mask."""
        super().__init__()
        self.patches = nn.Conv2d(1, WIDTH, PATCH, stride=PATCH)
        self.label = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.positions = nn.Parameter(torch.randn((SIDE // PATCH) ** 2 + 1, WIDTH) * 0.02)
        self.blocks = nn.Sequential(*(Block(causal=False) for _ in range(BLOCKS)))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 10)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """(n, 1, 28, 28) to (n, 10)."""
        patches = self.patches(pictures).flatten(2).transpose(1, 2)
        tokens = torch.cat([patches, self.label.expand(len(pictures), -1, -1)], dim=1) + self.positions
        return self.head(self.norm(self.blocks(tokens))[:, -1])


def main() -> None:
    """Train for some seconds and export."""
    output = sys.argv[1] if len(sys.argv) > 1 else "small_vit.glb"
    torch.manual_seed(0)
    digits = load_dataset("digits")
    x, y = torch.from_numpy(digits.normalise(digits.train_images)), torch.from_numpy(digits.train_labels)
    model = SmallViT()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    with nn2gltf.Recorder(model, probes=x[:3], labels=y[:3]) as recorder:
        for epoch in range(6):
            for batch in torch.randperm(len(x)).split(64):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
                optimizer.step()
            recorder.step(epoch + 1, accuracy=(model(x).argmax(1) == y).float().mean().item())
    print(recorder.export(output, title="A small ViT").path)


if __name__ == "__main__":
    main()
