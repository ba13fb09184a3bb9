"""Mixtures of normal distributions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .distribution import Distribution
from .families import Normal
from .mixture_quantile import mixture_tails, samples
from .parameter import Parameter
from .partition import require_masses, shares, total
from .rows import distinct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._elements import Floats, Indices

__all__ = ["Mixture"]

_LOG_ROOT_TAU = 0.5 * math.log(2 * math.pi)


class Mixture(Distribution):
    """Mixtures of normal distributions: Σ weight N(loc, scale²).

    The components are along the last axis of each parameter; a parameter that is the same for all
    components may be a single number, or have a last axis of 1.

    As a proposal, its quantile is found by halvings of an interval. It is computed by + - * / in a
    fixed order, the same on every machine, and as precise in the upper tail as in the lower.

    Args:
        weights: The components' weights, at least 0; their sum is what it is, and need not be 1.
        loc: The components' means; real.
        scale: The components' standard deviations; positive.

    Raises:
        ParameterError: NaN or infinite parameters, negative weights or no positive one, a scale
            that is not positive, shapes that do not broadcast.

    Examples:
        >>> import astar_rec as rec
        >>> q = rec.Mixture([0.75, 0.25], [[-1.0, 1.0], [-2.0, 2.0], [-3.0, 3.0]], 0.5)
        >>> q.shape
        (3,)
        >>> q[0]
        Mixture(weights=[0.75, 0.25], loc=[-1.0, 1.0], scale=[0.5, 0.5])
    """

    __slots__ = ()

    weights = Parameter(
        "The components' weights, a read-only float64 array.", nonnegative=True, axis="component"
    )
    loc = Parameter("The components' means, a read-only float64 array.", axis="component")
    scale = Parameter(
        "The components' standard deviations, a read-only float64 array of positive numbers.",
        positive=True,
        axis="component",
    )

    def __init__(self, weights: object, loc: object, scale: object) -> None:
        super().__init__(weights, loc, scale)

    def _check(self) -> None:
        require_masses("weights", self.weights)

    def _components(self) -> Iterator[tuple[Floats, Distribution]]:
        """Yields shares and normal distributions: see `Distribution._components`."""
        weights, loc, scale = np.broadcast_arrays(self.weights, self.loc, self.scale)
        count = loc.shape[-1]
        share = shares(weights.reshape(-1, count)).reshape(loc.shape)
        for k in range(count):
            yield share[..., k], Normal(loc[..., k], scale[..., k])

    @classmethod
    def _samples(cls, position: Indices, *parameters: Floats) -> Floats:
        """Returns samples at positions: see `astar_rec.distributions.mixture_quantile`."""
        return samples(position, *(distinct(array) for array in parameters))

    @classmethod
    def log_density(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns log densities in nats: see `Distribution.log_density`."""
        weights, loc, scale = (distinct(array) for array in parameters)
        with np.errstate(divide="ignore", over="ignore"):
            z = (x[:, None] - loc) / scale
            logs = np.log(shares(weights)) - np.log(scale) - 0.5 * z * z - _LOG_ROOT_TAU
        most = np.max(logs, axis=-1, keepdims=True)
        most = np.where(np.isfinite(most), most, 0.0)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.exp(logs - most).sum(axis=-1)) + most[:, 0])

    @classmethod
    def _summary(cls, *parameters: Floats) -> tuple[Floats, Floats]:
        """Returns means, and mean distances from them: see `Distribution._summary`."""
        weights, loc, scale = parameters
        share = shares(weights)
        mean = total(share * loc)
        return mean, total(share * (np.abs(loc - mean[:, None]) + scale))

    @classmethod
    def _tail(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns signed tails: see `Distribution._tail`."""
        weights, loc, scale = (distinct(array) for array in parameters)
        return mixture_tails(x, shares(weights), loc, scale)
