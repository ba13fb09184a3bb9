"""The 2^64 positions cut into cells in proportion to masses: integers, the same everywhere.

Cell b of masses m gets floor(2^64 (m_b / Σ m)) positions, where the sum is taken from the first
mass to the last, and all of it in doubles. What these do not make 2^64 is given to the largest cell
(the first of the largest), or taken from it. Cells follow each other in their order. A cell whose
share is below 2^-64 has no position, unless it is the largest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._elements import require_all
from .rows import as_doubles, last_not_above, pick

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats, Indices

__all__ = ["Partition", "prefix", "require_masses", "shares", "suffix", "total"]

_ALL = 2.0**64
_LAST_POSITION = np.uint64(2**64 - 1)


class Places(NamedTuple):
    """Where positions lie: their cells, and how many positions there are before and from them on.

    Counts are doubles, each rounded by itself, and add up to the cell's.
    """

    cell: npt.NDArray[np.intp]
    before: Floats
    rest: Floats
    width: Floats


class Partition:
    """Cells of positions.

    Args:
        masses: Masses of at least 0 with a positive sum, a row for each element or for all.

    Attributes:
        width: How many positions a cell has, modulo 2^64: 0 stands for 2^64 where the cell is wide.
        wide: Which cells have positions.
    """

    def __init__(self, masses: Floats) -> None:
        whole = np.floor(shares(masses) * _ALL)
        width = np.where(whole < _ALL, whole, 0.0).astype(np.uint64)
        largest = np.argmax(masses, axis=-1)[..., None]
        np.put_along_axis(width, largest, np.uint64(0), axis=-1)
        # Modulo 2^64, as all here.
        rest = np.uint64(0) - width.sum(axis=-1, keepdims=True, dtype=np.uint64)
        np.put_along_axis(width, largest, rest, axis=-1)
        self.width: Indices = width
        self.wide: npt.NDArray[np.bool_] = width > 0
        np.put_along_axis(self.wide, largest, True, axis=-1)
        # Cells behind the last wide one would begin at 2^64.
        cells = np.arange(width.shape[-1])
        last = cells[-1] - np.argmax(self.wide[..., ::-1], axis=-1)[..., None]
        start = np.cumsum(width, axis=-1, dtype=np.uint64) - width
        self._start: Indices = np.where(cells > last, _LAST_POSITION, start)
        self._last = last

    def find(self, position: Indices) -> Places:
        """Returns where positions lie.

        Args:
            position: A position for each row, or any number of positions for the only one.
        """
        cell = last_not_above(self._start, position)
        cell = np.minimum(cell, np.broadcast_to(self._last[..., 0], cell.shape))
        width = pick(self.width, cell)
        before = position - pick(self._start, cell)
        whole = np.where(width > 0, as_doubles(width), _ALL)
        # A count of its own: the difference of two doubles would be coarse.
        rest = np.where(before > 0, as_doubles(width - before), whole)
        return Places(cell, as_doubles(before), rest, whole)


def shares(masses: Floats) -> Floats:
    """Returns masses over their sum, which is taken in their order."""
    return masses / prefix(masses)[..., -1:]


def prefix(masses: Floats) -> Floats:
    """Returns sums of masses from the first to each."""
    # Unlike a sum, it has but one order.
    return np.add.accumulate(masses, axis=-1)


def suffix(masses: Floats) -> Floats:
    """Returns sums of masses from the last to each."""
    return np.add.accumulate(masses[..., ::-1], axis=-1)[..., ::-1]


def total(masses: Floats) -> Floats:
    """Returns the sum of each row, taken in its order."""
    return np.asarray(prefix(masses)[..., -1])


def require_masses(argument: str, masses: Floats) -> None:
    """Raises ParameterError where masses have no positive, finite sum."""
    with np.errstate(over="ignore"):
        total = prefix(masses)[..., -1]
    good = (total > 0) & np.isfinite(total)
    require_all(f"sum of {argument}", total, good, "a positive, finite number")
