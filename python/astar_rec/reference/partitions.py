"""Partitions: the one thing in which the variants of A* coding differ.

References:
    [1] C. T. Li, A. El Gamal, "Strong functional representation lemma and applications to coding
        theorems", IEEE Trans. Information Theory 64, 2018: Poisson functional representation.
    [2] G. Flamich, S. Markou, J. M. Hernández-Lobato, "Fast relative entropy coding with A*
        coding", ICML 2022: global-bound A*, AS*, AD* and DAD* coding.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from .a_star import Node, Region, search
from .methods import Found, Method
from .positions import LAST_POSITION, cell_first, cell_last, leading_zeros, position_within
from .random_bits import Address, NodeRandom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .ratios import LogRatio


class Partition(Method):
    """How a region is split, and how a node is named to the receiver.

    Attributes:
        limit: Nodes with this address or a larger one have no children.
        exact: Whether it is an error if a node that may still win lies beyond the limit. If not,
            the best node within the limit wins, and its law only approximates the target.
        max_steps: How many nodes a search may evaluate; None for no budget. One that has more to do
            is cut: the best node so far wins, and its law only approximates the target.
    """

    limit = 2**64
    exact = True
    max_steps: int | None = None

    @abstractmethod
    def split(self, node: Node, quantile: Callable[[int], float]) -> Iterator[Region]:
        """Yield the regions of a node's children."""

    @abstractmethod
    def index(self, node: Node) -> int:
        """Return the integer, from 1, that names a node; 0 if none of 64 bits does."""

    def find(self, ratio: LogRatio, quantile: Callable[[int], float], random: NodeRandom) -> Found:
        """A* search: see `search`."""
        return search(self, ratio, quantile, random)


class WholeSpace(Partition):
    """Global-bound A* coding: a node's one child has the same region.

    So the tree is a chain of independent samples with ever smaller Gumbels, the Poisson functional
    representation [1]. Address and index: the sample's number, from 1. A step is a sample.
    """

    def __init__(self, max_samples: int | None = None) -> None:
        self.max_steps = max_samples

    def split(self, node: Node, _quantile: Callable[[int], float]) -> Iterator[Region]:
        """The same region once more."""
        yield node.region._replace(address=Address(node.region.address.node + 1))

    def index(self, node: Node) -> int:
        """The sample's number."""
        return node.region.address.node

    def replay(self, random: NodeRandom, index: int) -> int:
        """One random number."""
        return random(Address(index)).place


class AtSample(Partition):
    """AS* coding: a region is cut at its own sample, which belongs to neither side.

    A child is addressed by the position that cut it off and its side.

    The paper numbers the nodes as a heap, one bit for every cut on the path. But cuts at random
    places halve badly: the numbers grow longer than need be, from some 40 bits of divergence on too
    long for 64 bits. Here the index is that of a dyadic cell instead, the largest one that holds
    the node's sample and the sample of none of its ancestors.

        root  |------------------X-----------------------|
              |-----X------------|
                    |-------w----|         w: the node to be named
        cells |     .     |      .     |     .     |     .     |
                          |^^^^^^|         the largest without an X around w
    """

    def __init__(self, max_steps: int | None = None) -> None:
        self.max_steps = max_steps

    def split(self, node: Node, quantile: Callable[[int], float]) -> Iterator[Region]:
        """What lies left and right of the sample, unless nothing does."""
        region, sample, z = node.region, node.sample, quantile(node.sample)
        if sample != region.first:
            yield region._replace(last=sample - 1, z_last=z, address=Address(sample, lane=1))
        if sample != region.last:
            yield region._replace(first=sample + 1, z_first=z, address=Address(sample, lane=2))

    def index(self, node: Node) -> int:
        """The cell's number. It must leave out the positions just outside the region."""
        (first, last, *_), depth = node.region, 0
        if first != 0:
            depth = max(depth, 1 + leading_zeros(node.sample ^ (first - 1)))
        if last != LAST_POSITION:
            depth = max(depth, 1 + leading_zeros(node.sample ^ (last + 1)))
        return (1 << depth) | (node.sample >> (64 - depth)) if depth < 64 else 0

    def replay(self, random: NodeRandom, index: int) -> int:
        """Walks towards the cell until a sample lies in it.

        Until then the cell lies on one side of each sample. The walk ends for any index: each step
        takes a position away, and the last one left would lie in the cell.
        """
        first, last, address = 0, LAST_POSITION, Address()
        while True:
            sample = position_within(first, last, random(address).place)
            if sample < cell_first(index):
                first, address = sample + 1, Address(sample, lane=2)
            elif sample > cell_last(index):
                last, address = sample - 1, Address(sample, lane=1)
            else:
                return sample


class Dyadic(Partition):
    """AD* coding: regions are dyadic cells, halved in the proposal's CDF.

    Address and index: the cell's number H. As the binary digits of H are the path, the receiver
    need not walk it. With cells down to a given depth only, 0 to 63, DAD* coding.
    """

    def __init__(self, depth: int | None = None, max_steps: int | None = None) -> None:
        self.limit = 2**63 if depth is None else 2**depth  # the first cell of the last depth
        self.exact = depth is None
        self.max_steps = max_steps

    def split(self, node: Node, quantile: Callable[[int], float]) -> Iterator[Region]:
        """The two halves."""
        region, cell = node.region, node.region.address.node
        middle = (region.first + region.last + 1) // 2
        z = quantile(middle)
        yield region._replace(last=middle - 1, z_last=z, address=Address(2 * cell))
        yield region._replace(first=middle, z_first=z, address=Address(2 * cell + 1))

    def index(self, node: Node) -> int:
        """The cell's number."""
        return node.region.address.node

    def replay(self, random: NodeRandom, index: int) -> int:
        """One random number, placed in the cell."""
        return position_within(cell_first(index), cell_last(index), random(Address(index)).place)


GlobalAStar, ASStar, ADStar, DADStar = WholeSpace, AtSample, Dyadic, Dyadic
