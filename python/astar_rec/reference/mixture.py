"""Mixtures of normals: their tails and their quantile.

A *signed tail* is the CDF where that is at most the survival function, and minus the survival
function elsewhere. `order` puts lower tails before upper ones, each upwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .cells import shares
from .functions import portable_exp
from .positions import tail_of

__all__ = ["mixture_sample", "mixture_tail", "normal_tail"]

_CENTRE, _FARTHEST, _SPLITTER = 4.0, 40.0, 134217729.0
_LEAST = math.ulp(0.0)
_REACH, _STEPS = 9.5, 26

Parameters = tuple[Sequence[float], Sequence[float], Sequence[float]]  # weights, means, scales


def _series() -> tuple[float, ...]:
    from astar_rec.distributions.normal_tail import SERIES

    return SERIES


def normal_tail(z: float) -> float:
    """Return 1 - Φ(z) for z >= 0."""
    series = _series()
    z = min(z, _FARTHEST)
    y = (z - _CENTRE) / (z + _CENTRE)
    twice = y + y
    last, before = series[-1], 0.0
    for coefficient in series[-2:0:-1]:  # Clenshaw's recurrence
        last, before = (twice * last - before) + coefficient, last
    value = (y * last - before) + series[0]
    # z² and its rounding error, by halves of 26 bits.
    square = z * z
    scaled = _SPLITTER * z
    high = scaled - (scaled - z)
    low = z - high
    error = ((high * high - square) + 2.0 * (high * low)) + low * low
    return portable_exp(-0.5 * square) * (1.0 - 0.5 * error) * (value / (z + _CENTRE))


def mixture_tail(
    x: float, share: Sequence[float], loc: Sequence[float], scale: Sequence[float]
) -> float:
    """Return the signed tail at x."""
    below = above = 0.0
    for weight, mean, unit in zip(share, loc, scale, strict=True):
        z = (x - mean) / unit
        tail = normal_tail(abs(z))
        below += weight * (tail if z <= 0.0 else 1.0 - tail)
        above += weight * (1.0 - tail if z <= 0.0 else tail)
    return below if below <= above else -max(above, _LEAST)


def order(tail: float) -> tuple[bool, float]:
    """Return what orders signed tails."""
    return tail < 0.0, tail


def mixture_sample(parameters: Parameters, position: int) -> float:
    """Return the sample of a mixture at a position."""
    weights, loc, scale = parameters
    share = shares(weights)
    odd, sign = tail_of(position)
    wanted = -sign * math.ldexp(float(odd), -65)
    inside = [each for each, part in enumerate(share) if part > 0.0]
    low = min(loc[each] - _REACH * scale[each] for each in inside)
    high = max(loc[each] + _REACH * scale[each] for each in inside)
    least = min(scale[each] for each in inside)
    at_low, at_high = (mixture_tail(end, share, loc, scale) for end in (low, high))
    for _ in range(max(math.frexp((high - low) / least)[1], 0) + _STEPS):
        middle = low + (high - low) * 0.5
        tail = mixture_tail(middle, share, loc, scale)
        if order(tail) < order(wanted):
            low, at_low = middle, tail
        else:
            high, at_high = middle, tail
    return min(low + (high - low) * _place(wanted, at_low, at_high), high)


def _place(wanted: float, low: float, high: float) -> float:
    """Return where between two signed tails a third lies, from 0 to 1."""
    across = low >= 0.0 > high
    whole = (high - low) + (1.0 if across else 0.0)
    lower = wanted >= 0.0
    if whole <= 0.0:
        return 0.0 if lower else 1.0
    place = (wanted - low) / whole
    if across:
        median = (0.5 - low) / whole
        place = min(place, median) if lower else max(1.0 - (high - wanted) / whole, median)
    return min(max(place, 0.0), 1.0)
