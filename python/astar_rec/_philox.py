"""Philox4x32-10 in NumPy: random bits at addresses, many at once.

Reference: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as
1, 2, 3", SC 2011. The reference's `random_bits` is the specification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ._elements import Indices

__all__ = ["node_bits"]

_LOW = np.uint64(2**32 - 1)
_HALF = np.uint64(32)
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_STEPS = 0x9E3779B9, 0xBB67AE85
_ROUNDS = 10


def node_bits(seed: int, element: Indices, node: int) -> tuple[Indices, Indices]:
    """Returns the random bits of one node of each of many elements.

    Args:
        seed: The seed, 64 bits.
        element: The elements' numbers, uint64, below 2^48; flat.
        node: The node's number, below 2^32.

    Returns:
        For each element the bits of its place and of its arrival, uint64 of that shape.
    """
    c0 = np.full(element.shape, node, np.uint64)
    c1 = np.zeros(element.shape, np.uint64)
    c2, c3 = element & _LOW, element >> _HALF
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(_ROUNDS):
        first, second = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1 = (second >> _HALF) ^ c1 ^ np.uint64(key[0]), second & _LOW
        c2, c3 = (first >> _HALF) ^ c3 ^ np.uint64(key[1]), first & _LOW
        key = [(old + step) & 0xFFFFFFFF for old, step in zip(key, _STEPS, strict=True)]
    return c0 | (c1 << _HALF), c2 | (c3 << _HALF)
