"""Small model files of every kind, and ways to damage them, the same in every run."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import torch
from model_files import Touch, zip_file
from onnx_files import save, small_model
from safetensors.torch import save_file
from torch import nn

EDGE = 256
STEP = 97


def write_models(folder: Path, ran: Path) -> dict[str, Path]:
    """One small file of each kind; ``evil`` (beside weights) and ``code`` (alone) write ``ran`` when a loader runs them."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)).eval()
    example = torch.zeros(1, 4)
    paths = {
        name: folder / f"{name}{suffix}"
        for name, suffix in {
            "module": ".pt", "weights": ".pt", "script": ".pt", "program": ".pt2", "tensors": ".safetensors",
            "graph": ".onnx", "evil": ".pt", "code": ".pt", "old": ".pt",
            "packed": ".pt",
        }.items()
    }  # fmt: skip
    torch.save(module, paths["module"])
    torch.save({"state_dict": module.state_dict(), "epoch": 3}, paths["weights"])
    torch.save(module.state_dict(), paths["old"], _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.trace(module, example), str(paths["script"]))  # type: ignore[no-untyped-call]
    torch.export.save(torch.export.export(module, (example,)), str(paths["program"]))
    with zipfile.ZipFile(paths["weights"]) as archive:
        zip_file(paths["packed"], {n: archive.read(n) for n in archive.namelist()}, zipfile.ZIP_DEFLATED)
    save_file(module.state_dict(), paths["tensors"])
    save(small_model(), paths["graph"])
    torch.save({"state_dict": module.state_dict(), "extra": Touch(ran)}, paths["evil"])
    torch.save(Touch(ran), paths["code"])
    return paths


def cuts(size: int, *, every: int = 1) -> list[int]:
    """Lengths to cut a file to: every byte of its first and last 256, every 97th between; one in ``every`` of them."""
    ends = {*range(min(EDGE, size)), *range(max(0, size - EDGE), size), *range(0, size, STEP)}
    return sorted(ends)[::every]


def mutations(data: bytes, count: int, *, seed: int) -> Iterator[bytes]:
    """Copies with bytes flipped, numbers made extreme, parts deleted, repeated or exchanged."""
    rng = random.Random(seed)
    for _ in range(count):
        made = bytearray(data)
        for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
            _damage(made, rng)
        yield bytes(made)


def _damage(data: bytearray, rng: random.Random) -> None:
    # Damage near the ends meets headers and directories, where most of a format's logic is.
    place = (
        rng.randrange(len(data))
        if rng.random() < 0.5
        else rng.choice((rng.randrange(EDGE), -rng.randrange(1, EDGE)))
    )
    place %= len(data)
    span = rng.choice((1, 2, 4, 8, 64))
    kind = rng.randrange(6)
    if kind == 0:
        data[place] ^= 1 << rng.randrange(8)
    elif kind == 1:
        data[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, ord("."), ord("("), ord("R"), ord("c")))
    elif kind == 2:
        extreme = rng.choice((b"\xff", b"\x00", b"\x7f")) * span
        data[place : place + span] = extreme[: len(data) - place]
    elif kind == 3 and len(data) > 2 * span:
        del data[place : place + span]
    elif kind == 4:
        data[place:place] = data[place : place + span]
    else:
        other = rng.randrange(len(data))
        data[place : place + span] = data[other : other + span]
