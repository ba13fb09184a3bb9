"""Random numbers: addressed, not drawn.

References:
    [1] J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1,
        2, 3", SC 2011, section 4.3: Philox.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

MASK_32 = 2**32 - 1


@lru_cache(maxsize=1 << 12)  # an address holds the bits of many
def philox4x32(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return the four random words at an address: Philox4x32-10 [1]. Every word has 32 bits."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        product_0 = 0xD2511F53 * c0
        product_1 = 0xCD9E8D57 * c2
        c0, c1 = (product_1 >> 32) ^ c1 ^ k0, product_1 & MASK_32
        c2, c3 = (product_0 >> 32) ^ c3 ^ k1, product_0 & MASK_32
        k0 = (k0 + 0x9E3779B9) & MASK_32
        k1 = (k1 + 0xBB67AE85) & MASK_32
    return c0, c1, c2, c3


class Address(NamedTuple):
    """What tells one node of an element's tree from another. The default is the root's."""

    node: int = 1  # 64 bits
    lane: int = 0  # 16 bits


class NodeBits(NamedTuple):
    """A node's own randomness: two integers of 64 bits."""

    place: int  # where its sample lies in its region; the receiver needs it too
    arrival: int  # its Gumbel; the sender's alone


@dataclass(frozen=True)
class NodeRandom:
    """The random bits of all nodes of one element's tree.

    A node's bits depend on its address and not on what was visited before. So the receiver has them
    at once, and an array may be coded in pieces, in parallel or on several machines.
    """

    seed: int  # 64 bits
    element: int  # the element's number in the whole array, in C order from 0; below 2^48

    def __call__(self, address: Address) -> NodeBits:
        """Return the bits of the node at an address. Low words come first."""
        counter = (
            address.node & MASK_32,
            address.node >> 32,
            self.element & MASK_32,
            (self.element >> 32) | (address.lane << 16),
        )
        w0, w1, w2, w3 = philox4x32(counter, (self.seed & MASK_32, self.seed >> 32))
        return NodeBits(place=w0 | (w1 << 32), arrival=w2 | (w3 << 32))
