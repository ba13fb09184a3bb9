"""Checks of what is in arrays: the first element that is not as it must be is named in the error.

`_arrays` and `_validate` are built on this.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from . import _core
from .errors import ParameterError

__all__ = ["Flat", "Floats", "Indices", "Shape", "require_all", "require_between", "unravel"]

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.uint64]
Shape = tuple[int, ...]


class Flat:
    """A broadcast array, indexed by element numbers in C order, without a copy of the whole."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self._array = array
        self._constant = array.size > 0 and all(stride == 0 for stride in array.strides)

    def __getitem__(self, element: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        if self._constant:
            one = np.asarray(self._array[(0,) * self._array.ndim])
            # Items of many numbers are not repeated.
            return (
                np.broadcast_to(one, element.shape)
                if one.itemsize > 8
                else one.repeat(element.size)
            )
        if self._array.flags.c_contiguous:
            return self._array.reshape(-1)[element]
        return self._array[np.unravel_index(element, self._array.shape)]


def require_all(argument: str, array: npt.NDArray[Any], good: npt.NDArray[Any], what: str) -> None:
    """Raises ParameterError for the first element that is not good, broadcast to all of those."""
    if not good.all():
        _refuse(argument, np.broadcast_to(array, good.shape), int(np.argmin(good)), what)


def require_between(argument: str, array: Floats, low: float, high: float, what: str) -> None:
    """Raises ParameterError for the first element outside [low, high], or NaN; in one pass."""
    first = _core.first_outside(array, low, high)
    if first < array.size:
        _refuse(argument, array, first, what)


def unravel(element: int, shape: Shape) -> tuple[int, ...]:
    """Returns an element's position in a shape from its number in C order."""
    return tuple(int(i) for i in np.unravel_index(element, shape)) if shape else ()


def _refuse(argument: str, array: npt.NDArray[Any], element: int, what: str) -> NoReturn:
    where = unravel(element, array.shape)
    raise ParameterError(argument, array[where].item(), what, where)
