"""Boxes: regions of several dimensions, each halved one dimension at a time.

A region is a box, the product of one dyadic cell for each dimension; each level of the tree halves
one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .random_bits import Address, NodeRandom

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVELS = 63  # of each dimension
KEY_LANE = 0xFFFF


def halving_order(hints: Sequence[float]) -> list[int]:
    """Return the dimension that is halved at each level.

    It is the one whose hint (expected bits of information) exceeds the number of its halvings so
    far by most, the first of several. Equal hints give round robin.
    """
    halvings = [0] * len(hints)
    order = []
    for _ in range(LEVELS * len(hints)):
        open_ = [j for j, count in enumerate(halvings) if count < LEVELS]
        j = max(open_, key=lambda j: (hints[j] - halvings[j], -j))
        halvings[j] += 1
        order.append(j)
    return order


def place_bits(random: NodeRandom, node: int, dimension: int) -> int:
    """Return the random bits of a node's place along a dimension.

    Dimension 0 has the first half of lane 0, whose second half is the arrival; the others have two
    to a lane.
    """
    if dimension == 0:
        return random(Address(node)).place
    bits = random(Address(node, (dimension + 1) // 2))
    return bits.place if dimension % 2 else bits.arrival


@dataclass(frozen=True)
class BoxAddress:
    """Where a node's random bits are: its heap number, counted afresh every 63 levels.

    The subtree below a node at a depth that is a multiple of 63 has a key of its own, drawn at that
    node: paths may be longer than a counter has room for.
    """

    random: NodeRandom
    node: int = 1

    def child(self, side: int) -> BoxAddress:
        """Return a child's address."""
        if self.node < 2**63:
            return BoxAddress(self.random, 2 * self.node + side)
        key = self.random(Address(self.node, KEY_LANE)).place
        return BoxAddress(NodeRandom(key, self.random.element), 2 + side)
