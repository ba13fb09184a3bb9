"""Probabilistic PCA: a latent variable model with exact Gaussian posteriors, in closed form.

An image x of d pixels has k < d latents z:

    z ~ N(0, I),    x | z ~ N(W z + mean, noise I)

The likelihood is largest for W = U sqrt(L - noise I): U holds the first k principal directions of
the training images, L their variances, and noise is the mean variance along the others. Then

    M = W'W + noise I = L    and    z | x ~ N(M^-1 W' (x - mean), noise M^-1)

so that the posterior's covariance is diagonal, and the same for all images: its latents can be sent
one by one, and nothing is lost by it. (W R is as likely for any rotation R; without one, M is
diagonal.)

Reference: M. E. Tipping, C. M. Bishop, "Probabilistic principal component analysis", J. R. Statist.
Soc. B 61, 1999: equations 6 to 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..distributions import Normal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._validate import Floats

__all__ = ["Images", "ProbabilisticPCA"]

Images = npt.NDArray[np.uint8]

# Images per piece: bounds the memory that converting them to float64 takes.
_PIECE = 4096


@dataclass(frozen=True, eq=False)
class ProbabilisticPCA:
    """A fitted model of images with values from 0 to 255, in d pixels.

    Attributes:
        mean: The mean image; float64, shape (d,).
        directions: U, orthonormal columns; float64, shape (d, k).
        variances: L, descending; float64, shape (k,), in squared grey levels.
        noise: The variance of a pixel given the latents, below all of L.
    """

    mean: Floats
    directions: Floats
    variances: Floats
    noise: float

    @classmethod
    def fit(cls, images: Images, latents: int) -> ProbabilisticPCA:
        """Returns the model of largest likelihood.

        Args:
            images: Training images, uint8; the first axis counts them.
            latents: k, below the number of pixels.
        """
        count = len(images)
        flat = images.reshape(count, -1)
        total = np.zeros(flat.shape[1])
        products = np.zeros((flat.shape[1], flat.shape[1]))
        # Sums of integers below 2^53: exact, in any order.
        for piece in _pieces(flat):
            total += piece.sum(axis=0)
            products += piece.T @ piece
        mean = total / count
        variances, directions = np.linalg.eigh(products / count - np.outer(mean, mean))
        variances, directions = variances[::-1], directions[:, ::-1]
        kept = directions[:, :latents]
        # A direction's sign is arbitrary: its largest entry shall be positive.
        kept = kept * np.sign(kept[np.abs(kept).argmax(axis=0), np.arange(latents)])
        return cls(mean, kept, variances[:latents].copy(), float(variances[latents:].mean()))

    @property
    def loadings(self) -> Floats:
        """W, shape (d, k)."""
        return np.asarray(self.directions * np.sqrt(self.variances - self.noise))

    def posterior(self, images: Images) -> Normal:
        """Returns the posteriors of images: means of shape (n, k), and scales of shape (k,)."""
        flat = images.reshape(len(images), -1)
        means = [(piece - self.mean) @ self.loadings / self.variances for piece in _pieces(flat)]
        return Normal(np.concatenate(means), np.sqrt(self.noise / self.variances))

    def reconstruct(self, latents: Any) -> Images:
        """Returns the images W z + mean, rounded and clipped to grey levels; shape (n, d)."""
        pixels = np.asarray(latents) @ self.loadings.T + self.mean
        return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def _pieces(flat: Images) -> Iterator[Floats]:
    for begin in range(0, len(flat), _PIECE):
        yield flat[begin : begin + _PIECE].astype(np.float64)
