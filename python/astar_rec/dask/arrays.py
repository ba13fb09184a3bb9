"""The door for arrays that may be larger than memory: dask's, and what becomes that.

dask's own are taken as they are, those of xarray and zarr and memory-mapped files of NumPy become
dask's, without being read. What else `astar_rec` takes as an array is in memory, and stays there.

Each kind of array is a function and a row in `_KINDS`.
"""

from __future__ import annotations

import math
import mmap
from typing import TYPE_CHECKING, Any, NamedTuple

import dask.array as da
import numpy as np

from .._arrays import to_numpy
from .._npy import Mapped
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = ["lazy_array"]


class _Kind(NamedTuple):
    """A kind of array: what is of it, and how it becomes dask's or NumPy's."""

    has: Callable[[Any], bool]
    take: Callable[[str, Any], Any]


def lazy_array(argument: str, value: Any) -> Any:
    """Returns an array of dask, or of NumPy for what is in memory, of real numbers.

    Args:
        argument: The argument's name, for errors.
        value: An array of dask, xarray or zarr, NumPy's or any that `astar_rec` takes; a number.

    Raises:
        ParameterError: No real numbers; an array of dask of which the shape is not known.
    """
    array = next(kind.take(argument, value) for kind in _KINDS if kind.has(value))
    if array.dtype.kind not in "fiu":
        raise ParameterError(f"dtype of {argument}", str(array.dtype), "real numbers")
    if any(math.isnan(length) for length in array.shape):
        expected = "a known one: x.compute_chunk_sizes() makes it that"
        raise ParameterError(f"shape of {argument}", array.shape, expected)
    return array


def _of(library: str, name: str) -> Callable[[Any], bool]:
    def has(value: Any) -> bool:
        return any(
            each.__name__ == name and each.__module__.partition(".")[0] == library
            for each in type(value).__mro__
        )

    return has


def _is_mapped(value: Any) -> bool:
    """Whether it is a whole memory-mapped array: a part does not say where in the file it is."""
    return isinstance(value, np.memmap) and isinstance(value.base, mmap.mmap)


def _take_mapped(_: str, value: Any) -> Any:
    fortran = value.flags.f_contiguous and not value.flags.c_contiguous
    order = "F" if fortran else "C"
    mapped = Mapped(str(value.filename), value.offset, value.dtype, value.shape, order)
    return da.from_array(mapped, chunks="auto", asarray=False, meta=np.empty(0, value.dtype))


_KINDS = (
    _Kind(lambda value: isinstance(value, da.Array), lambda _, value: value),
    _Kind(_of("xarray", "DataArray"), lambda name, value: lazy_array(name, value.data)),
    _Kind(_of("xarray", "Variable"), lambda name, value: lazy_array(name, value.data)),
    _Kind(_of("zarr", "Array"), lambda _, value: da.from_zarr(value)),
    _Kind(_is_mapped, _take_mapped),
    _Kind(lambda _: True, lambda name, value: to_numpy(value, name)),
)
