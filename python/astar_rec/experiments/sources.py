"""Sources of numbers, and what is known of them: for rounding, and for samples with noise."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import special

from ..distributions import Distribution, Laplace, Normal
from ..images import load

if TYPE_CHECKING:
    from .._elements import Floats

__all__ = ["LaplaceSource", "Latents", "NormalSource", "Source"]

_ROOT_TAU = math.sqrt(2.0 * math.pi)


class Source(ABC):
    """Numbers, and a model of their law, symmetric about 0, that sender and receiver have.

    Attributes:
        name: A word.
    """

    name: ClassVar[str]

    @abstractmethod
    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Returns about so many numbers."""

    @abstractmethod
    def below(self, x: Floats) -> Floats:
        """Returns the model's CDF."""

    @abstractmethod
    def moment(self, x: Floats) -> Floats:
        """Returns the integral of z times the model's density from minus infinity to x."""

    @abstractmethod
    def proposal(self, noise: float) -> Distribution:
        """Returns a proposal for the model's numbers with normal noise of so much deviation."""

    @abstractmethod
    def mean_given(self, y: Floats, noise: float) -> Floats:
        """Returns the mean of what was there before the noise."""


class NormalSource(Source):
    """Standard normal numbers: what is best is known, ½ log2(1 / error) bits."""

    name = "normal"
    scale = 1.0

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Returns so many numbers."""
        return rng.normal(size=count)

    def below(self, x: Floats) -> Floats:
        """The normal CDF."""
        return np.asarray(special.ndtr(x / self.scale))

    def moment(self, x: Floats) -> Floats:
        """Minus the density times the variance."""
        z = x / self.scale
        return np.asarray(-self.scale * np.exp(-0.5 * z * z) / _ROOT_TAU)

    def proposal(self, noise: float) -> Distribution:
        """Variances add up."""
        return Normal(0.0, math.hypot(self.scale, noise))

    def mean_given(self, y: Floats, noise: float) -> Floats:
        """Shrinks."""
        return y * (self.scale**2 / (self.scale**2 + noise**2))


class LaplaceSource(Source):
    """Laplace numbers of variance 1."""

    name = "Laplace"
    _scale = math.sqrt(0.5)

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Returns so many numbers."""
        return rng.laplace(scale=self._scale, size=count)

    def below(self, x: Floats) -> Floats:
        """The CDF, from the tail."""
        tail = 0.5 * np.exp(-np.abs(x) / self._scale)
        return np.where(x < 0, tail, 1.0 - tail)

    def moment(self, x: Floats) -> Floats:
        """Symmetric: -½ (|x| + b) exp(-|x| / b)."""
        size = np.abs(x)
        far = np.where(np.isinf(size), 0.0, size)
        return np.asarray(-0.5 * (far + self._scale) * np.exp(-size / self._scale))

    def proposal(self, noise: float) -> Distribution:
        """The Laplace distribution nearest to the sum: that of its mean deviation."""
        b, ratio = self._scale, noise / self._scale
        # E|X + N| in closed form.
        beyond = b * special.erfcx(ratio / math.sqrt(2))
        return Laplace(0.0, float(beyond + noise * math.sqrt(2 / math.pi)))

    def mean_given(self, y: Floats, noise: float) -> Floats:
        """Two truncated normals, one on each side of 0, with the weights that they have."""
        b = self._scale
        up, down = (y - noise * noise / b) / noise, -(y + noise * noise / b) / noise
        weight_up, weight_down = special.log_ndtr(up) - y / b, special.log_ndtr(down) + y / b
        share = special.expit(weight_up - weight_down)

        def mean(z: Floats) -> Floats:
            hazard = np.exp(-0.5 * z * z - special.log_ndtr(z)) / _ROOT_TAU
            return np.asarray(noise * (z + hazard))

        return np.asarray(share * mean(up) - (1.0 - share) * mean(down))


class Latents(NormalSource):
    """Means of the posteriors that the model of MNIST has for digits, in units of their deviation.

    The digits are the model's own samples, so that there are as many as it takes. Rounding is given
    the law of the numbers themselves as its model, in which nothing is left to be learnt; samples
    have a normal proposal, as in the model.
    """

    name = "latents"

    def __init__(self) -> None:
        self._ordered: Floats = np.zeros(1)
        self._sums: Floats = np.zeros(2)

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Returns the latents of so many digits as it takes; the model is of these."""
        codec = load("mnist")
        digits = codec.sample(-(-count // 8), seed=int(rng.integers(1 << 32)))
        means = codec.posterior(digits).loc
        means = means - means.mean(axis=0)
        drawn = np.ascontiguousarray((means / means.std(axis=0)).reshape(-1)[:count])
        self._ordered = np.sort(drawn)
        self._sums = np.concatenate([[0.0], np.cumsum(self._ordered)])
        return drawn

    def below(self, x: Floats) -> Floats:
        """The share of the numbers."""
        return np.searchsorted(self._ordered, x) / self._ordered.size

    def moment(self, x: Floats) -> Floats:
        """The sum of the numbers below."""
        return np.asarray(self._sums[np.searchsorted(self._ordered, x)] / self._ordered.size)
