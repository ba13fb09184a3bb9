"""The A* search for the node that wins.

References:
    [1] C. J. Maddison, D. Tarlow, T. Minka, "A* sampling", NeurIPS 2014: top-down construction of
        a Gumbel process; algorithm 2, the search.
"""

from __future__ import annotations

import heapq
import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

from .gumbels import gumbel_of, next_arrival
from .methods import Found, TooMuchInformationError
from .positions import LAST_POSITION, mass_of, position_within
from .random_bits import Address, NodeRandom

if TYPE_CHECKING:
    from collections.abc import Callable

    from .partitions import Partition
    from .ratios import LogRatio


class Region(NamedTuple):
    """An interval of positions, ends included, and the values z at its ends.

    The values may reach a little beyond the positions: a supremum over more is still a bound.
    """

    first: int
    last: int
    z_first: float
    z_last: float
    address: Address


class Node(NamedTuple):
    """A region with its sample and its Gumbel."""

    region: Region
    sample: int  # a position, uniform in the region
    arrival: float
    gumbel: float  # nats; -log arrival


def search(
    partition: Partition, ratio: LogRatio, quantile: Callable[[int], float], random: NodeRandom
) -> Found:
    """Find the node with the largest Gumbel + log ratio: A* search [1, algorithm 2].

    Nodes wait in a priority queue, ordered by the most that a node of their region can reach: any
    descendant's Gumbel is smaller, and its log ratio at most the supremum. The search ends as soon
    as the queue's first bound is no larger than the best value seen, or its budget is spent.

    Args:
        partition: The tree to be searched.
        ratio: As for `Method.find`, as all that follows.
        quantile: From positions to the arguments of the ratio, increasing.
        random: The random bits of the tree's nodes.

    Raises:
        TooMuchInformationError: No index names the winner, or the ratio is minus infinity wherever
            the search came.
    """
    queue: list[tuple[float, int, Node]] = []
    order = itertools.count()  # of equal bounds the older goes first
    best, winner, steps = -math.inf, None, 0
    beyond, cut = False, False

    def push(region: Region, after: float, supremum: float) -> None:
        bits = random(region.address)
        arrival = next_arrival(after, mass_of(region.first, region.last), bits.arrival)
        gumbel = gumbel_of(arrival)
        bound = gumbel + supremum
        if bound > best:
            sample = position_within(region.first, region.last, bits.place)
            heapq.heappush(queue, (-bound, next(order), Node(region, sample, arrival, gumbel)))

    root = Region(0, LAST_POSITION, quantile(0), quantile(LAST_POSITION), Address())
    push(root, 0.0, ratio.supremum(root.z_first, root.z_last))
    while beyond or (queue and -queue[0][0] > best):
        if steps == partition.max_steps:
            cut = True
            break
        if beyond:
            raise TooMuchInformationError("a node that may still win lies beyond the indices")
        _, _, node = heapq.heappop(queue)
        steps += 1
        value = node.gumbel + ratio(quantile(node.sample))
        if value > best:
            best, winner = value, node
        for child in partition.split(node, quantile):
            supremum = ratio.supremum(child.z_first, child.z_last)
            if not node.gumbel + supremum > best:
                continue  # and its own Gumbel will be smaller still
            if node.region.address.node < partition.limit:
                push(child, node.arrival, supremum)
            elif partition.exact:
                beyond = True

    if winner is None:
        raise TooMuchInformationError("no sample in reach has a positive target density")
    index = partition.index(winner)
    if index == 0:
        raise TooMuchInformationError("no cell of at most 63 halvings names the winner")
    return Found(index, winner.sample, steps, cut)
