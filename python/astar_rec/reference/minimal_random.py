"""Minimal random coding: one of some candidates, without a search.

References:
    [1] M. Havasi, R. Peharz, J. M. Hernández-Lobato, "Minimal random code learning: getting bits
        back from compressed model parameters", ICLR 2019: minimal random coding.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .candidates import CandidateMethod, Winner
from .gumbels import exponential, gumbel_of
from .random_bits import Address, NodeRandom

if TYPE_CHECKING:
    from collections.abc import Callable


class MinimalRandomCoding(CandidateMethod):
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

    def choose(
        self, ratio_of: Callable[[int], float], supremum: float, random: NodeRandom
    ) -> Winner:
        """Look at all candidates. Of equal ones the first wins."""
        del supremum
        best, winner = -math.inf, 0
        for number in range(1, self.candidates + 1):
            arrival = exponential(random(Address(number)).arrival)
            value = gumbel_of(arrival) + ratio_of(number)
            if value > best:
                best, winner = value, number
        return Winner(winner, self.candidates)
