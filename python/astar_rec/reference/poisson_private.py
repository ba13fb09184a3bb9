"""Poisson private representation: an exact sample, by a message that is differentially private.

References:
    [1] Y. Liu, W.-N. Chen, A. Özgür, C. T. Li, "Universal exact compression of differentially
        private mechanisms", NeurIPS 2024, section 4.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING

from .candidates import CandidateMethod, Winner
from .functions import portable_exp, portable_log
from .gumbels import exponential, gumbel_of
from .random_bits import Address, NodeRandom

if TYPE_CHECKING:
    from collections.abc import Callable

LAST_COUNTED = 2.0**40  # the time up to which ranks are counted


@cache
def poisson_table(mean: int) -> tuple[int, tuple[float, ...]]:
    """Return a count, and the function of the law of Poisson counts from it on, but for 2^-53."""
    first, mass, counts = {
        2**18: (257_024, float.fromhex("0x1.0e7ecbba30d46p-83"), 10_240),
        2**12: (3456, float.fromhex("0x1.7ee0afa7fc831p-84"), 1280),
        2**6: (0, float.fromhex("0x1.969d47321e4ccp-93"), 144),
    }[mean]
    total, table = 0.0, []
    for k in range(first, first + counts):
        total += mass
        table.append(total)
        mass *= mean / (k + 1)
    return first, tuple(table)


def poisson(length: float, bits: Callable[[], int]) -> int:
    """Return how many points of a Poisson process of rate 1 an interval has.

    2^18 at a time by a table, 2^12 and 2^6 by others, and what is left point by point.

    Args:
        length: The interval's.
        bits: Returns the next 64 random bits.
    """
    count = 0
    for mean in (2**18, 2**12, 2**6):
        first, table = poisson_table(mean)
        while length >= mean:
            count += first + bisect_right(table, math.ldexp(float(bits() >> 11), -53))
            length -= mean
    at = exponential(bits())
    while at <= length:
        count += 1
        at += exponential(bits())
    return count


class PoissonPrivateRepresentation(CandidateMethod):
    """Poisson private representation [1]: the sample i with the least T_i^α V_i / r_i^α.

    T_1 < T_2 < … are a Poisson process's times, V_i exponentials, r_i the density ratio at the
    shared sample i. Times and marks are the sender's alone, by a seed of its own. A sample is
    chosen with a probability proportional to (T_i / r_i)^-α; with α = ∞ it is the first of the
    T_i / r_i, global-bound A* coding's.

    The search goes from point to point. A point at time T or later wins only with a mark below
    v = exp(α (best possible - best so far)), which falls with T. While v is 1 or more, all points
    are drawn. Then the next of those with marks below v is drawn; of those in
    between it matters how many there were.
    """

    def __init__(self, alpha: float, private_seed: int) -> None:
        self.alpha = alpha
        self.inverse = 0.0 if alpha == math.inf else 1.0 / alpha
        self.private_seed = private_seed

    def choose(
        self, ratio_of: Callable[[int], float], supremum: float, random: NodeRandom
    ) -> Winner:
        """Draw points until none can win any more."""
        own = NodeRandom(self.private_seed, random.element)
        counter = itertools.count(1)
        best, winner, steps, rank, turn, time, skipped = -math.inf, 0, 0, 0, 0, 0.0, 0.0

        def threshold() -> float:
            if turn == 0:
                return math.inf
            margin = gumbel_of(time) + supremum - best
            if self.inverse == 0.0:
                return math.inf if margin > 0.0 else 0.0
            exponent = self.alpha * margin
            return portable_exp(exponent) if exponent < 700.0 else math.inf

        if supremum == -math.inf:
            return Winner(0, 0)
        dense = True
        while (v := threshold()) > 0.0:
            turn += 1
            dense = dense and v >= 1.0
            wait = exponential(own(Address(turn)).arrival)
            marks = own(Address(turn, 1))
            if dense:
                time += wait
                rank += 1
                mark = exponential(marks.place)
            else:
                following = time + wait / v
                if not following < math.inf:
                    break
                mark = v * math.ldexp(float(marks.place | 1), -64)
                kept = math.ldexp(float(marks.arrival >> 11), -53) < portable_exp(-mark)
                if following > LAST_COUNTED:
                    time = following
                    if kept and mark < threshold():
                        return Winner(winner, steps, cut=True)
                    continue
                skipped += portable_exp(-v) * (following - time)
                time = following
                if not kept:
                    continue
                rank += 1
            if not mark < threshold():
                continue
            if skipped > 0.0:
                rank += poisson(skipped, lambda: own(Address(next(counter), 2)).place)
                skipped = 0.0
            steps += 1
            value = gumbel_of(time) + ratio_of(rank) - portable_log(mark) * self.inverse
            if value > best:
                best, winner = value, rank
        return Winner(winner, steps)
