"""The graph under which an arrival is a sample of the target.

References:
    [1] G. Flamich, "Greedy Poisson rejection sampling", NeurIPS 2023, sections 3 and 4.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .functions import log_one_plus, portable_exp

if TYPE_CHECKING:
    from collections.abc import Callable

# Gauss and Kronrod, 7 and 15 nodes: distances from the middle in half widths, and weights. Every
# second node is Gauss's.
NODES = (
    0.0,
    0.207784955007898467600689403773245,
    0.405845151377397166906606412076961,
    0.586087235467691130294144691693013,
    0.741531185599394439863864773280788,
    0.864864423359769072789712788640926,
    0.949107912342758524526189684047851,
    0.991455371120812639206854697526329,
)
KRONROD = (
    0.209482141084727828012999174891714,
    0.204432940075298892414161999234649,
    0.190350578064785409913256402421014,
    0.169004726639267902826583426598550,
    0.140653259715525918745189590510238,
    0.104790010322250183839876322541518,
    0.063092092629978553290700663189204,
    0.022935322010529224963732008058970,
)
GAUSS = (
    0.417959183673469387755102040816327,
    0.0,
    0.381830050505118944950369775488975,
    0.0,
    0.279705391489276667901467771423780,
    0.0,
    0.129484966168869693270611432679082,
    0.0,
)

LEAST_EXCESS = 2.0**-50
TOLERANCE = 1e-11
DEEPEST = 40


class Stretch:
    """The function sigma of [1]: up to what time an arrival is taken, by its density ratio.

        sigma(h) = integral from 0 to h of d eta / W(eta),    W the excess (`excess`)

    An arrival at time t with density ratio h is taken if t < sigma(h). Of a search, later arrivals
    come later, so nothing below a height that was not taken will be. `passes` therefore integrates
    from the largest such height on, and the whole of a search is one integral.

    The variable is x = log(1 + eta): eta where that is small, its logarithm where it is large. A
    panel is halved until Gauss's and Kronrod's sums agree, the more exactly the more likely it is
    that a search comes so far: that is W itself.
    """

    def __init__(self, excess: Callable[[float], float]) -> None:
        self.excess = excess
        self.x = 0.0  # of the largest height not taken
        self.time = 0.0  # sigma there

    def passes(self, log_ratio: float, arrival: float) -> bool:
        """Return whether an arrival, later than all before, is below the graph."""
        x = log_one_plus_exp(log_ratio)
        if not x > self.x:
            return False
        time = self.time + self.integral(self.x, x, DEEPEST)
        if arrival < time:
            return True
        self.x, self.time = x, time
        return False

    def may_pass(self, supremum: float) -> bool:
        """Return whether any later arrival with a log ratio up to a supremum can be taken."""
        return log_one_plus_exp(supremum) > self.x

    def integral(self, low: float, high: float, halvings: int) -> float:
        """Return the integral over a panel, halved as often as need be."""
        half = 0.5 * (high - low)
        middle = low + half
        value = self.integrand(middle)
        over_excess = value / portable_exp(middle)
        kronrod, gauss = KRONROD[0] * value, GAUSS[0] * value
        for node, weight, own in zip(NODES[1:], KRONROD[1:], GAUSS[1:], strict=True):
            pair = self.integrand(middle - half * node) + self.integrand(middle + half * node)
            kronrod += weight * pair
            gauss += own * pair
        kronrod *= half
        gauss *= half
        if halvings == 0 or abs(kronrod - gauss) <= TOLERANCE * (1.0 + kronrod * over_excess):
            return kronrod
        first = self.integral(low, middle, halvings - 1)
        return first + self.integral(middle, high, halvings - 1)

    def integrand(self, x: float) -> float:
        """Return the integral's derivative. W is bounded: a search comes so far by that chance."""
        density = portable_exp(x)  # d eta / d x
        height = density - 1.0
        if not height > 0.0:
            return density
        return density / max(self.excess(height), LEAST_EXCESS)


def log_one_plus_exp(x: float) -> float:
    """Return log(1 + exp(x)); 0 for -inf."""
    if x > 0.0:
        return x + log_one_plus(portable_exp(-x))
    return log_one_plus(portable_exp(x)) if x > -math.inf else 0.0
