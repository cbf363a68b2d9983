"""The bundled handwritten digits: real data for machines without a network.

1,797 samples of 8 x 8 pixels by 13 people (UCI Machine Learning Repository, CC BY 4.0, see
digits-LICENSE.txt), enlarged to MNIST's 28 x 28 so that the same models read them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from nn2gltf.errors import InternalError

Bytes = npt.NDArray[np.uint8]

SIDE = 28
"""Width and height of an image as models read it, pixels."""

TEST_EVERY = 5
"""Of each class, every fifth sample in the file's order is a test sample."""

_FILE = Path(__file__).with_name("digits.npz")
_FULL = 16
_ENLARGED = 26
_CONTRAST_OFFSET = 50
_CONTRAST_GAIN = 1.5


def read_digits() -> tuple[Bytes, Bytes, Bytes, Bytes]:
    """Read the bundled digits.

    Returns:
        Training images (1442, 28, 28) uint8, their labels (1442,) uint8, and the same for the 355 test samples.
    """
    try:
        with np.load(_FILE, allow_pickle=False) as arrays:
            small, labels = arrays["images"], arrays["labels"]
    except (OSError, ValueError, KeyError) as error:
        hint = "Install nn2gltf again."
        raise InternalError("the bundled digits are damaged", where=str(_FILE), hint=hint) from error
    images = np.stack([enlarge_digit(image) for image in small])
    test = _every_nth_of_class(labels, TEST_EVERY)
    return images[~test], labels[~test], images[test], labels[test]


def enlarge_digit(small: Bytes) -> Bytes:
    """Enlarge an 8 x 8 digit the way MNIST frames its own: a 20-pixel digit inside an empty border.

    Bicubic by Pillow, whose 8-bit resampling is integer arithmetic and so gives the same bytes everywhere; then
    a contrast stretch, since enlarging alone leaves grey strokes.

    Args:
        small: (8, 8) uint8 in 0..16.

    Returns:
        (28, 28) uint8 in 0..255.
    """
    ink = np.rint(np.pad(small, 1) * (255 / _FULL)).astype(np.uint8)
    large = Image.fromarray(ink).resize((_ENLARGED, _ENLARGED), Image.Resampling.BICUBIC)
    stretched = (np.asarray(large, dtype=np.float64) - _CONTRAST_OFFSET) * _CONTRAST_GAIN
    crisp = np.rint(np.clip(stretched, 0, 255)).astype(np.uint8)
    return np.pad(crisp, (SIDE - _ENLARGED) // 2)


def _every_nth_of_class(labels: Bytes, nth: int) -> npt.NDArray[np.bool_]:
    chosen = np.zeros(len(labels), dtype=np.bool_)
    for label in np.unique(labels):
        chosen[np.flatnonzero(labels == label)[nth - 1 :: nth]] = True
    return chosen
