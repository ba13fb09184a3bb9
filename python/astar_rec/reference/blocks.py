"""Blocks: several dimensions coded together.

Log ratios and their suprema are sums over the dimensions. The search is the same as for one
element, and so is the law of the sample; only the overhead of an index is paid once for all
dimensions.

>>> from astar_rec.reference import Normal
>>> targets, proposals = [Normal(0.5, 0.3), Normal(-1.0, 0.2)], [Normal(0.0, 1.0)] * 2
>>> sent = encode_block(targets, proposals, seed=7, element=0)
>>> decode_block(sent.index, proposals, seed=7, element=0) == sent.samples
True
"""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .boxes import BoxAddress, halving_order, place_bits
from .doubts import Doubt, chosen_power, rounded_up
from .gumbels import gumbel_of, next_arrival
from .methods import TooMuchInformationError
from .positions import LAST_POSITION, cell_first, cell_last, position_within
from .random_bits import Address, NodeRandom
from .ratios import LogRatio, log_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .doubts import Power
    from .families import Distribution


@dataclass(frozen=True)
class Interval:
    """A cell of one dimension, the values at its ends, and the supremum of the ratio there."""

    cell: int
    z_first: float
    z_last: float
    supremum: float


@dataclass(frozen=True)
class BoxNode:
    """A node of the tree; `index` is its heap number, of any length."""

    index: int
    intervals: tuple[Interval, ...]
    address: BoxAddress
    arrival: float
    gumbel: float
    supremum: float
    shares: tuple[float, ...] = ()
    weight: float = 0.0

    @property
    def bound(self) -> float:
        """No node of the box has a larger Gumbel + log ratio."""
        return self.gumbel + self.supremum

    def places(self) -> list[int]:
        """Return the sample's position along each dimension."""
        return [
            position_within(
                cell_first(interval.cell),
                cell_last(interval.cell),
                place_bits(self.address.random, self.address.node, j),
            )
            for j, interval in enumerate(self.intervals)
        ]


@dataclass(frozen=True)
class EncodedBlock:
    """An index, the samples that it stands for, and the number of nodes that were evaluated.

    `cut` says whether the search was ended by its budget: the samples are then approximate.
    `within` is at least the probability, given what the search saw, that one that goes on would
    find other samples.
    """

    index: int
    samples: list[float]
    steps: int
    cut: bool = False
    within: float = 0.0


