"""From a model in training to an animated scene: the README's example, runnable as it is.

python samples/first_scene.py [OUTPUT.glb]
"""

import sys

import torch
from torch import nn

import nn2gltf
from nn2gltf.train.data import load_dataset

digits = load_dataset("digits")
x, y = torch.from_numpy(digits.normalise(digits.train_images)), torch.from_numpy(digits.train_labels)
output = sys.argv[1] if len(sys.argv) > 1 else "first_scene.glb"
torch.manual_seed(0)

model = nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
with nn2gltf.Recorder(model, probes=x[:10], labels=y[:10]) as recorder:
    for epoch in range(10):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
        accuracy = (model(x).argmax(1) == y).float().mean().item()
        recorder.step(epoch + 1, accuracy=accuracy)
written = recorder.export(output, title="My first network")

print(written.path)
