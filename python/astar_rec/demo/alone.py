"""Images one by one: files of one image each, or their bits alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..codecs import ADStar
from ..errors import RecError
from .methods import BLOCK

if TYPE_CHECKING:
    from ..images import ImageCodec
    from .sample import Images

__all__ = ["bits_alone"]


def bits_alone(codec: ImageCodec, images: Images, seed: int, *, header: bool) -> float:
    """Returns the bits per pixel that images take one by one.

    Args:
        codec: The codec; latents are sent by AD* in blocks.
        images: uint8, shape (n, 28, 28).
        seed: Of the random numbers.
        header: Whether these are files, or bits alone.

    Raises:
        RecError: A file does not restore its image.
    """
    size = 0
    latents = ADStar(seed, BLOCK, threads=1)
    again: dict[str, Any] = {} if header else {"codec": latents, "count": 1}
    for image in images[:, None]:
        data = codec.compress(image, codec=latents, header=header, threads=1)
        if not np.array_equal(codec.decompress(data, threads=1, **again), image):
            raise RecError("an image that was restored from a file of its own is another one")
        size += len(data)
    return 8 * size / images.size
