"""Methods that choose one of numbered samples of the proposal, its candidates.

Candidate N is the N-th sample of `WholeSpace`: the index is its number, and replay the same. In
blocks, candidates are samples of all elements together, of which there may be any number. (The
samples of global-bound A* coding in blocks are the same, and `decode_number` serves both.)

>>> from astar_rec.reference import MinimalRandomCoding, Normal
>>> targets, proposals = [Normal(0.5, 0.3), Normal(-1.0, 0.2)], [Normal(0.0, 1.0)] * 2
>>> sent = choose_block(MinimalRandomCoding(100), targets, proposals, seed=7, element=0)
>>> decode_number(sent.index, proposals, seed=7, element=0) == sent.samples
True
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from .blocks import EncodedBlock
from .boxes import place_bits
from .methods import Found, Method, TooMuchInformationError
from .positions import LAST_POSITION
from .random_bits import Address, NodeRandom
from .ratios import LogRatio, log_ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .families import Distribution


class Winner(NamedTuple):
    """The candidate that was chosen, or 0; how many were evaluated; whether others were not."""

    number: int
    steps: int
    cut: bool = False


class CandidateMethod(Method):
    """A choice among candidates."""

    @abstractmethod
    def choose(
        self, ratio_of: Callable[[int], float], supremum: float, random: NodeRandom
    ) -> Winner:
        """Return the winner.

        Args:
            ratio_of: The log ratio of a candidate, by its number, from 1.
            supremum: The largest that there may be.
            random: The block's random numbers.
        """

    def find(self, ratio: LogRatio, quantile: Callable[[int], float], random: NodeRandom) -> Found:
        """Choose among samples of one element."""

        def ratio_of(number: int) -> float:
            return ratio(quantile(self.replay(random, number)))

        supremum = 0.0 + ratio.supremum(quantile(0), quantile(LAST_POSITION))
        number, steps, cut = self.choose(ratio_of, supremum, random)
        if number == 0:
            raise TooMuchInformationError("no candidate has a positive target density")
        return Found(number, self.replay(random, number), steps, cut)

    def replay(self, random: NodeRandom, index: int) -> int:
        """One random number."""
        return random(Address(index)).place


def choose_block(
    method: CandidateMethod,
    targets: Sequence[Distribution],
    proposals: Sequence[Distribution],
    seed: int,
    element: int,
) -> EncodedBlock:
    """Return the number of one of a block's candidates.

    Args:
        method: How it is chosen.
        targets: One for each dimension.
        proposals: One for each dimension.
        seed: Shared with the receiver; 64 bits.
        element: The number of the block's first element in its array.

    Raises:
        TooMuchInformationError: No candidate has a positive target density.
    """
    random = NodeRandom(seed, element)
    pairs = zip(targets, proposals, strict=True)
    ratios: list[LogRatio] = [log_ratio(target, proposal) for target, proposal in pairs]
    supremum = 0.0
    for ratio, proposal in zip(ratios, proposals, strict=True):
        supremum += ratio.supremum(proposal.quantile(0), proposal.quantile(LAST_POSITION))

    def ratio_of(number: int) -> float:
        total = 0.0
        for j, (ratio, proposal) in enumerate(zip(ratios, proposals, strict=True)):
            total += ratio(proposal.quantile(place_bits(random, number, j)))
        return total

    number, steps, cut = method.choose(ratio_of, supremum, random)
    if number == 0:
        raise TooMuchInformationError("no candidate has a positive target density")
    return EncodedBlock(number, decode_number(number, proposals, seed, element), steps, cut)


def decode_number(
    number: int, proposals: Sequence[Distribution], seed: int, element: int
) -> list[float]:
    """Return the block's sample of that number."""
    random = NodeRandom(seed, element)
    return [
        proposal.sample(proposal.quantile(place_bits(random, number, j)))
        for j, proposal in enumerate(proposals)
    ]
