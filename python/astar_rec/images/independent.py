"""The pixels of images, all at once: they are independent given the latents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .frequencies import binary, categorical
from .networks import Independent
from .order import FEATURES, SIDE

if TYPE_CHECKING:
    from .._elements import Floats
    from .networks import Images
    from .pixels import Coder
    from .weights import Weights

__all__ = ["IndependentPixels"]

_ALL = np.arange(SIDE**2)

# Pixels above 0 whose frequencies are computed together, so that they stay in the cache. Files do
# not depend on it.
_PIECE = 1024


class IndependentPixels:
    """p(x | z), as `model_independent.IndependentPixels` was trained.

    Args:
        weights: The model's.
    """

    def __init__(self, weights: Weights) -> None:
        self._network = Independent(weights)

    def walk(self, sketch: Floats, coder: Coder) -> Images:
        """Says the frequencies of all pixels to a coder, and returns what pixels they are.

        Args:
            sketch: Shape (n, 784, FEATURES).
            coder: Told the supports first, image after image, and then the values.
        """
        count = len(sketch)
        features = sketch.reshape(-1, FEATURES)
        inside = coder.support(binary(self._network.support(features)), _ALL)
        images = np.zeros(count * SIDE**2, np.uint8)
        pixels = np.flatnonzero(inside)
        for at in range(0, len(pixels), _PIECE):
            here = pixels[at : at + _PIECE]
            frequencies = categorical(self._network.values(features[here]))
            images[here] = coder.values(frequencies, here) + 1
        return images.reshape(count, SIDE, SIDE)
