"""Tails of mixtures of normals, and their quantile by + - * /: the same bits everywhere.

A sample is found by halvings of an interval that is the element's, whatever the position. Signed
tails have an order: lower ones before upper ones, and each upwards. At every midpoint, a position
goes up where the tail there comes before its own. So where a position goes up, all higher ones do:
samples do not decrease with positions, however tails are rounded. What is left at the end is so
short that the CDF is straight in it, and is cut in proportion.

All operations and their order are part of the format: `astar_rec.reference.mixture` is the same for
one element.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .normal_tail import normal_tail
from .partition import shares
from .rows import as_doubles
from .tails import joined

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats, Indices

__all__ = ["mixture_tails", "samples"]

# No position lies farther out than this many scales: the tail there is below 2^-65.
_REACH = 9.5
# Halvings beyond those that bring an interval down to the least scale: the CDF is straight, to
# 2^-52, in what is left.
_STEPS = 26
# Elements at once, for the processor's cache.
_PIECE = 1 << 13
# Midpoints that many positions of one distribution share are computed once, to this depth.
_DEEPEST = 16
# Above all keys of lower tails.
_UPPER = np.int64(2**63 - 1)


class _Components(NamedTuple):
    """Shares, means and scales: a row for each position or for all, a column for each component."""

    share: Floats
    loc: Floats
    scale: Floats

    def part(self, part: slice) -> _Components:
        """Those of some positions."""
        return _Components(*(each if len(each) == 1 else each[part] for each in self))


class _Interval(NamedTuple):
    """Where samples lie, and the signed tails at both ends."""

    low: Floats
    high: Floats
    at_low: Floats
    at_high: Floats

    @property
    def middle(self) -> Floats:
        return self.low + (self.high - self.low) * 0.5


def mixture_tails(x: Floats, share: Floats, loc: Floats, scale: Floats) -> Floats:
    """Returns signed tails at points; components are added in their order."""
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


def samples(position: Indices, weights: Floats, loc: Floats, scale: Floats) -> Floats:
    """Returns samples at positions.

    Args:
        position: 64-bit positions; flat.
        weights: The components' weights: a row for each position, or one for all.
        loc: Their means.
        scale: Their standard deviations.
    """
    components = _Components(shares(weights), loc, scale)
    rows = max(map(len, components))
    made = np.empty(position.shape)
    shallow = _Shallow(components, position.size) if rows == 1 and position.size else None
    for begin in range(0, position.size, _PIECE):
        part = slice(begin, begin + _PIECE)
        mine, wanted = components.part(part), _wanted(position[part])
        interval, depth = _start(mine, wanted.shape), 0
        if shallow is not None:
            interval, depth = shallow.walk(wanted), shallow.depth
        interval = _halved(interval, depth, wanted, mine)
        low, high, at_low, at_high = interval
        made[part] = np.minimum(low + (high - low) * _place(wanted, at_low, at_high), high)
    return made


def _ends(components: _Components) -> tuple[Floats, Floats, npt.NDArray[np.int_]]:
    """Returns where intervals begin and end, and how often they are halved."""
    share, loc, scale = components
    inside = share > 0.0
    low = np.where(inside, loc - _REACH * scale, np.inf).min(axis=-1)
    high = np.where(inside, loc + _REACH * scale, -np.inf).max(axis=-1)
    least = np.where(inside, scale, np.inf).min(axis=-1)
    steps = np.maximum(np.frexp((high - low) / least)[1], 0) + _STEPS
    return low, high, steps


def _start(components: _Components, shape: tuple[int, ...]) -> _Interval:
    low, high, _ = _ends(components)
    low, high = (np.broadcast_to(end, shape) for end in (low, high))
    return _Interval(low, high, *(mixture_tails(end, *components) for end in (low, high)))


def _halved(interval: _Interval, depth: int, wanted: Floats, components: _Components) -> _Interval:
    """Halves intervals until the CDF is straight in them; so often were they halved before."""
    low, high, at_low, at_high = interval
    steps = _ends(components)[2]
    key = _keys(wanted)
    for step in range(depth, int(steps.max())):
        middle = _Interval(low, high, at_low, at_high).middle
        tails = mixture_tails(middle, *components)
        going = steps > step
        up = _keys(tails) < key
        down = going & ~up
        up &= going
        low, at_low = np.where(up, middle, low), np.where(up, tails, at_low)
        high, at_high = np.where(down, middle, high), np.where(down, tails, at_high)
    return _Interval(low, high, at_low, at_high)


class _Shallow:
    """The first midpoints of one distribution, which many positions share."""

    def __init__(self, components: _Components, positions: int) -> None:
        steps = int(_ends(components)[2][0])
        self.depth = min(_DEEPEST, steps, max(positions.bit_length() - 2, 0))
        self._keys: list[npt.NDArray[np.int64]] = []
        ends = _start(components, (1,))
        for _ in range(self.depth):
            middle = ends.middle
            tails = mixture_tails(middle, *components)
            self._keys.append(_keys(tails))
            ends = _Interval(
                _alternating(ends.low, middle),
                _alternating(middle, ends.high),
                _alternating(ends.at_low, tails),
                _alternating(tails, ends.at_high),
            )
        self._ends = ends

    def walk(self, wanted: Floats) -> _Interval:
        """Returns the intervals after `depth` halvings."""
        key = _keys(wanted)
        node = np.zeros(wanted.shape, np.intp)
        for keys in self._keys:
            node = 2 * node + (keys[node] < key)
        return _Interval(*(end[node] for end in self._ends))


def _alternating(first: Floats, second: Floats) -> Floats:
    return np.stack((first, second), axis=-1).reshape(-1)


def _wanted(position: Indices) -> Floats:
    """Returns the signed tails that positions stand for."""
    upper = position >= np.uint64(2**63)
    from_end = np.where(upper, ~position, position)
    tail = as_doubles(np.uint64(2) * from_end + np.uint64(1)) * 2.0**-65
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
