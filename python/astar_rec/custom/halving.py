"""Targets and proposals as masses of cells: halves of halves, until halving tells no more.

Cells are intervals of 64-bit positions in the proposal's CDF, so their masses under the proposal
are powers of two. Where the log ratio varies by Δ in a cell of mass m, its halves tell about
m Δ² / 8 nats that the cell does not. Cells are halved until that is negligible twice in a row: once
may be by chance, where halves that are alike are not even.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..distributions.tails import LEAST, mass

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats
    from .callables import Elements
    from .tails import Tails

__all__ = ["Cells", "halved_cells"]

# Bits of positions: those in which every cell is halved, and all that are looked at.
_FIRST, _DEEPEST = 6, 60


@dataclass(frozen=True)
class Cells:
    """The smallest cells that were looked at, and both halves of each.

    Cells without mass under the target are left out.

    Attributes:
        element: Which of the elements a cell is of, by its place among these; int64, flat.
        lower: The target's mass in the lower half, of that shape.
        upper: That in the upper half.
        half: The proposal's mass in either half.
        gain: What the halves tell that the cell does not, in bits.
        unfinished: Whether the halves would have been halved, but for the end of positions: the
            proposal's samples do not tell apart what the target does.
    """

    element: npt.NDArray[np.int64]
    lower: Floats
    upper: Floats
    half: Floats
    gain: Floats
    unfinished: npt.NDArray[np.bool_]


def halved_cells(tails: Tails, elements: Elements, negligible: float) -> Cells:
    """Returns the cells of elements.

    Args:
        tails: The pair.
        elements: The elements' numbers, in C order over the shape; int64, flat.
        negligible: Bits of a cell that is halved no more.
    """
    which = np.arange(elements.size, dtype=np.int64)
    begin = np.zeros(elements.size, np.uint64)
    low, high = np.zeros(elements.size), np.full(elements.size, -LEAST)
    was_little = np.zeros(elements.size, bool)
    unfinished: list[npt.NDArray[np.bool_]] = []
    places: list[npt.NDArray[np.int64]] = []
    found: list[tuple[Floats, ...]] = []
    for depth in range(1, _DEEPEST + 1):
        middle = begin + np.uint64(1 << (64 - depth))
        between = tails(middle, elements[which])
        lower, upper = mass(low, between), mass(between, high)
        gain = _bits(lower, lower + upper) + _bits(upper, lower + upper)
        little = gain <= negligible
        done = little & was_little & (depth > _FIRST)
        ends = done | (depth == _DEEPEST)
        some = ends & (lower + upper > 0.0)
        halves = np.full(np.count_nonzero(some), 0.5**depth)
        places.append(which[some])
        unfinished.append(~done[some])
        found.append((lower[some], upper[some], halves, gain[some]))
        left, right = ~ends & (lower > 0.0), ~ends & (upper > 0.0)
        begin = np.concatenate((begin[left], middle[right]))
        low, high = (
            np.concatenate((low[left], between[right])),
            np.concatenate((between[left], high[right])),
        )
        was_little = np.concatenate((little[left], little[right]))
        which = np.concatenate((which[left], which[right]))
        if not which.size:
            break
    lower, upper, half, gain = (np.concatenate(parts) for parts in zip(*found, strict=True))
    element, left = np.concatenate(places), np.concatenate(unfinished)
    return Cells(element, lower, upper, half, gain, left)


def _bits(half: Floats, own: Floats) -> Floats:
    there = half > 0.0
    ratio = np.divide(2.0 * half, own, out=np.ones(half.shape), where=there)
    return np.asarray(half * np.log2(ratio))
