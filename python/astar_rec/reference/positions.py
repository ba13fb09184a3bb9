"""Positions in the proposal's CDF, and the dyadic cells that hold them.

A sample is drawn as a position k, an integer of 64 bits that stands for the probability
(k + 1/2) / 2^64, and then mapped to a value by the proposal's quantile. The 2^64 positions fill
the open interval (0, 1) evenly: no end is ever met, and both tails are equally fine.
"""

from __future__ import annotations

import math

MASK_64 = 2**64 - 1


LAST_POSITION = MASK_64


def tail_of(position: int) -> tuple[int, float]:
    """Return a position as seen from its nearer end: the pair (odd, sign).

    Its tail probability is odd / 2^65; the sign is -1.0 in the lower half and 1.0 in the upper.
    """
    upper = position >> 63 == 1
    from_end = LAST_POSITION - position if upper else position
    return 2 * from_end + 1, 1.0 if upper else -1.0


def position_within(first: int, last: int, bits: int) -> int:
    """Return a position of [first, last], ends included, from 64 random bits."""
    width = last - first + 1
    return first + (bits * width >> 64)


def mass_of(first: int, last: int) -> float:
    """Return the proposal's probability of [first, last]."""
    return math.ldexp(float(last - first) + 1.0, -64)


def leading_zeros(n: int) -> int:
    """Return how many of the 64 bits of n stand before the first one."""
    return 64 - n.bit_length()


# The dyadic intervals of positions, the cells, are numbered as a heap: cell 1 holds all positions,
# cells 2 H and 2 H + 1 are the halves of cell H. The binary digits of H after the leading one are
# the path to the cell, and also the digits with which its positions begin.


def cell_depth(cell: int) -> int:
    """Return the number of halvings that lead to a cell, 0 to 63: floor(log2 cell)."""
    return cell.bit_length() - 1


def cell_first(cell: int) -> int:
    """Return the first position of a cell."""
    return (cell << (64 - cell_depth(cell))) & MASK_64


def cell_last(cell: int) -> int:
    """Return the last position of a cell."""
    return cell_first(cell) | (LAST_POSITION >> cell_depth(cell))
