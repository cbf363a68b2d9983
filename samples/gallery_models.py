"""Networks of the gallery that no builder gives: a detector that takes a batch, and miniatures for ``--smoke``.

Each function is a factory that nn2gltf builds by specification: ``samples/gallery_models.py:resnet152``.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from nn2gltf.torch_vision import require_torchvision

CLASSES = 10


class Detector(nn.Module):
    """A detection model that takes a batch of pictures instead of a list."""

    def __init__(self, model: nn.Module) -> None:
        """Any model of torchvision.models.detection, in evaluation mode."""
        super().__init__()
        self.model = model

    def forward(self, pictures: torch.Tensor) -> Any:
        """(n, 3, h, w) to a list of dictionaries."""
        return self.model(list(pictures.unbind(0)))


def _detection() -> Any:
    require_torchvision()
    from torchvision.models import detection

    return detection


def maskrcnn_large() -> nn.Module:
    """Mask R-CNN on ResNet-50; it keeps every box, since random weights are sure of none."""
    settings = {
        "weights": None,
        "weights_backbone": None,
        "box_score_thresh": 0.0,
        "box_detections_per_img": 10,
    }
    return Detector(_detection().maskrcnn_resnet50_fpn(**settings, min_size=320, max_size=320).eval())


def maskrcnn() -> nn.Module:
    """The same on ResNet-18, with fewer boxes and a small picture."""
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone

    detection = _detection()
    backbone = resnet_fpn_backbone(backbone_name="resnet18", weights=None)
    settings = {"box_score_thresh": 0.0, "box_detections_per_img": 2, "rpn_post_nms_top_n_test": 4}
    model = detection.MaskRCNN(backbone, CLASSES, min_size=64, max_size=64, **settings)
    return Detector(model.eval())


def _resnet(block: str, counts: Sequence[int]) -> nn.Module:
    from torchvision.models import resnet

    model: nn.Module = resnet.ResNet(getattr(resnet, block), list(counts), num_classes=CLASSES)
    return model


def resnet18() -> nn.Module:
    """A block a stage."""
    require_torchvision()
    return _resnet("BasicBlock", (1, 1, 1, 1))


def resnet152() -> nn.Module:
    """Few bottlenecks a stage."""
    require_torchvision()
    return _resnet("Bottleneck", (1, 2, 5, 1))


def vgg16() -> nn.Module:
    """Five stages of narrow convolutions."""
    require_torchvision()
    from torchvision.models import vgg

    features = vgg.make_layers([8, "M", 16, "M", 32, 32, "M", 64, "M", 64, "M"])
    head = nn.Sequential(
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(256, 32), nn.ReLU(), nn.Linear(32, CLASSES)
    )
    return nn.Sequential(features, head)


def densenet121() -> nn.Module:
    """Four short dense blocks."""
    require_torchvision()
    from torchvision.models import densenet

    sizes = {"growth_rate": 8, "block_config": (3, 4, 5, 3), "num_init_features": 16}
    model: nn.Module = densenet.DenseNet(**sizes, num_classes=CLASSES)
    return model


def vit_b_16() -> nn.Module:
    """Two blocks of three heads on 4 x 4 patches."""
    require_torchvision()
    from torchvision.models import vision_transformer

    sizes = {"num_layers": 2, "num_heads": 3, "hidden_dim": 48, "mlp_dim": 96}
    model: nn.Module = vision_transformer.VisionTransformer(
        image_size=64, patch_size=16, num_classes=CLASSES, **sizes
    )
    return model


def swin_t() -> nn.Module:
    """A block a stage."""
    require_torchvision()
    from torchvision.models import swin_transformer

    sizes = {"embed_dim": 24, "depths": [1, 1, 1, 1], "num_heads": [1, 2, 4, 8]}
    model: nn.Module = swin_transformer.SwinTransformer(
        patch_size=[4, 4], window_size=[4, 4], num_classes=CLASSES, **sizes
    )
    return model