def encode_block(
    targets: Sequence[Distribution],
    proposals: Sequence[Distribution],
    seed: int,
    element: int,
    hints: Sequence[float] | None = None,
    depth: int | None = None,
    max_steps: int | None = None,
    within: float | None = None,
) -> EncodedBlock:
    """Return the index of a sample of the product of the targets: AD* coding on boxes.

    Boxes are evaluated by their bounds, the largest first. With `within` it is by their weights:
    what leaves the most doubt is looked at first, and the search ends when little is left.

    Args:
        targets: One for each dimension.
        proposals: One for each dimension.
        seed: Shared with the receiver; 64 bits.
        element: The number of the block's first element in its array.
        hints: Expected bits of each dimension, for `halving_order`; None for equal ones.
        depth: The deepest level of DAD* coding; None for AD*.
        max_steps: How many nodes the search may evaluate; None for no budget.
        within: The doubt at which the search may end; None for none. Without effect where a block
            has no power, or without a budget one that gains little (`chosen_power`).

    Raises:
        TooMuchInformationError: No index names the sample.
    """
    order = halving_order([0.0] * len(targets) if hints is None else hints)
    limit = len(order) if depth is None else min(depth, len(order))
    pairs = zip(targets, proposals, strict=True)
    ratios: list[LogRatio] = [log_ratio(target, proposal) for target, proposal in pairs]
    quantiles = [proposal.quantile for proposal in proposals]
    power: Power | None = None
    doubt: Doubt | None = None
    queue: list[tuple[float, int, BoxNode]] = []
    pushes = itertools.count()
    best, winner, steps = -math.inf, None, 0
    waiting, factor, left = 0.0, math.inf, 0.0
    beyond, cut = False, False

    def push(
        index: int,
        intervals: tuple[Interval, ...],
        address: BoxAddress,
        parent: BoxNode | None,
        supremum: float,
    ) -> None:
        nonlocal doubt, waiting
        mass = math.ldexp(1.0, 1 - index.bit_length())
        bits = address.random(Address(address.node))
        arrival = next_arrival(0.0 if parent is None else parent.arrival, mass, bits.arrival)
        gumbel = gumbel_of(arrival)
        if not gumbel + supremum > best:
            return
        shares: tuple[float, ...] = ()
        weight = 0.0
        if power is not None:
            doubt = doubt or Doubt(power, gumbel)
            shares = tuple(
                parent.shares[j]
                if parent is not None and part is parent.intervals[j]
                else doubt.share(j, (part.z_first, part.z_last), _mass(part.cell), part.supremum)
                for j, part in enumerate(intervals)
            )
            weight = doubt.weight(shares, gumbel, arrival, mass)
        node = BoxNode(index, intervals, address, arrival, gumbel, supremum, shares, weight)
        waiting += weight
        heapq.heappush(queue, (-(node.bound if doubt is None else weight), next(pushes), node))

    def added_up() -> float:
        # Anew, of the boxes that may still win, in the order of their pushes: a sum that others
        # were subtracted from may have lost what matters.
        queue[:] = sorted((e for e in queue if e[2].bound > best), key=lambda e: e[1])
        total = 0.0
        for _, _, node in queue:
            total += node.weight
        heapq.heapify(queue)
        return total

    def value(node: BoxNode) -> float:
        # Adds up the terms only as long as the suprema of the others could still make a winner.
        total, at_most = 0.0, node.bound
        for ratio, quantile, interval, place in zip(
            ratios, quantiles, node.intervals, node.places(), strict=True
        ):
            term = ratio(quantile(place))
            total += term
            at_most += term - interval.supremum
            if not at_most > best:
                return -math.inf
        return node.gumbel + total

    root, everything = [], 0.0
    for ratio, quantile in zip(ratios, quantiles, strict=True):
        ends = quantile(0), quantile(LAST_POSITION)
        root.append(Interval(1, *ends, ratio.supremum(*ends)))
        everything += root[-1].supremum
    if within is not None:
        power = chosen_power(ratios, within, everything if max_steps is None else math.inf)
    push(1, tuple(root), BoxAddress(NodeRandom(seed, element)), None, everything)

    while True:
        while queue and not queue[0][2].bound > best:
            waiting -= heapq.heappop(queue)[2].weight
        if not queue and not beyond:
            break
        if doubt is not None and within is not None and not beyond and factor * waiting <= within:
            waiting = added_up()
            if factor * waiting <= within:
                left = factor * waiting
                break
        if steps == max_steps:
            left = 1.0 if doubt is None or beyond else factor * added_up()
            cut = True
            break
        if beyond:
            raise TooMuchInformationError("a node that may still win lies beyond the indices")
        _, _, node = heapq.heappop(queue)
        waiting -= node.weight
        steps += 1
        reached = value(node)
        if reached > best:
            best, winner = reached, node
            if doubt is not None:
                factor = doubt.factor(best)
        level = node.index.bit_length() - 1
        if level >= limit:
            beyond = depth is None and node.bound > best
            continue
        j = order[level]
        whole = node.intervals[j]
        z = quantiles[j](cell_first(2 * whole.cell + 1))
        rest = node.supremum - whole.supremum
        for side, ends in enumerate(((whole.z_first, z), (z, whole.z_last))):
            part = Interval(2 * whole.cell + side, *ends, ratios[j].supremum(*ends))
            supremum = rest + part.supremum
            if node.gumbel + supremum > best:
                intervals = (*node.intervals[:j], part, *node.intervals[j + 1 :])
                push(2 * node.index + side, intervals, node.address.child(side), node, supremum)

    if winner is None:
        raise TooMuchInformationError("no sample in reach has a positive target density")
    samples = [
        proposal.sample(proposal.quantile(place))
        for proposal, place in zip(proposals, winner.places(), strict=True)
    ]
    return EncodedBlock(winner.index, samples, steps, cut, rounded_up(left))


def _mass(cell: int) -> float:
    """Return the proposal's mass of a cell."""
    return math.ldexp(1.0, 1 - cell.bit_length())


def decode_block(
    index: int,
    proposals: Sequence[Distribution],
    seed: int,
    element: int,
    hints: Sequence[float] | None = None,
) -> list[float]:
    """Return the samples that a block's index stands for."""
    order = halving_order([0.0] * len(proposals) if hints is None else hints)
    cells = [1] * len(proposals)
    address = BoxAddress(NodeRandom(seed, element))
    for level, digit in enumerate(f"{index:b}"[1:]):
        cells[order[level]] = 2 * cells[order[level]] + int(digit)
        address = address.child(int(digit))
    return [
        proposal.sample(
            proposal.quantile(
                position_within(
                    cell_first(cell), cell_last(cell), place_bits(address.random, address.node, j)
                )
            )
        )
        for j, (proposal, cell) in enumerate(zip(proposals, cells, strict=True))
    ]
