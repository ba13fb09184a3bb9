"""Ordered random coding: minimal random coding whose index says less.

References:
    [1] L. Theis, N. Yosri, "Algorithms for the communication of samples", ICML 2022, section 3.2.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .candidates import CandidateMethod, Winner
from .gumbels import gumbel_of, next_arrival
from .random_bits import Address, NodeRandom

if TYPE_CHECKING:
    from collections.abc import Callable


class OrderedRandomCoding(CandidateMethod):
    """Ordered random coding [1]: the Gumbels of minimal random coding, the largest first.

    Before they are seen, candidates are alike. So the sample's law does not change if candidate 1
    gets the largest of the K Gumbels, candidate 2 the next, and so on; but low indices become the
    likelier. In the time domain K exponentials of mean K come in their order: each after an
    exponential of mean K over the number of those left, as if what is left had that mass. With K
    without end that is `WholeSpace`.

    And as there, once no Gumbel to come can win with the largest log ratio there is, it is over.
    """

    def __init__(self, candidates: int) -> None:
        self.candidates = candidates

    def choose(
        self, ratio_of: Callable[[int], float], supremum: float, random: NodeRandom
    ) -> Winner:
        """Look at candidates in their order. Of equal ones the first wins."""
        best, winner, arrival = -math.inf, 0, 0.0
        if supremum == -math.inf:
            return Winner(0, 0)
        for number in range(1, self.candidates + 1):
            mass = (self.candidates - number + 1) / self.candidates
            arrival = next_arrival(arrival, mass, random(Address(number)).arrival)
            gumbel = gumbel_of(arrival)
            if not gumbel + supremum > best:
                return Winner(winner, number - 1)
            value = gumbel + ratio_of(number)
            if value > best:
                best, winner = value, number
        return Winner(winner, self.candidates)
