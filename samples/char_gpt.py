"""A character GPT that learns a text by heart, its attention recorded while it does.

python samples/char_gpt.py [OUTPUT.glb]
"""

import sys

import torch
from torch import nn

import nn2gltf

TEXT = (
    "the cat sat on the mat. the dog sat on the log. the cat saw the dog and the dog saw the cat. "
    "a bird sang in the tree and the cat looked up at the bird. the bird saw the cat and sang no more. "
) * 4
LETTERS = sorted(set(TEXT))
LENGTH, WIDTH, HEADS, BLOCKS = 16, 64, 4, 4


class Attention(nn.Module):
    """Self-attention, written out so that its weights are a tensor of the graph."""

    def __init__(self, *, causal: bool) -> None:
        """Four projections of one width; ``causal`` hides what comes later."""
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        mask = torch.full((LENGTH, LENGTH), float("-inf")).triu(1) if causal else None
        self.register_buffer("mask", mask)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, tokens, width) to the same shape."""
        count, tokens, width = x.shape
        shape = (count, tokens, HEADS, width // HEADS)
        query, key, value = (
            layer(x).view(shape).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        scores = query @ key.transpose(2, 3) * shape[3] ** -0.5
        if self.mask is not None:
            scores = scores + self.mask
        heads = torch.softmax(scores, dim=-1) @ value
        return self.out(heads.transpose(1, 2).reshape(count, tokens, width))


class Block(nn.Module):
    """Attention and an MLP, each added to the residual stream."""

    def __init__(self, *, causal: bool = True) -> None:
        """Norms before both, as in GPT-2."""
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(WIDTH), Attention(causal=causal)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, tokens, width) to the same shape."""
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class CharGPT(nn.Module):
    """Scores of the next letter."""

    def __init__(self) -> None:
        """Learned positions, as in GPT-2."""
        super().__init__()
        self.letters = nn.Embedding(len(LETTERS), WIDTH)
        self.positions = nn.Parameter(torch.randn(LENGTH, WIDTH) * 0.02)
        self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, len(LETTERS))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(n, tokens) to (n, letters)."""
        return self.head(self.norm(self.blocks(self.letters(tokens) + self.positions))[:, -1])


def read_windows() -> tuple[torch.Tensor, torch.Tensor]:
    """Every window of the text, and the letter that follows it."""
    codes = torch.tensor([LETTERS.index(letter) for letter in TEXT[: len(TEXT) // 2]])
    windows = codes.unfold(0, LENGTH + 1, 1)
    return windows[:, :-1].contiguous(), windows[:, -1].contiguous()


def main() -> None:
    """Train for some seconds and export."""
    output = sys.argv[1] if len(sys.argv) > 1 else "char_gpt.glb"
    torch.manual_seed(0)
    x, y = read_windows()
    model = CharGPT()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    classes = [letter if letter != " " else "space" for letter in LETTERS]
    with nn2gltf.Recorder(model, probes=x[:3], labels=y[:3], classes=classes) as recorder:
        for epoch in range(6):
            for batch in torch.randperm(len(x)).split(32):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
                optimizer.step()
            recorder.step(epoch + 1, accuracy=(model(x).argmax(1) == y).float().mean().item())
    print(recorder.export(output, title="A character GPT").path)


if __name__ == "__main__":
    main()
