"""A model of the depths of indices that learns from those before.

A depth is said in decisions, "does it end at this level?". Each has the probability that a
frequency gives it. There are two layers of these: one of all indices, and one of the indices with
one context number, whose prior is the first.

References:
    [1] R. E. Krichevsky, V. K. Trofimov, "The performance of universal encoding", IEEE Trans.
        Information Theory 27, 1981: the estimator.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .positions import cell_depth
from .range_coder import CERTAINTY

ONE = 2**16  # of the numbers behind the start
CONTEXT_WEIGHT = 16


def start_of(bits: float) -> int:
    """Return the start that stands for so many bits of information an element.

    Eighths of a bit, 1 to 255; a start of 0 says that the information is not known.
    """
    return max(1, round(min(255.0, 8 * bits)))


def toward_zero(a: int, b: int) -> int:
    """Return a / b without its fraction."""
    return a // b if a >= 0 else -(-a // b)


def depth_prior(block: int, start: int, level: int) -> tuple[int, int]:
    """Return the probability that an index ends at a level, and as how many indices that counts.

    plateau / (1 + 2^(steepness * (shift + expected bits - level))), where 2^x is straight between
    integers; the constants are scripts/fit_depth_start.py's. Without a start it is one half.

    >>> [round(depth_prior(1, start_of(2), level)[0] / CERTAINTY, 2) for level in range(5)]
    [0.29, 0.43, 0.57, 0.67, 0.73]
    """
    if not start:
        return CERTAINTY // 2, 1
    octave = cell_depth(block)
    log2_block = (octave - 1) * 256 + (block << 8 >> octave)  # straight between powers of two

    def fitted(a: int, b: int, c: int, d: int) -> int:
        varying = toward_zero((c * 256 + d * log2_block) * 8, start + 4)
        return a * 256 + b * log2_block + varying

    plateau = min(max(fitted(201, -47, 11, 19), ONE // 5), ONE - ONE // 50)
    shift = fitted(-156, 46, -408, 18) + ONE // 8 * start * block
    power = fitted(245, -44, 70, -13) * (shift - ONE * level) >> 16
    octave = min(max(power >> 16, -12), 12)
    odds = (ONE + power % ONE << 12) >> (12 - octave)
    return plateau * CERTAINTY // (ONE + odds), 32


@dataclass
class Frequency:
    """How many indices came to a level, and how many of them ended there."""

    reached: int = 0
    ended: int = 0

    def probability(self, prior: int, weight: int) -> int:
        """Return that of ending: with prior 1/2 and weight 1, Krichevsky and Trofimov's [1]."""
        ended = self.ended * CERTAINTY + weight * prior
        return min(max(ended // (self.reached + weight), 1), CERTAINTY - 1)

    def count(self, ended: bool) -> None:
        """Take another one into account."""
        self.reached += 1
        self.ended += ended
        if self.reached == 2**20:
            self.reached //= 2
            self.ended //= 2


@dataclass
class DepthModel:
    """The probabilities of depths."""

    block: int = 1
    start: int = 0
    shared: dict[int, Frequency] = field(default_factory=dict)  # by level
    own: dict[tuple[int, int], Frequency] = field(default_factory=dict)  # by context and level

    def probability(self, context: int | None, level: int) -> int:
        """Return the probability that an index ends at a level which it has come to."""
        of_all = self.shared.setdefault(level, Frequency())
        probability = of_all.probability(*depth_prior(self.block, self.start, level))
        if context is None:
            return probability
        of_context = self.own.setdefault((context, level), Frequency())
        return of_context.probability(probability, CONTEXT_WEIGHT)

    def count(self, context: int | None, level: int, ended: bool) -> None:
        """Learn whether it did."""
        self.shared[level].count(ended)
        if context is not None:
            self.own[context, level].count(ended)
