"""Greedy rejection coding: of each sample, as much of the target as it can take.

References:
    [1] G. Flamich, S. Markou, J. M. Hernández-Lobato, "Faster relative entropy coding with greedy
        rejection coding", NeurIPS 2023: split at the sample (GRCS), in half (GRCD), not at all
        (GRCG).
    [2] P. Harsha, R. Jain, D. McAllester, J. Radhakrishnan, "The communication complexity of
        correlation", 2007: the same without splitting.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from .a_star import Node, Region
from .excess import normal_excess_between
from .families import Normal
from .functions import portable_exp
from .methods import Found, Method, TooMuchInformationError
from .partitions import AtSample
from .positions import LAST_POSITION, mass_of, position_within
from .random_bits import Address, NodeRandom
from .ratios import LocationScaleRatio

if TYPE_CHECKING:
    from collections.abc import Callable

    from .partitions import Partition
    from .ratios import LogRatio

BRANCH_LANE = 8  # of the number that chooses among a node's children: its lane plus this


class GreedyRejectionCoding(Method):
    """Greedy rejection coding [1], over any of the trees of A* coding.

    The search is one path down a tree. At a region S stands a level L: of the density ratio r, what
    is above L is still to be sampled in S, that is a mass

        T(L, S) = integral over S of (q - L p)+

    The node's sample x is taken with the chance P(S) (r(x) - L) / T(L, S), as a number from 0 to 1.
    So of what is above L a slice of the height T / P(S) is taken away, as much as one sample can
    be. If x is not taken, the level is L + T / P(S), and the search goes on in a child, chosen by
    what is left to be sampled in each. That leaves the law of the target, however regions are
    split.

    Where the ratio has one mode, all that is left lies to one side of a sample that was not taken.

    Index and replay are the partition's: the receiver sees no difference.
    """

    def __init__(self, partition: Partition | None = None) -> None:
        self.partition = AtSample() if partition is None else partition

    def find(self, ratio: LogRatio, quantile: Callable[[int], float], random: NodeRandom) -> Found:
        """Go down until a sample is taken."""
        partition, excess = self.partition, excess_between_of(ratio)
        region = Region(0, LAST_POSITION, quantile(0), quantile(LAST_POSITION), Address())
        level, steps = 0.0, 0
        left = excess(level, region.z_first, region.z_last)
        while True:
            bits = random(region.address)
            sample = position_within(region.first, region.last, bits.place)
            node = Node(region, sample, 0.0, 0.0)
            steps += 1
            mass = mass_of(region.first, region.last)
            height = portable_exp(ratio(quantile(sample)))
            if unit(bits.arrival) * left < mass * (height - level):
                break
            level += left / mass
            children = [
                (child, excess(level, child.z_first, child.z_last))
                for child in partition.split(node, quantile)
            ]
            rest = 0.0
            for _, part in children:
                rest += part
            if not rest > 0.0:
                break  # but for rounding, the chance is 0 that the sample was not taken
            if not region.address.node < partition.limit:
                raise TooMuchInformationError("what is left lies beyond the indices")
            at = 0.0
            if len(children) > 1:
                branch = Address(region.address.node, BRANCH_LANE + region.address.lane)
                at = unit(random(branch).arrival) * rest
            region, left = children[0] if at < children[0][1] else children[-1]

        index = partition.index(node)
        if index == 0:
            raise TooMuchInformationError("no cell of at most 63 halvings names the sample")
        return Found(index, node.sample, steps, cut=False)

    def replay(self, random: NodeRandom, index: int) -> int:
        """The partition's."""
        return self.partition.replay(random, index)


def unit(bits: int) -> float:
    """Return a number from 0 to before 1, of 53 of 64 bits."""
    return math.ldexp(float(bits >> 11), -53)


def excess_between_of(ratio: LogRatio) -> Callable[[float, float, float], float]:
    """Return T(L, low, high) of a pair whose log ratio is given. Raises TypeError without one."""
    if isinstance(ratio, LocationScaleRatio):
        match ratio.target, ratio.proposal:
            case Normal(), Normal():
                return partial(normal_excess_between, ratio.mean, ratio.scale)
    raise TypeError("greedy rejection coding is for normal targets and proposals")
