"""Greedy Poisson rejection sampling: the first arrival below a graph.

References:
    [1] G. Flamich, "Greedy Poisson rejection sampling", NeurIPS 2023.
"""

from __future__ import annotations

import heapq
import itertools
from functools import partial
from typing import TYPE_CHECKING

from .a_star import Node, Region
from .excess import normal_excess
from .families import Normal
from .gumbels import gumbel_of, next_arrival
from .methods import Found, Method, TooMuchInformationError
from .partitions import AtSample
from .positions import LAST_POSITION, mass_of, position_within
from .random_bits import Address, NodeRandom
from .ratios import LocationScaleRatio
from .stretch import Stretch

if TYPE_CHECKING:
    from collections.abc import Callable

    from .partitions import Partition
    from .ratios import LogRatio


class GreedyPoissonRejection(Method):
    """Greedy Poisson rejection sampling [1], over any of the trees of A* coding.

    A tree's nodes are a Poisson process in time: each has its sample, and the first arrival in its
    region after its parent's (`gumbels`). A* search takes the node with the largest *Gumbel + log
    ratio*. Here the *first* is taken whose arrival lies below a graph over its sample, a function
    of its density ratio (`Stretch`). Its law is the target, too.

    Nodes are looked at in the order of their arrivals. Regions are left out whose supremum is no
    larger than a ratio that was too small at an earlier time. If the ratio has one mode, then of
    two parts that meet at a sample that was not taken, only that with the mode is left.

    Index and replay are the partition's: the receiver sees no difference.
    """

    def __init__(self, partition: Partition | None = None) -> None:
        self.partition = AtSample() if partition is None else partition

    def find(self, ratio: LogRatio, quantile: Callable[[int], float], random: NodeRandom) -> Found:
        """Look at nodes by their arrivals until one is below the graph."""
        partition, stretch = self.partition, Stretch(excess_of(ratio))
        queue: list[tuple[float, int, float, Node]] = []
        order = itertools.count()  # of equal arrivals the older goes first
        steps, densest = 0, None

        def push(region: Region, after: float, supremum: float) -> None:
            bits = random(region.address)
            arrival = next_arrival(after, mass_of(region.first, region.last), bits.arrival)
            sample = position_within(region.first, region.last, bits.place)
            node = Node(region, sample, arrival, gumbel_of(arrival))
            heapq.heappush(queue, (arrival, next(order), supremum, node))

        root = Region(0, LAST_POSITION, quantile(0), quantile(LAST_POSITION), Address())
        push(root, 0.0, ratio.supremum(root.z_first, root.z_last))
        while queue:
            arrival, _, supremum, node = heapq.heappop(queue)
            if not stretch.may_pass(supremum):
                continue
            steps += 1
            before = stretch.x
            if stretch.passes(ratio(quantile(node.sample)), arrival):
                densest = node
                break
            if stretch.x > before:
                densest = node
            for child in partition.split(node, quantile):
                supremum = ratio.supremum(child.z_first, child.z_last)
                if not stretch.may_pass(supremum):
                    continue
                if not node.region.address.node < partition.limit:
                    raise TooMuchInformationError("the first arrival lies beyond the indices")
                push(child, arrival, supremum)

        # Where rounding has let all nodes through, with a chance of 2^-50, the densest is taken.
        if densest is None:
            raise TooMuchInformationError("no sample in reach has a positive target density")
        index = partition.index(densest)
        if index == 0:
            raise TooMuchInformationError("no cell of at most 63 halvings names the sample")
        return Found(index, densest.sample, steps, cut=False)

    def replay(self, random: NodeRandom, index: int) -> int:
        """The partition's."""
        return self.partition.replay(random, index)


def excess_of(ratio: LogRatio) -> Callable[[float], float]:
    """Return the excess of a pair whose log ratio is given. Raises TypeError if there is none."""
    if isinstance(ratio, LocationScaleRatio):
        match ratio.target, ratio.proposal:
            case Normal(), Normal():
                return partial(normal_excess, ratio.mean, ratio.scale)
    raise TypeError("greedy Poisson rejection sampling is for normal targets and proposals")
