"""Doubts: what a search of a block that ends early may have missed, at most.

A search keeps the best node so far, and boxes wait of which nodes are still to come. Let V be the
best arrival / density ratio so far: a point of arrival t at x is better where V rho(x) > t. Of a
box B of the proposal's mass P(B) the first arrival T is known and its place is not, and from T on
points arrive at the rate P. So B holds, in expectation, at most

    P(V rho > T | B) + integral over B of (V rho - T)+ dP
        <= (V / T)^(1 + l) I (1 / P(B) + c T),    I = integral over B of rho^(1 + l) dP

better points, for any power l > 0, with c = l^l / (1 + l)^(1 + l): for u >= 0, 1[u > 1] <= u^(1+l)
and (u - 1)+ <= c u^(1+l). The sum over all boxes that wait is the *doubt*: the probability that a
search that goes on finds another winner is no larger (Markov's inequality).

For a target N(m, s^2) and the proposal N(0, 1), with D = 1 + l (1 - s^2) > 0, rho^(1+l) dP is

    C times a normal of mean (1 + l) m / D and scale s / sqrt(D),
    C = s^-l D^-1/2 exp(l (1 + l) m^2 / (2 D))

and of a block the product. One l serves all of a block, so that V is a factor of the doubt, and the
boxes' weights, which are the rest, can be added up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .excess import short_normal_mass
from .families import Normal
from .functions import portable_exp, portable_log
from .ratios import LocationScaleRatio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ratios import LogRatio

# What l may be.
POWERS = (
    *(0.125, 0.25, 0.375, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0),
    *(4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0),
)
LEAST_D = 0.125
LEAST_SCALE = 2.0**-16  # narrower ones have too few digits

# Intervals narrower than this are known from their positions, and not from their ends.
NARROW = 2.0**-24
# Of a sum over positions for an integral: up to four times the largest term.
GRID = 2.0**-62
# No share is smaller: so nothing vanishes below what floats can say.
LEAST_SHARE = 2.0**-60
# What all roundings together change by less.
SLACK = 2.0**-16
MOST_EXPONENT = 600.0
# A search by weights pays where one by bounds is expected to take e to that power as many steps.
LEAST_GAIN = 2.0


@dataclass(frozen=True)
class Power:
    """What one power l makes of a block.

    Attributes:
        power: l.
        log_c: log c.
        logs: log C of every dimension,
        total: and their sum.
        middles: The means of the normals,
        widths: and their scales.
    """

    power: float
    log_c: float
    logs: list[float]
    total: float
    middles: list[float]
    widths: list[float]


def with_power(power: float, means: Sequence[float], scales: Sequence[float]) -> Power | None:
    """Return what a power makes of normals; None if it is too large for one of them."""
    logs, middles, widths, total = [], [], [], 0.0
    one_more = 1.0 + power
    for mean, scale in zip(means, scales, strict=True):
        d = 1.0 + power * ((1.0 - scale) * (1.0 + scale))
        if not (d >= LEAST_D and scale >= LEAST_SCALE):
            return None
        shrunk = power * portable_log(scale) + 0.5 * portable_log(d)
        logs.append((power * one_more) * (mean * mean) / (2.0 * d) - shrunk)
        total += logs[-1]
        middles.append(one_more * mean / d)
        widths.append(scale / math.sqrt(d))
    log_c = power * portable_log(power) - one_more * portable_log(one_more)
    return Power(power, log_c, logs, total, middles, widths)


class Doubt:
    """The doubt of a search of one block.

    Args:
        chosen: The power, and what it makes of the block.
        root: The Gumbel of the whole space: no other is larger.
    """

    def __init__(self, chosen: Power, root: float) -> None:
        self.chosen, self.root = chosen, root
        self.c = portable_exp(chosen.log_c)

    def share(self, j: int, ends: tuple[float, float], mass: float, supremum: float) -> float:
        """Return the part of C that lies in an interval of dimension j, or a little more.

        Args:
            j: The dimension.
            ends: The interval.
            mass: The proposal's.
            supremum: Of the log ratio there.
        """
        low, high = ends
        most = portable_exp((1.0 + self.chosen.power) * supremum - self.chosen.logs[j])
        if high - low < NARROW:
            return mass * most + LEAST_SHARE
        middle, width = self.chosen.middles[j], self.chosen.widths[j]
        first, last = (low - middle) / width, (high - middle) / width
        own = short_normal_mass(first, last, 0.5 * (last - first))
        return own + (GRID * most + LEAST_SHARE)

    def weight(self, shares: Sequence[float], gumbel: float, arrival: float, mass: float) -> float:
        """Return a box's part of the doubt, but for the factor."""
        product = 1.0
        for share in shares:
            product *= share
        later = max((1.0 + self.chosen.power) * (gumbel - self.root), -MOST_EXPONENT)
        return product * portable_exp(later) * (self.c * arrival + 1.0 / mass)

    def factor(self, best: float) -> float:
        """Return the factor of all weights, where the best Gumbel + log ratio so far is `best`."""
        exponent = (1.0 + self.chosen.power) * (self.root - best) + self.chosen.total
        if not exponent <= MOST_EXPONENT:
            return math.inf
        return portable_exp(max(exponent, -MOST_EXPONENT)) * (1.0 + SLACK)


def chosen_power(
    ratios: Sequence[LogRatio], within: float, supremum: float = math.inf
) -> Power | None:
    """Return the power with which a search is expected to end soonest; None if there is none.

    V is of the order of 1 at the end. Without boxes, what arrives from t on is then in doubt by
    c t^-l C, so that the search ends at the t where this is `within`. One that goes to its end does
    so at the exponential of the log ratio's supremum.

    Args:
        ratios: The log ratios of the block.
        within: The doubt at which the search may end.
        supremum: Of the block's log ratio, if there is to be no power where it gains little.
    """
    means, scales = [], []
    for ratio in ratios:
        if not isinstance(ratio, LocationScaleRatio):
            return None
        if not (isinstance(ratio.target, Normal) and isinstance(ratio.proposal, Normal)):
            return None
        means.append(ratio.mean)
        scales.append(ratio.scale)
    chosen, least, log_within = None, math.inf, portable_log(within)
    for power in POWERS:
        found = with_power(power, means, scales)
        if found is None:
            break  # and so it is with all that are larger
        log_t = (found.total + found.log_c - log_within) / power
        if log_t < least:
            chosen, least = found, log_t
    return chosen if supremum - least > LEAST_GAIN else None


def rounded_up(doubt: float) -> float:
    """Return a doubt as it is reported: a multiple of 2^-63, and at most 1."""
    if not doubt < 1.0:
        return 1.0
    return math.ldexp(math.ceil(math.ldexp(doubt, 63)), -63)
