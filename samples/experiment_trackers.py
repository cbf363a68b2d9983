"""The same run in TensorBoard and in Weights & Biases, the scene beside the curves.

python samples/experiment_trackers.py [OUTPUT.glb]

Needs: pip install tensorboard; Weights & Biases joins in when wandb is installed and you are logged in, or offline with
WANDB_MODE=offline.
"""

import importlib.util
import sys

import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter

import nn2gltf
from nn2gltf.train.data import load_dataset
from nn2gltf.train.registry import build_model

digits = load_dataset("digits")
x, y = torch.from_numpy(digits.normalise(digits.train_images)), torch.from_numpy(digits.train_labels)
output = sys.argv[1] if len(sys.argv) > 1 else "trackers.glb"

model = build_model("mlp")
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
board = SummaryWriter("trackers-tensorboard")
with nn2gltf.Recorder(model, probes=x[:10], labels=y[:10], classes=digits.classes) as recorder:
    for epoch in range(5):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
        accuracy = (model(x).argmax(1) == y).float().mean().item()
        recorder.step(epoch + 1, train_loss=loss.item(), train_accuracy=accuracy)
        board.add_scalar("accuracy", accuracy, epoch + 1)
        board.add_scalar("dead units", float(recorder.recording().number("dead", "relu")), epoch + 1)
path = recorder.export(output, title="In every tracker").path
# TensorBoard has no place for a model in 3D, so it gets the link to it.
board.add_text("scene", f"`nn2gltf view {path}`")
board.close()

if importlib.util.find_spec("wandb"):
    import wandb

    with wandb.init(project="nn2gltf") as run:
        run.log({"network": wandb.Object3D(str(path)), "accuracy": accuracy})
print(path)
