"""Which drawn node wins, for blocks: by the density of winners."""

from __future__ import annotations

import math

from .contests import Contest, Node
from .hypotheses import SCALE, SPREAD, Floats, total
from .normal_tables import mean_square, normal_cdf
from .winner_table import LATER, NOW, furthest, table_row


class BoxContest(Contest):
    """For blocks: a node's weight is the density of winners at its sample.

    In blocks of up to 4 nodes also meet. If x wins, m is normal around it, and x is ahead of a
    sample y at the distance d, with log arrivals a and b, with the probability Phi of

        spread d / (2 s) + s (b - a) / (spread d).

    The least of these multiplies the weight. As they stand for some of what g stands for, the table
    is asked for an arrival that is earlier.
    """

    least_weight = 1e-25
    most_rivals = 16

    def nodes_meet(self) -> bool:
        """In small blocks."""
        return self.dimensions <= 4

    def enter(self, node: Node, parent: Node | None) -> None:
        """Look up what depends on itself alone."""
        if parent is None:
            node.square = float(self.dimensions)
        else:
            halved = zip(node.cells, parent.cells, strict=True)
            ((cell, whole),) = (pair for pair in halved if pair[0] != pair[1])
            node.square = max(parent.square + (mean_square(cell) - mean_square(whole)), 0.0)
        square = total(z * z for z in node.z)
        seen = (5 - self.dimensions) / 3.0 if self.nodes_meet() else 0.0
        node.now = self._look_up(NOW, square, node.log_arrival - seen, 1.0)
        mass = math.ldexp(1.0, -node.depth)
        node.later = self._look_up(LATER, node.square, node.log_arrival, mass)
        node.ahead = [8.0 for _ in self.hypotheses]

    def meet(self, node: Node, rival: Node) -> None:
        """Compare it with the rival."""
        square = 1e-12
        for x, y in zip(node.z, rival.z, strict=True):
            apart = x - y
            square += apart * apart
        distance = math.sqrt(square)
        lead = (rival.log_arrival - node.log_arrival) / distance
        for i, h in enumerate(self.hypotheses):
            half_ratio = 0.5 * (SPREAD[h] / SCALE[h])
            argument = half_ratio * distance + (SCALE[h] / SPREAD[h]) * lead
            node.ahead[i] = min(node.ahead[i], argument)

    def weight(self, node: Node) -> Floats:
        """The density of winners, and that it is ahead."""
        if not self.nodes_meet():
            return node.now
        pairs = zip(node.now, node.ahead, strict=True)
        return [now * normal_cdf(ahead) for now, ahead in pairs]

    def weight_below(self, node: Node) -> Floats:
        """The part of later winners that falls into its box."""
        return node.later

    def _look_up(self, what: int, square: float, log_arrival: float, scale: float) -> Floats:
        """Return scale times the table's entry, straight between rows and between columns."""
        down = min(math.sqrt(square) * (15.0 / furthest(self.dimensions)), 15.0 - 2.0**-10)
        along = min(max(log_arrival + 8.0, 0.0), 44.0 - 2.0**-10)
        row, column = int(down), int(along)
        lower = scale * (down - row)
        upper = scale - lower
        right = along - column
        out = []
        for h in self.hypotheses:
            (a, b), (c, d) = (
                [entry[what] for entry in table_row(self.dimensions, i, h)[column : column + 2]]
                for i in (row, row + 1)
            )
            above = (upper * (1.0 - right)) * a + (upper * right) * b
            below = (lower * (1.0 - right)) * c + (lower * right) * d
            out.append(above + below)
        return out
