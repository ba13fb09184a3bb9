"""Files of one image each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import RecError

if TYPE_CHECKING:
    from ..images import ImageCodec
    from .sample import Images

__all__ = ["bits_alone"]


def bits_alone(codec: ImageCodec, images: Images, seed: int) -> float:
    """Returns the bits per pixel that images take as files of their own, headers included.

    Args:
        codec: The codec; latents are sent by AD* in blocks, the default.
        images: uint8, shape (n, 28, 28).
        seed: Of the random numbers.

    Raises:
        RecError: A file does not restore its image.
    """
    size = 0
    for image in images:
        data = codec.compress(image[None], seed=seed, threads=1)
        if not np.array_equal(codec.decompress(data, 0, threads=1), image):
            raise RecError("an image that was restored from a file of its own is another one")
        size += len(data)
    return 8 * size / images.size
