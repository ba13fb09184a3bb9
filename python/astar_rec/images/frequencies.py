"""From scores to integer frequencies, the same on every machine.

Entropy coders need probabilities as integers over 2^24. A score s, an integer over 2^FRACTION in
nats, has a weight exp(-(largest - s)) out of a table of integers; frequencies are weights times a
constant, rounded down, what is left going to the largest. No more than +, x, / and floor of IEEE
doubles is used, of integers below 2^53 each, and sums of integers.

constriction adds 1 to each frequency, so that nothing is impossible, if those that it is given
sum to 2^24 less their number; it then uses them as they are.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from .integers import FRACTION

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats

__all__ = ["TOTAL", "binary", "bits_of", "categorical"]

TOTAL = 2**24

# Scores that are further below the largest count as so far below: exp(-16) is about 2^-23.
_RANGE = 16 << FRACTION
_ONE = 2**28  # the weight of the largest
_STEP = 0xFFC007FF555FFF77  # floor(2^64 exp(-1/1024))


@cache
def _weights() -> Floats:
    """exp(-d / 2^FRACTION) _ONE for d from 0 to _RANGE, by repeated multiplication of integers."""
    table, weight = np.empty(_RANGE + 1), _ONE << 64
    for distance in range(_RANGE + 1):
        table[distance] = weight >> 64
        weight = weight * _STEP >> 64
    return table


def categorical(scores: Floats) -> npt.NDArray[np.float32]:
    """Returns frequencies, shape (n, values), for scores of that shape."""
    rows, values = scores.shape
    best = scores.argmax(axis=1)[:, None]
    distance = np.take_along_axis(scores, best, 1) - scores
    weights = _weights().take(distance.astype(np.intp), mode="clip")
    free = TOTAL - values
    weights *= free / weights.sum(axis=1, keepdims=True)
    found = np.floor(weights, out=weights)
    left = free - found.sum(axis=1)
    found[np.arange(rows), best[:, 0]] += left
    return found.astype(np.float32)


def binary(odds: Floats) -> npt.NDArray[np.float32]:
    """Returns frequencies of 0 and 1, shape (n, 2), for the log odds of 1, shape (n,)."""
    weight = _weights()[np.minimum(np.abs(odds), _RANGE).astype(np.intp)]
    free = TOTAL - 2
    rarer = np.floor(weight * free / (_ONE + weight))
    ones = np.where(odds >= 0, free - rarer, rarer)
    return np.stack([free - ones, ones], axis=1).astype(np.float32)


def bits_of(frequencies: npt.NDArray[np.float32], symbols: npt.NDArray[np.int32]) -> Floats:
    """Returns how many bits symbols take, at these frequencies; shape (n,)."""
    own = np.take_along_axis(frequencies, symbols[:, None].astype(np.intp), 1)[:, 0]
    return np.asarray(np.log2(TOTAL) - np.log2(own.astype(np.float64) + 1))
