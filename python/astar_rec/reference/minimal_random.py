"""Minimal random coding: one of some candidates, without a search.

References:
    [1] M. Havasi, R. Peharz, J. M. Hernández-Lobato, "Minimal random code learning: getting bits
        back from compressed model parameters", ICLR 2019: minimal random coding.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .gumbels import exponential, gumbel_of
from .methods import Found, Method, TooMuchInformationError
from .random_bits import Address, NodeRandom

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ratios import LogRatio


class MinimalRandomCoding(Method):
    """Minimal random coding [1]: one of K samples of the proposal, by its importance weight.

    Candidate i is chosen with a probability proportional to dQ/dP at its sample. By the Gumbel-max
    trick that is the candidate with the largest *Gumbel + log ratio*, the Gumbels independent of
    each other. So the samples are those of `WholeSpace`, and index and replay too. But there a
    sample's arrival comes after those of all earlier ones, and once none that follows can win, the
    search ends with a sample of Q. Here every candidate's arrival begins at 0, all K are looked at,
    and what wins has Q for its law only as K grows.
    """

    def __init__(self, candidates: int) -> None:
        self.candidates = candidates

    def find(self, ratio: LogRatio, quantile: Callable[[int], float], random: NodeRandom) -> Found:
        """Look at all candidates. Of equal ones the first wins."""
        best, winner = -math.inf, 0
        for number in range(1, self.candidates + 1):
            bits = random(Address(number))
            value = gumbel_of(exponential(bits.arrival)) + ratio(quantile(bits.place))
            if value > best:
                best, winner = value, number
        if winner == 0:
            raise TooMuchInformationError("no candidate has a positive target density")
        return Found(winner, self.replay(random, winner), self.candidates, cut=False)

    def replay(self, random: NodeRandom, index: int) -> int:
        """One random number."""
        return random(Address(index)).place
