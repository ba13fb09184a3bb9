"""The law of a block's log ratio: the sum of its elements', by fast Fourier transforms.

Each log ratio is split between the two multiples of a step beside it so that the masses of target
and proposal both stay: a pair again, which tells no less than the cells did. The sum of such log
ratios is on the lattice, too. It is wrapped around a window, outside of which there is next to
nothing by Chernoff's bound.

Reference: V. Doroshenko, B. Ghazi, P. Kamath, R. Kumar, P. Manurangsi, "Connect the dots: tighter
discrete approximations of privacy loss distributions", PoPETs 2022, for the splitting.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .entropy import bits_of_lattice

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats

__all__ = ["Block"]

# The mass outside of the window, on each side, is at most exp(-30).
_OUTSIDE = 30.0
# Points of a lattice whose transforms are in memory at once.
_AT_ONCE = 1 << 21


class Block:
    """Some elements, each by masses of cells.

    Args:
        element: Which element a cell is of, from 0, in ascending order; each has at least one cell.
        q: The target's mass in it, positive.
        p: The proposal's.
    """

    def __init__(self, element: npt.NDArray[np.int64], q: Floats, p: Floats) -> None:
        self._element = element
        self._q = q
        self._log_ratio = np.log(q / p)
        self._starts = np.flatnonzero(np.diff(element, prepend=-1))
        self._window = self._chernoff()

    def bits(self, points: int) -> float:
        """Returns the block's functional information in bits.

        Args:
            points: The number of the lattice's points, a power of two from 4,096.
        """
        low, high = self._window
        # Splitting moves a sum by a step for each element at most, by Hoeffding's bound far less.
        elements = self._starts.size
        margin = 1 + math.ceil(min(elements, math.sqrt(_OUTSIDE / 2.0 * elements)))
        step = max(high - low, 1e-9) / (points - 2 * margin)
        first = math.floor(low / step) - margin
        place = np.floor(self._log_ratio / step)
        within = self._log_ratio - place * step
        upper = self._q * np.expm1(-within) / math.expm1(-step)
        lower = self._q - upper
        cell = place.astype(np.int64) % points
        spectrum = np.ones(points // 2 + 1, complex)
        ends = np.append(self._starts, self._element.size)
        each = max(1, _AT_ONCE // points)
        for begin in range(0, elements, each):
            some = slice(ends[begin], ends[min(elements, begin + each)])
            rows = min(elements, begin + each) - begin
            row = (self._element[some] - begin) * points
            laws = np.bincount(row + cell[some], lower[some], rows * points)
            laws += np.bincount(row + (cell[some] + 1) % points, upper[some], rows * points)
            spectrum *= np.fft.rfft(laws.reshape(rows, points)).prod(axis=0)
        law = np.roll(np.fft.irfft(spectrum, points), -first)
        return bits_of_lattice(first, step, np.maximum(law, 0.0))

    def _chernoff(self) -> tuple[float, float]:
        """Returns between which sums there is all of the target's mass but exp(-30) each side."""
        least = float(np.minimum.reduceat(self._log_ratio, self._starts).sum())
        most = float(np.maximum.reduceat(self._log_ratio, self._starts).sum())
        mean = np.add.reduceat(self._q * self._log_ratio, self._starts)
        distance = self._log_ratio - np.repeat(mean, np.diff(self._starts, append=self._q.size))
        spread = math.sqrt(float((self._q * distance**2).sum()))
        for power in range(-3, 7):
            rate = 2.0**power * math.sqrt(2.0 * _OUTSIDE) / max(spread, 1e-9)
            most = min(most, (self._log_moment(rate) + _OUTSIDE) / rate)
            least = max(least, -(self._log_moment(-rate) + _OUTSIDE) / rate)
        return least, max(least, most)

    def _log_moment(self, rate: float) -> float:
        """The logarithm of the target's mean of the ratio to a power."""
        exponent = rate * self._log_ratio
        peak = np.maximum.reduceat(exponent, self._starts)
        scaled = np.exp(exponent - np.repeat(peak, np.diff(self._starts, append=self._q.size)))
        return float((peak + np.log(np.add.reduceat(self._q * scaled, self._starts))).sum())
