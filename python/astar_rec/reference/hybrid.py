"""Hybrid coding: dithered cubes, and ordered random coding within one of them.

References:
    [1] L. Theis, N. Yosri, "Algorithms for the communication of samples", ICML 2022: hybrid coding.

>>> from astar_rec.reference import Normal
>>> method = HybridCoding(100, halvings=2)
>>> targets, proposals = [Normal(0.5, 0.1), Normal(-1.0, 0.02)], [Normal(0.0, 1.0)] * 2
>>> sent = method.choose_block(targets, proposals, seed=7, element=0)
>>> method.decode_block(sent.index, proposals, seed=7, element=0) == sent.samples
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .blocks import EncodedBlock
from .boxes import place_bits
from .functions import LOG_2
from .methods import Found, Method, TooMuchInformationError
from .ordered_random import OrderedRandomCoding
from .positions import LAST_POSITION
from .random_bits import NodeRandom
from .ratios import log_ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .families import Distribution
    from .ratios import LogRatio

FINENESS = 10  # an interval begins at a multiple of its width over 2^10
# A target is cut off where it is at most 2^-10 as dense as an even distribution on its interval.
LOG_CUT_OFF = 10


class Interval(NamedTuple):
    """Where a target's candidates lie, and the largest log ratio that is left out (nats)."""

    first: int  # a position
    outside: float


class HybridCoding(Method):
    """Hybrid coding [1]: universal quantisation says where, ordered random coding which.

    Along each dimension the sender chooses an interval of positions of the width 2^-k, where the
    target is. All samples of the proposal are brought there: of the positions that end in the same
    64 - k bits, one lies in the interval. These are the candidates, as even on the intervals'
    product, the cube, as if it were the proposal; and one is chosen by `OrderedRandomCoding`. The
    receiver knows a candidate's last bits by its number, and is told the first k.

    So a choice takes the time of the information about the cube, not about the proposal. Its law
    differs from the target's by what is outside of the cube, and by the choice's own bias.

    The index is the candidate's number, followed by k bits for each dimension.
    """

    def __init__(self, candidates: int, halvings: int) -> None:
        self.candidates = candidates
        self.halvings = halvings

    @property
    def width(self) -> int:
        """How many positions an interval has."""
        return 1 << (64 - self.halvings)

    def interval(self, ratio: LogRatio, quantile: Callable[[int], float]) -> Interval:
        """Return the interval that leaves out the least: whose largest ratio outside is smallest.

        To the left that grows with the interval's place, to the right it falls, and where they
        cross is found by halving: the best place is there, or the one before.
        """
        step = self.width >> FINENESS
        low, high = 0, (2**64 - self.width) // step

        def largest_outside(place: int) -> tuple[float, float]:
            first = place * step
            left = right = float("-inf")
            if first > 0:
                left = ratio.supremum(quantile(0), quantile(first - 1))
            if first + self.width <= LAST_POSITION:
                right = ratio.supremum(quantile(first + self.width), quantile(LAST_POSITION))
            return left, right

        while low < high:
            middle = (low + high) // 2
            left, right = largest_outside(middle)
            if left >= right:
                high = middle
            else:
                low = middle + 1
        outside = max(largest_outside(low))
        if low > 0 and (before := max(largest_outside(low - 1))) < outside:
            return Interval((low - 1) * step, before)
        return Interval(low * step, outside)

    def is_cut_off(self, interval: Interval) -> bool:
        """Return whether more is outside than what is hardly there."""
        return interval.outside > (self.halvings - LOG_CUT_OFF) * LOG_2

    def place(self, first: int, bits: int) -> int:
        """Return a candidate's position in an interval: of its last bits the one that is there."""
        position = first - first % self.width + (bits >> self.halvings)
        return position if position >= first else position + self.width

    def choose_positions(
        self,
        ratios: Sequence[LogRatio],
        quantiles: Sequence[Callable[[int], float]],
        random: NodeRandom,
    ) -> tuple[int, list[int], int, bool]:
        """Return the index, the positions, the steps, and whether targets were cut off.

        Raises:
            TooMuchInformationError: No candidate has a positive target density.
        """
        pairs = list(zip(ratios, quantiles, strict=True))
        intervals = [self.interval(ratio, quantile) for ratio, quantile in pairs]
        supremum = 0.0
        for (ratio, quantile), (first, _) in zip(pairs, intervals, strict=True):
            supremum += ratio.supremum(quantile(first), quantile(first + self.width - 1))

        def positions(number: int) -> list[int]:
            return [
                self.place(first, place_bits(random, number, j))
                for j, (first, _) in enumerate(intervals)
            ]

        def ratio_of(number: int) -> float:
            total = 0.0
            for (ratio, quantile), position in zip(pairs, positions(number), strict=True):
                total += ratio(quantile(position))
            return total

        inner = OrderedRandomCoding(self.candidates)
        number, steps, _ = inner.choose(ratio_of, supremum, random)
        if number == 0:
            raise TooMuchInformationError("no candidate has a positive target density")
        index, chosen = number, positions(number)
        for position in chosen:
            index = (index << self.halvings) | (position >> (64 - self.halvings))
        return index, chosen, steps, any(map(self.is_cut_off, intervals))

    def replay_positions(self, random: NodeRandom, index: int, dimensions: int) -> list[int]:
        """Return the positions that an index names."""
        number, positions = index >> (self.halvings * dimensions), []
        for j in range(dimensions):
            cell = index >> (self.halvings * (dimensions - 1 - j)) & ((1 << self.halvings) - 1)
            bits = place_bits(random, number, j)
            positions.append((cell << (64 - self.halvings)) | (bits >> self.halvings))
        return positions

    def find(self, ratio: LogRatio, quantile: Callable[[int], float], random: NodeRandom) -> Found:
        """Choose among candidates of one element."""
        index, (position,), steps, cut = self.choose_positions([ratio], [quantile], random)
        return Found(index, position, steps, cut)

    def replay(self, random: NodeRandom, index: int) -> int:
        """The last bits are a random number's, the first are said."""
        return self.replay_positions(random, index, 1)[0]

    def choose_block(
        self,
        targets: Sequence[Distribution],
        proposals: Sequence[Distribution],
        seed: int,
        element: int,
    ) -> EncodedBlock:
        """Return the index of a sample of a block: see `candidates.choose_block`."""
        pairs = zip(targets, proposals, strict=True)
        ratios: list[LogRatio] = [log_ratio(target, proposal) for target, proposal in pairs]
        quantiles = [proposal.quantile for proposal in proposals]
        index, _, steps, cut = self.choose_positions(ratios, quantiles, NodeRandom(seed, element))
        return EncodedBlock(index, self.decode_block(index, proposals, seed, element), steps, cut)

    def decode_block(
        self, index: int, proposals: Sequence[Distribution], seed: int, element: int
    ) -> list[float]:
        """Return the block's sample of that index."""
        positions = self.replay_positions(NodeRandom(seed, element), index, len(proposals))
        pairs = zip(proposals, positions, strict=True)
        return [proposal.sample(proposal.quantile(position)) for proposal, position in pairs]
