"""A model of paths to winners that learns: from weights under hypotheses to probabilities.

References:
    [1] M. Mahoney, "Adaptive weighing of context models for lossless data compression", 2005:
        mixing by logistic regression.
    [2] J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and
        stochastic optimization", JMLR 12, 2011: the step sizes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .drawn_tree import LEFT, RIGHT, STOP, DrawnTree
from .functions import LOG_2, portable_exp, portable_log
from .hypotheses import BITS, Floats, total
from .range_coder import CERTAINTY

if TYPE_CHECKING:
    from .sequence import Coder


class Shares:
    """What share of an array's indices each hypothesis is believed to be true for."""

    def __init__(self, values: Floats) -> None:
        self.values = values
        self.indices = 0.0

    @classmethod
    def of_start(cls, start: int) -> Shares:
        """Return those for so many eighths of a bit an element; 0 if that is not known."""
        values = [1.0 for _ in BITS]
        if start:
            apart = [(bits - 0.125 * start) / (bits + 0.5) for bits in BITS]
            values = [1.0 / (a * a + 0.01) for a in apart]
        whole = total(values)
        return cls([value / whole for value in values])

    def wanted(self) -> range:
        """Return the hypotheses of 1/64 and more, those between them and one on either side."""
        worth = [h for h, share in enumerate(self.values) if share >= 2.0**-6]
        return range(max(worth[0] - 1, 0), min(worth[-1] + 2, len(BITS)))

    def learn(self, hypotheses: range, weights: Floats) -> None:
        """After an index: learn from the weights that its decisions have given to a range."""
        rate = max(6.0 / (self.indices + 8.0), 0.001)
        self.indices += 1.0
        whole = total(self.values[h] for h in hypotheses)
        even = 1.0 / len(hypotheses)
        for h, weight in zip(hypotheses, weights, strict=True):
            proved = weight + 1e-4 * (even - weight)
            self.values[h] += rate * (whole * proved - self.values[h])


class Calibrator:
    """A logistic regression of decisions on inputs [1], which starts by trusting the first alone.

    The first input is the logarithm of the odds. There are several sets of weights.
    """

    def __init__(self) -> None:
        self.sets: dict[int, tuple[Floats, Floats]] = {}

    def probability(self, number: int, inputs: Floats) -> float:
        """Return the probability of yes, by one of the sets."""
        start = ([1.0] + [0.0] * (len(inputs) - 1), [20.0] * len(inputs))
        self.inputs, self.selected = inputs, self.sets.setdefault(number, start)
        log_odds = total(w * x for w, x in zip(self.selected[0], inputs, strict=True))
        surest = 12.0 * LOG_2
        log_odds = min(max(log_odds, -surest), surest)
        self.answer = 1.0 / (1.0 + portable_exp(-log_odds))
        return self.answer

    def learn(self, yes: bool) -> None:
        """Take the decision into account, with steps as in [2]."""
        weights, squares = self.selected
        error = (1.0 if yes else 0.0) - self.answer
        for i, x in enumerate(self.inputs):
            slope = error * x
            squares[i] += slope * slope
            weights[i] += 0.1 * slope / math.sqrt(squares[i])


class TreeModel:
    """Probabilities of decisions, from nodes' weights and from what the decisions before were."""

    def __init__(self, start: int) -> None:
        self.shared = Shares.of_start(start)
        self.own: dict[int, Shares] = {}  # by context
        self.seen: dict[int, Floats] = {}  # by level: going on, and stopping
        self.stops, self.sides = Calibrator(), Calibrator()

    def begin(self, context: int | None) -> range:
        """Turn to the next index; return the hypotheses of which weights are wanted."""
        self.believed = self.shared
        if context is not None:
            self.believed = self.own.setdefault(context, Shares(list(self.shared.values)))
        self.hypotheses = self.believed.wanted()
        shares = [self.believed.values[h] for h in self.hypotheses]
        whole = total(shares)
        self.weights = [share / whole for share in shares]
        return self.hypotheses

    def decide(self, coder: Coder, tree: DrawnTree, depth: int) -> int:
        """Have the way on from a node said or heard."""
        node, dimension = tree.at[0], tree.order[depth]
        chances = self._chances(tree.weigh())
        mixed = [
            total(w * c for w, c in zip(self.weights, way, strict=True)) * (1.0 - 0.004)
            + 0.004 / 3.0
            for way in chances
        ]
        way, on = STOP, mixed[LEFT] + mixed[RIGHT]

        level = min(depth, 63)
        seen = self.seen.setdefault(level, [0.5, 0.5])
        late = max(node.log_arrival - depth * LOG_2, -7.0)  # for one of its depth
        odds = portable_log(mixed[STOP] / on)
        frequency = portable_log(seen[1] / seen[0])
        p = self.stops.probability(level, [odds, frequency, 1.0, late])
        stops = coder.ends(depth, int(p * CERTAINTY))
        self.stops.learn(stops)
        seen[stops] += 1.0

        if not stops:
            cell = node.cells[dimension]
            number = 16 * dimension + (cell if cell < 16 else 0)
            odds = portable_log(mixed[RIGHT] / mixed[LEFT])
            p = self.sides.probability(number, [odds, 1.0])
            right = coder.goes_right(depth, int(p * CERTAINTY))
            self.sides.learn(right)
            way = RIGHT if right else LEFT

        # Bayes' rule, with some doubt.
        weights = [w * (c + 0.001) for w, c in zip(self.weights, chances[way], strict=True)]
        scale = 1.0 / total(weights)
        self.weights = [max(w * scale, 1e-30) for w in weights]
        return way

    def end(self) -> None:
        """Learn from an index, after its last decision."""
        if self.believed is not self.shared:
            self.believed.learn(self.hypotheses, self.weights)
        self.shared.learn(self.hypotheses, self.weights)

    def _chances(self, weights: list[Floats]) -> list[Floats]:
        """Return the ways' probabilities under each hypothesis."""
        columns = zip(*weights, strict=True)
        scales = [1.0 / ((stop + left) + right) for stop, left, right in columns]
        return [[w * s for w, s in zip(way, scales, strict=True)] for way in weights]
