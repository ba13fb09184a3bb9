"""Encoding and decoding of single elements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .random_bits import NodeRandom
from .ratios import log_ratio

if TYPE_CHECKING:
    from .families import Distribution
    from .methods import Method


@dataclass(frozen=True)
class Encoded:
    """An index, the sample that it stands for, and the number of nodes that were evaluated.

    `cut` says whether the search was ended by its budget: the sample is then approximate.
    """

    index: int
    sample: float
    steps: int
    cut: bool = False


def encode(
    method: Method, target: Distribution, proposal: Distribution, seed: int, element: int
) -> Encoded:
    """Return the index of a sample of the target.

    Args:
        method: `GlobalAStar`, `ASStar`, `ADStar` or `DADStar`, perhaps with a budget,
            `GreedyPoissonRejection`, `GreedyRejectionCoding`, or one that chooses among candidates.
        target: The distribution Q to be sampled.
        proposal: The distribution P that the receiver has too.
        seed: Shared with the receiver; 64 bits.
        element: The element's number in its array; below 2^48.

    Raises:
        TooMuchInformationError: No index names the sample.
        TypeError: The pair of families has no log ratio.
    """
    ratio, random = log_ratio(target, proposal), NodeRandom(seed, element)
    found = method.find(ratio, proposal.quantile, random)
    sample = proposal.sample(proposal.quantile(found.position))
    return Encoded(found.index, sample, found.steps, found.cut)


def decode(method: Method, index: int, proposal: Distribution, seed: int, element: int) -> float:
    """Return the sample that an index stands for. Each of a method's indices stands for one."""
    position = method.replay(NodeRandom(seed, element), index)
    return proposal.sample(proposal.quantile(position))
