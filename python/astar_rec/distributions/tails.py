"""Signed tails: a distribution at a point in one number, as precise above the median as below.

    s(x) = CDF(x)         where that is at most ½
    s(x) = -(1 - CDF(x))  elsewhere

Upper tails are negative, however small, so the mass of an interval (a, b] is

    s(b) - s(a), and 1 more where s(a) >= 0 and s(b) < 0

and no number near 1 is taken from another.

Where the law of a pair is not told by the target at the proposal's samples, as of categories, a row
here tells it at 64-bit positions in the proposal's CDF.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .._elements import Floats
from .distribution import Distribution

__all__ = ["LEAST", "Tails", "joined", "mass", "register_tails", "tails_of"]

# The least upper tail: 0 is one below.
LEAST = math.ulp(0.0)

# Of edges between positions, then the target's parameters and the proposal's, all flat: tails.
Tails = Callable[..., Floats]
_Pair = tuple[type[Distribution], type[Distribution]]

_TAILS: dict[_Pair, Tails] = {}


def joined(below: Floats, above: Floats) -> Floats:
    """Returns signed tails from probabilities below and above points."""
    return np.where(below <= above, below, -np.maximum(above, LEAST))


def mass(low: Floats, high: Floats) -> Floats:
    """Returns the masses between points with these signed tails, at least 0."""
    inside = (high - low) + ((low >= 0) & (high < 0))
    return np.asarray(np.maximum(inside, 0.0))


def register_tails(
    target: type[Distribution], proposal: type[Distribution]
) -> Callable[[Tails], Tails]:
    """Says what signed tails of a pair of families are at edges; used as a decorator.

    The function gets edges, a flat array of uint64, then the target's parameters and the
    proposal's, flat too. Edge e lies between the positions e - 1 and e: the proposal has the
    probability e / 2^64 below it. It returns the target's signed tails there.

    Args:
        target: The target's family.
        proposal: The proposal's.
    """

    def add(tails: Tails) -> Tails:
        _TAILS[target, proposal] = tails
        return tails

    return add


def tails_of(target: Distribution, proposal: object) -> Tails | None:
    """Returns the signed tails of a pair at edges; None where the target's own will do."""
    return _TAILS.get((type(target), type(proposal)))  # type: ignore[arg-type]
