"""Nodes as both sides draw them, and what a contest says of them: how likely each is to win."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .boxes import BoxAddress, place_bits
from .functions import normal_quantile, portable_log
from .gumbels import next_arrival
from .positions import cell_first, cell_last, position_within
from .random_bits import Address

if TYPE_CHECKING:
    from .hypotheses import Floats


@dataclass
class Node:
    """A node of the tree, as it is drawn, and how it stands in a contest."""

    address: BoxAddress
    depth: int
    arrival: float
    log_arrival: float
    cells: list[int]  # of each dimension
    z: list[float]  # the sample, as if the proposal were N(0, 1)

    # In a line contest: the means for which it is ahead, under each hypothesis.
    low: Floats = field(default_factory=list)
    high: Floats = field(default_factory=list)

    # In a box contest.
    square: float = 0.0  # the mean of |z|^2 over its box
    now: Floats = field(default_factory=list)
    later: Floats = field(default_factory=list)
    ahead: Floats = field(default_factory=list)  # the least argument of Phi


def draw(address: BoxAddress, depth: int, cells: list[int], after: float) -> Node:
    """Return the node at an address, which arrives after its parent."""
    bits = address.random(Address(address.node))
    arrival = next_arrival(after, math.ldexp(1.0, -depth), bits.arrival)
    places = [place_bits(address.random, address.node, j) for j in range(len(cells))]
    z = [
        normal_quantile(position_within(cell_first(cell), cell_last(cell), place))
        for cell, place in zip(cells, places, strict=True)
    ]
    return Node(address, depth, arrival, portable_log(arrival), cells, z)


class Contest(ABC):
    """How likely drawn nodes are to win, under each hypothesis of a range."""

    least_weight: float
    most_rivals: int

    def __init__(self, hypotheses: range, dimensions: int) -> None:
        self.hypotheses = hypotheses
        self.dimensions = dimensions

    def nodes_meet(self) -> bool:
        """Return whether nodes are compared with each other."""
        return True

    @abstractmethod
    def enter(self, node: Node, parent: Node | None) -> None:
        """Let a node into the contest, before it meets others."""

    @abstractmethod
    def meet(self, node: Node, rival: Node) -> None:
        """Take from the node what the rival wins."""

    @abstractmethod
    def weight(self, node: Node) -> Floats:
        """Return the weight of the node."""

    @abstractmethod
    def weight_below(self, node: Node) -> Floats:
        """Return the weight of what lies below it."""
