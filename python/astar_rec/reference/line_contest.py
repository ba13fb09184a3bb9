"""Which drawn node wins, for one element: intervals of means."""

from __future__ import annotations

from .contests import Contest, Node
from .hypotheses import SCALE, SPREAD, Floats
from .normal_tables import normal_cdf


class LineContest(Contest):
    """For one element: a node's weight is the probability of the means for which it is ahead.

    Two samples x and y with log arrivals a and b tie at one mean of the target,

        m = (x + y) / 2 + s^2 ((a - b) / (x - y) - (x + y) / 2),

    and to the right of it the larger one is ahead. So that is an interval.
    """

    least_weight = 1e-5
    most_rivals = 32

    def enter(self, node: Node, parent: Node | None) -> None:
        """It is ahead everywhere."""
        del parent
        node.low = [-10.0 for _ in self.hypotheses]
        node.high = [10.0 for _ in self.hypotheses]

    def meet(self, node: Node, rival: Node) -> None:
        """Its interval ends where the rival gets ahead."""
        (x,), (y,) = node.z, rival.z
        if x == y:
            return
        middle = 0.5 * (x + y)
        slope = (node.log_arrival - rival.log_arrival) / (x - y) - middle
        for i, h in enumerate(self.hypotheses):
            mean = middle + (SCALE[h] * SCALE[h]) * slope
            if x > y:
                node.low[i] = max(node.low[i], mean)
            else:
                node.high[i] = min(node.high[i], mean)

    def weight(self, node: Node) -> Floats:
        """The probability of its interval."""
        weights = []
        for h, low, high in zip(self.hypotheses, node.low, node.high, strict=True):
            per_spread = 1.0 / SPREAD[h]
            part = normal_cdf(high * per_spread) - normal_cdf(low * per_spread)
            weights.append(part if low < high else 0.0)
        return weights

    def weight_below(self, node: Node) -> Floats:
        """Nothing: what is not drawn is left out of account."""
        del node
        return [0.0 for _ in self.hypotheses]
