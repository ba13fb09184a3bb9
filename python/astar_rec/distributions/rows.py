"""Sorted rows of numbers, of which each element has its own or all have the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats, Indices

__all__ = ["as_doubles", "distinct", "last_not_above", "pick"]


def as_doubles(numbers: Indices) -> Floats:
    """Returns 64-bit integers as doubles, rounded once, whatever the compiler's own conversion."""
    high = (numbers >> np.uint64(32)).astype(np.float64)
    low = (numbers & np.uint64(2**32 - 1)).astype(np.float64)
    return high * 2.0**32 + low


def distinct(rows: Floats) -> Floats:
    """Returns one row instead of many, where they are one row in memory."""
    return rows[:1] if rows.shape[0] and rows.strides[0] == 0 else rows


def pick(rows: npt.NDArray[Any], place: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    """Returns what stands at a place of each element's row."""
    if rows.shape[0] == 1:
        return np.asarray(rows[0, place])
    return np.asarray(np.take_along_axis(rows, place[:, None], axis=1)[:, 0])


def last_not_above(rows: npt.NDArray[Any], value: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Returns the place of the last number of each row that is not above a value; 0 if none is."""
    length = rows.shape[1]
    place = np.zeros(value.shape, np.intp)
    step = 1 << (length - 1).bit_length()
    while step > 1:
        step >>= 1
        further = place + step
        there = np.minimum(further, length - 1)
        place = np.where((further < length) & (pick(rows, there) <= value), further, place)
    return place
