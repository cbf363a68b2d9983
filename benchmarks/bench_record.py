"""What recording adds to an epoch of training, against the same training without it.

Peers: plain training, and torch's own forward hooks that copy every module's output on the same probes.
"""

import statistics
import time

import torch
from torch import nn

import nn2gltf
from nn2gltf.train.data import load_dataset
from nn2gltf.train.registry import build_model

ROUNDS = 5


def epoch(model: nn.Module, x: torch.Tensor, y: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
    """One pass over the data."""
    model.train()
    for batch in torch.arange(len(x)).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()


def hooked(model: nn.Module, probes: torch.Tensor) -> None:
    """The least that any recorder does: copy every module's output once."""
    kept = []
    hooks = [
        m.register_forward_hook(lambda _m, _i, out: kept.append(out.detach().clone()))
        for m in model.modules()
    ]
    with torch.no_grad():
        model(probes)
    for hook in hooks:
        hook.remove()


def main() -> None:
    """Epochs in turn: plain, with hooks, with the recorder; medians and ratios."""
    torch.set_num_threads(2)
    digits = load_dataset("digits")
    x = torch.from_numpy(digits.normalise(digits.train_images)).repeat(5, 1, 1, 1)
    y = torch.from_numpy(digits.train_labels).repeat(5)
    probes = x[:10]
    model = build_model("lenet")
    optimizer = torch.optim.Adam(model.parameters())
    recorder = nn2gltf.Recorder(model, probes=probes, labels=y[:10])
    recorder.start()
    times: dict[str, list[float]] = {"plain": [], "hooks": [], "recorder": []}
    epoch(model, x, y, optimizer)
    for number in range(ROUNDS):
        for name, taken in times.items():
            start = time.perf_counter()
            epoch(model, x, y, optimizer)
            if name == "hooks":
                hooked(model, probes)
            elif name == "recorder":
                recorder.step(number + 1)
            taken.append(time.perf_counter() - start)
    plain = statistics.median(times["plain"])
    for name, taken in times.items():
        print(
            f"{name:<10} {statistics.median(taken) / plain:.3f} x plain training (lenet, {len(x)} pictures)"
        )


if __name__ == "__main__":
    main()
