"""Gumbels and arrival times.

References:
    [1] C. J. Maddison, D. Tarlow, T. Minka, "A* sampling", NeurIPS 2014: top-down construction of
        a Gumbel process; algorithm 2, the search.
    [2] C. J. Maddison, "A Poisson process model for Monte Carlo", 2016: arrival times.
"""

from __future__ import annotations

import math

from .functions import negative_log_fraction, portable_log


def truncated_gumbel(location: float, bound: float, u: float) -> float:
    """Return a Gumbel truncated to lie below a bound, from a uniform u in (0, 1): the textbook way.

    In A* sampling [1] a region B has a Gumbel of location log P(B), truncated at its parent's:

        G = location - log(exp(location - bound) - log u)    (nats)

    As it stands this overflows where the bound is far below the location, and rounding may lift G
    above the bound. With bound - location exponentiated instead, log1p keeps G from passing the
    bound; G may still equal it, as floats near the bound are only so fine. The search does without:
    `next_arrival` is the same variable at the price of one logarithm.

    >>> truncated_gumbel(0.0, -1e6, 0.5), truncated_gumbel(-1e6, 0.0, math.exp(-1.0))
    (-1000000.0, -1000000.0)
    """
    draw = -math.log(u)
    if bound - location > 700.0:  # exp(location - bound) would not change a bit of the sum
        return location - math.log(draw)
    return bound - math.log1p(draw * math.exp(bound - location))


def exponential(bits: int) -> float:
    """Return a standard exponential from 64 random bits: -log of an odd multiple of 2^-64."""
    return negative_log_fraction(bits | 1)


def next_arrival(after: float, mass: float, bits: int) -> float:
    """Return the first arrival after a time in a region of the proposal's mass given.

    T = exp(-G) makes a Poisson process of the Gumbel process [2]; "truncated to lie below the
    parent" becomes "later than the parent": T = T_parent + Exp(1) / P(B).
    """
    return after + exponential(bits) / mass


def gumbel_of(arrival: float) -> float:
    """Return the Gumbel (nats) of an arrival time."""
    return -portable_log(arrival)
