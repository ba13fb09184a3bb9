"""The model and the images that come with the package: data/mnist_ppca.npz.

How it was made, and where MNIST comes from, data/README.md says.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .._files import whole_file
from .ppca import Images, ProbabilisticPCA

if TYPE_CHECKING:
    import os

__all__ = ["BUNDLE", "load_bundle", "save_bundle"]

BUNDLE = Path(__file__).parent.parent / "data" / "mnist_ppca.npz"

Labels = npt.NDArray[np.uint8]


def save_bundle(
    path: str | os.PathLike[str], model: ProbabilisticPCA, images: Images, labels: Labels
) -> None:
    """Writes a model, images and their labels, compactly: directions in half precision."""
    with whole_file(path) as file:
        np.savez_compressed(
            file,
            mean=model.mean.astype(np.float32),
            directions=model.directions.astype(np.float16),
            variances=model.variances,
            noise=np.array(model.noise),
            images=images,
            labels=labels,
        )


def load_bundle(
    path: str | os.PathLike[str] = BUNDLE,
) -> tuple[ProbabilisticPCA, Images, Labels]:
    """Reads what `save_bundle` wrote.

    The directions are made orthonormal again, which rounding to half precision spoilt by some 1e-4:
    so posteriors of the model that is loaded are exactly diagonal too.
    """
    with np.load(path, allow_pickle=False) as arrays:
        q, r = np.linalg.qr(arrays["directions"].astype(np.float64))
        model = ProbabilisticPCA(
            arrays["mean"].astype(np.float64),
            q * np.sign(np.diagonal(r)),
            arrays["variances"],
            float(arrays["noise"]),
        )
        return model, arrays["images"], arrays["labels"]
