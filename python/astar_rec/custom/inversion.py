"""Samples of targets that are known by their CDF alone: its inverse, to the last bit of a float64.

Floats are in the order of integers of 64 bits. So halving an interval of these 64 times finds the
least number at which a CDF, or what is left above it, reaches what a position stands for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from .._elements import Floats, Indices

__all__ = ["inverted"]

_SIGN = np.int64(-(2**63))
_LARGEST = np.finfo(np.float64).max


def inverted(tails: Callable[[Floats], Floats], position: Indices) -> Floats:
    """Returns the samples at positions of distributions.

    Args:
        tails: Signed tails at points, an array of the shape of ``position``, of one distribution
            for each of them: see `astar_rec.distributions.tails`.
        position: Positions x, which stand for the probabilities (x + ½) / 2^64; uint64, flat.
    """
    low = np.full(position.shape, _ordered(np.float64(-_LARGEST)))
    high = np.full(position.shape, _ordered(np.float64(_LARGEST)))
    wanted = _tails_of(position)
    while (low < high).any():
        # No sum of the two: it may be more than 63 bits hold.
        middle = (low >> 1) + (high >> 1) + (low & high & 1)
        reached = _reaches(tails(_float(middle)), wanted)
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
        low = np.minimum(low, high)
    return _float(low)


def _tails_of(position: Indices) -> Floats:
    """Returns the probabilities that positions stand for, as signed tails."""
    upper = position >= np.uint64(2**63)
    from_end = np.where(upper, ~position, position)
    share = (from_end.astype(np.float64) + 0.5) * 2.0**-64
    return np.asarray(np.where(upper, -share, share))


def _reaches(tail: Floats, wanted: Floats) -> npt.NDArray[np.bool_]:
    above, far = tail < 0.0, wanted < 0.0
    return np.where(above == far, tail >= wanted, above)


def _ordered(x: Floats | np.float64) -> npt.NDArray[np.int64]:
    """Returns integers in the order of floats."""
    bits = np.asarray(x).view(np.int64)
    return np.where(bits < 0, _SIGN - bits, bits)


def _float(ordered: npt.NDArray[np.int64]) -> Floats:
    """Returns the floats of such integers."""
    return np.where(ordered < 0, _SIGN - ordered, ordered).view(np.float64)
