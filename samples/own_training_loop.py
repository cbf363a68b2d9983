"""Three lines in a training loop of your own, with everything that can be recorded.

python samples/own_training_loop.py [OUTPUT.glb]
"""

import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import nn2gltf
from nn2gltf.train.data import load_dataset

digits = load_dataset("digits")
train = TensorDataset(
    torch.from_numpy(digits.normalise(digits.train_images)), torch.from_numpy(digits.train_labels)
)
test = TensorDataset(
    torch.from_numpy(digits.normalise(digits.test_images)), torch.from_numpy(digits.test_labels)
)
output = sys.argv[1] if len(sys.argv) > 1 else "own_training_loop.glb"
torch.manual_seed(0)

model = nn.Sequential(
    nn.Conv2d(1, 8, 5), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Dropout(0.2), nn.Linear(288, 10)
)  # fmt: skip
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
probes, labels = next(iter(DataLoader(test, batch_size=10)))

with nn2gltf.Recorder(
    model,
    probes=probes,
    labels=labels,
    classes=digits.classes,
    path="own_training_loop.nn2gltf",
    record=["weights", "changes", "units", "predictions", "gradients", "updates", "statistics"],
    evaluate=DataLoader(test, batch_size=100),
    optimizer=optimizer,
) as recorder:
    for epoch in range(8):
        model.train()
        for images, truth in DataLoader(train, batch_size=64, shuffle=True):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), truth)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            right = sum(int((model(x).argmax(1) == y).sum()) for x, y in DataLoader(test, batch_size=100))
        recorder.step(epoch + 1, train_loss=loss.item(), test_accuracy=right / len(test))

recording = recorder.recording()
print(f"dead units after the first ReLU: {recording.number('dead', '2'):.0%}")
print(f"last update of the last layer: {recording.number('update-ratio', '6.weight'):.2%} of its weights")
print(recorder.export(output, title="My own loop").path)
