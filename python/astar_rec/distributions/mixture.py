"""Mixtures of normal distributions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .distribution import Distribution
from .normal_tail import normal_tail
from .parameter import Parameter
from .partition import require_masses, shares
from .rows import distinct
from .tails import joined

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats, Indices

__all__ = ["Mixture"]

_LOG_ROOT_TAU = 0.5 * math.log(2 * math.pi)
# No position lies farther out than this many scales: the tail there is below 2^-65.
_REACH = 9.5
# Halvings beyond those that bring an interval down to the least scale: what is left is so short
# that the CDF is straight in it, to 2^-52.
_STEPS = 26
# Elements at once, for the processor's cache.
_PIECE = 1 << 13
# Above all keys of lower tails.
_UPPER = np.int64(2**63 - 1)


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

    @classmethod
    def _samples(cls, position: Indices, *parameters: Floats) -> Floats:
        """Returns samples at positions: all operations and their order are part of the format."""
        rows = [distinct(array) for array in parameters]
        made = np.empty(position.shape)
        for begin in range(0, position.size, _PIECE):
            part = slice(begin, begin + _PIECE)
            made[part] = _quantile(position[part], *(a if len(a) == 1 else a[part] for a in rows))
        return made

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
    def _tail(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns signed tails: see `Distribution._tail`."""
        weights, loc, scale = (distinct(array) for array in parameters)
        return _tails(x, shares(weights), loc, scale)


def _tails(x: Floats, share: Floats, loc: Floats, scale: Floats) -> Floats:
    """Returns signed tails of components' shares, which are added in their order."""
    below, above = np.zeros(x.shape), np.zeros(x.shape)
    with np.errstate(over="ignore"):
        for each in range(share.shape[-1]):
            z = (x - loc[:, each]) / scale[:, each]
            tail = normal_tail(np.abs(z))
            rest = 1.0 - tail
            lower = z <= 0.0
            below += share[:, each] * np.where(lower, tail, rest)
            above += share[:, each] * np.where(lower, rest, tail)
    return joined(below, above)


def _quantile(position: Indices, weights: Floats, loc: Floats, scale: Floats) -> Floats:
    """Returns samples by halvings of an interval, from low to high.

    Interval and midpoints are the element's, whatever the position. An order of signed tails is
    kept: lower ones before upper ones, each upwards. Of two positions, the higher goes up at every
    midpoint where the lower does. So samples do not decrease, however tails are rounded.
    """
    share = shares(weights)
    inside = share > 0.0
    low = np.where(inside, loc - _REACH * scale, np.inf).min(axis=-1)
    high = np.where(inside, loc + _REACH * scale, -np.inf).max(axis=-1)
    least = np.where(inside, scale, np.inf).min(axis=-1)
    steps = np.maximum(np.frexp((high - low) / least)[1], 0) + _STEPS
    low, high = (np.array(np.broadcast_to(end, position.shape)) for end in (low, high))
    wanted = _wanted(position)
    key = _keys(wanted)
    at_low, at_high = _tails(low, share, loc, scale), _tails(high, share, loc, scale)
    for step in range(int(steps.max(initial=0))):
        middle = low + (high - low) * 0.5
        tails = _tails(middle, share, loc, scale)
        going = steps > step
        up = _keys(tails) < key
        low, at_low = (np.where(going & up, a, b) for a, b in ((middle, low), (tails, at_low)))
        down = going & ~up
        high, at_high = (np.where(down, a, b) for a, b in ((middle, high), (tails, at_high)))
    return np.asarray(np.minimum(low + (high - low) * _place(wanted, at_low, at_high), high))


def _wanted(position: Indices) -> Floats:
    """Returns the signed tails that positions stand for."""
    upper = position >= np.uint64(2**63)
    from_end = np.where(upper, ~position, position)
    tail = (np.uint64(2) * from_end + np.uint64(1)).astype(np.float64) * 2.0**-65
    return np.where(upper, -tail, tail)


def _keys(tails: Floats) -> npt.NDArray[np.int64]:
    """Returns integers in the order of signed tails, which are not above 1."""
    bits = np.abs(tails).view(np.int64)
    return np.where(tails < 0.0, _UPPER - bits, bits)


def _place(wanted: Floats, low: Floats, high: Floats) -> Floats:
    """Returns where between two signed tails a third lies, from 0 to 1, non-decreasing in it."""
    across = (low >= 0.0) & (high < 0.0)
    whole = (high - low) + across
    with np.errstate(divide="ignore", invalid="ignore"):
        from_low = (wanted - low) / whole
        from_high = 1.0 - (high - wanted) / whole
        # Where the median lies, which neither half may cross by rounding.
        median = (0.5 - low) / whole
    lower = wanted >= 0.0
    halves = np.where(lower, np.minimum(from_low, median), np.maximum(from_high, median))
    place = np.where(across, halves, from_low)
    # Where nothing is between, either end will do.
    place = np.where(whole > 0.0, place, np.where(lower, 0.0, 1.0))
    return np.clip(place, 0.0, 1.0)
