"""Small networks for 28 x 28 images: the first ones everybody meets.

Attribute names are what a picture shows, so they are short and say what a layer does. Every operation is a
module of torch.nn, so that a saved model loads through torch's ``weights_only`` allow-list.
"""

from __future__ import annotations

from torch import Tensor, nn

SIDE = 28
"""Width and height of an image, pixels, unless told otherwise."""


class MLP(nn.Module):
    """The classic first network: 784 pixels, one hidden layer, one unit per class.

    Args:
        classes: Number of outputs.
        units: Size of the hidden layer.
        channels, side: Of the images.
    """

    def __init__(self, classes: int = 10, units: int = 128, *, channels: int = 1, side: int = SIDE) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.hidden = nn.Linear(channels * side * side, units)
        self.relu = nn.ReLU()
        self.out = nn.Linear(units, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (n, classes) of images (n, channels, side, side)."""
        result: Tensor = self.out(self.relu(self.hidden(self.flatten(images))))
        return result


class DeepMLP(nn.Module):
    """Three hidden layers that narrow: 784, 256, 128, 64, classes."""

    def __init__(self, classes: int = 10, *, channels: int = 1, side: int = SIDE) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.hidden1 = nn.Linear(channels * side * side, 256)
        self.relu1 = nn.ReLU()
        self.hidden2 = nn.Linear(256, 128)
        self.relu2 = nn.ReLU()
        self.hidden3 = nn.Linear(128, 64)
        self.relu3 = nn.ReLU()
        self.out = nn.Linear(64, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (n, classes) of images (n, channels, side, side)."""
        values = self.relu1(self.hidden1(self.flatten(images)))
        values = self.relu3(self.hidden3(self.relu2(self.hidden2(values))))
        result: Tensor = self.out(values)
        return result


class LeNet(nn.Module):
    """Two convolutions with pooling, then three linear layers.

    Source: Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998, figure 2; with
    ReLU, max pooling, and 8 instead of 6 maps in the first layer.
    """

    def __init__(self, classes: int = 10, *, channels: int = 1, side: int = SIDE) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 8, kernel_size=5, padding=2)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=5)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(16 * ((side // 2 - 4) // 2) ** 2, 120)
        self.relu3 = nn.ReLU()
        self.fc2 = nn.Linear(120, 84)
        self.relu4 = nn.ReLU()
        self.out = nn.Linear(84, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (n, classes) of images (n, channels, side, side)."""
        maps = self.pool1(self.relu1(self.conv1(images)))
        maps = self.pool2(self.relu2(self.conv2(maps)))
        values = self.relu3(self.fc1(self.flatten(maps)))
        result: Tensor = self.out(self.relu4(self.fc2(values)))
        return result


class ConvNorm(nn.Module):
    """A convolution without bias, and the batch normalisation that takes its place."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (n, outputs, h / stride, w / stride) of maps (n, inputs, h, w)."""
        result: Tensor = self.norm(self.conv(maps))
        return result


class BasicBlock(nn.Module):
    """Two convolutions beside a skip; the skip is a 1 x 1 convolution where the shape changes.

    Source: K. He et al., "Deep residual learning for image recognition", 2015, figure 2 (left) and option B.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else ConvNorm(inputs, outputs, kernel=1, stride=stride)
        self.relu2 = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (n, outputs, h / stride, w / stride) of maps (n, inputs, h, w)."""
        change = self.norm2(self.conv2(self.relu1(self.norm1(self.conv1(maps)))))
        result: Tensor = self.relu2(change + self.shortcut(maps))
        return result


class ResNet(nn.Module):
    """A small residual network: a stem, three blocks of 8, 16 and 32 maps, global average pooling.

    The first block keeps its input's shape and skips directly; the others halve the maps' sides.
    """

    def __init__(
        self,
        classes: int = 10,
        widths: tuple[int, int, int] = (8, 16, 32),
        *,
        channels: int = 1,
        side: int = SIDE,  # noqa: ARG002  # any: the maps are averaged at the end
    ) -> None:
        super().__init__()
        self.stem = ConvNorm(channels, widths[0])
        self.relu = nn.ReLU()
        self.block1 = BasicBlock(widths[0], widths[0])
        self.block2 = BasicBlock(widths[0], widths[1], stride=2)
        self.block3 = BasicBlock(widths[1], widths[2], stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.out = nn.Linear(widths[2], classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (n, classes) of images (n, channels, side, side)."""
        maps = self.relu(self.stem(images))
        maps = self.pool(self.block3(self.block2(self.block1(maps))))
        result: Tensor = self.out(self.flatten(maps))
        return result
