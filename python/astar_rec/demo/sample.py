"""The images that come with the package: data/mnist_sample.npz.

How the file was made, and where MNIST comes from, data/README.md says.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["SAMPLE", "Images", "load_sample"]

SAMPLE = Path(__file__).parent.parent / "data" / "mnist_sample.npz"

Images = npt.NDArray[np.uint8]


def load_sample() -> tuple[Images, Images]:
    """Returns the first 100 test images of MNIST and their labels.

    Returns:
        Images, uint8 of shape (100, 28, 28), and the digits that they show, uint8 of shape (100,).
    """
    with np.load(SAMPLE, allow_pickle=False) as arrays:
        return arrays["images"], arrays["labels"]
