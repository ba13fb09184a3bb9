"""What the bits of a file are spent on, and what they would be if coders were ideal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import RecError
from ..images import inspect

if TYPE_CHECKING:
    from .._elements import Floats
    from ..images import ImageCodec
    from .sample import Images

__all__ = ["Shares", "shares"]


@dataclass(frozen=True)
class Shares:
    """Bits per pixel.

    Attributes:
        kl: The KL divergence of the posteriors from the prior.
        reconstruction: -log2 p(x | z), for the latents z that are in the file.
        latents: What the latents take in the file.
        pixels: What the pixels take.
        header: All the rest.
    """

    kl: float
    reconstruction: float
    latents: float
    pixels: float
    header: float

    @property
    def ideal(self) -> float:
        """KL and reconstruction: the negative ELBO. An estimate, as z is one sample."""
        return self.kl + self.reconstruction

    @property
    def coded(self) -> float:
        """The whole file."""
        return self.latents + self.pixels + self.header


def shares(codec: ImageCodec, images: Images, divergence: Floats, data: bytes) -> Shares:
    """Takes a file apart, and restores it.

    Args:
        codec: That made it.
        images: What is in it; uint8, shape (n, height, width).
        divergence: What ``codec.kl_bits(images)`` returns.
        data: The file.

    Raises:
        RecError: It holds other images.
    """
    restored, support, values = codec.measure(data)
    if not np.array_equal(restored, images):
        raise RecError("other images came back")
    report = inspect(data)
    bits = 1 / images.size
    return Shares(
        kl=bits * float(divergence.sum()),
        reconstruction=bits * float(support.sum() + values.sum()),
        latents=bits * report.latents_bits,
        pixels=bits * report.pixels_bits,
        header=bits * (8 * len(data) - report.latents_bits - report.pixels_bits),
    )
